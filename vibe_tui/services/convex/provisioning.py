"""Connecting a project to Convex, and undoing it.

Provisioning is a journalled saga: each step is recorded before it is taken, so that whoever comes after
a kill, a lost answer or a failure finishes it, and there is never a second Convex project or a second
live key. The steps are in connecting.py and disconnecting.py; the record is journal.py.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from vibe_tui.services.atomic import StoreFull, StoreNotWritable
from vibe_tui.services.convex.connect import LONGEST_NAME, Target
from vibe_tui.services.convex.disconnecting import Departure, DisconnectStep, How, check_deletion
from vibe_tui.services.convex.given_key import AlreadyConnected, GivenKey, place
from vibe_tui.services.convex.journal import (
    STEPS,
    Begun,
    Journal,
    JournalFile,
    JournalUnreadable,
    SecretRefs,
    begun_of,
    connecting,
    connection_of,
    leave_command,
)
from vibe_tui.services.convex.key_methods import KeyMethod
from vibe_tui.services.convex.sign_ins import TeamSignIns
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import BackendKind, Connected, Connecting, Connection, Project
from vibe_tui.services.secret import Secret

if TYPE_CHECKING:
    from tinydb import TinyDB

    from vibe_tui.services.convex.connect import ConnectMethod, Platform, SignInPorts
    from vibe_tui.services.credentials import Credentials

__all__ = ["AlreadyConnected", "DisconnectStep", "How", "Provisioning"]


class DisconnectUnfinished(VibeError):
    """A disconnect was begun and not finished."""

    code = "disconnect_unfinished"


class KeyMissing(VibeError):
    """The credential store has no deploy key for the project."""

    code = "key_missing"


class Provisioning:
    """The Convex connection of one project. Its caller holds the project's lease."""

    def __init__(self, project: Project, store: TinyDB, credentials: Credentials) -> None:
        self._project = project
        self._journal = JournalFile(store)
        self._credentials = credentials
        self._refs = SecretRefs(project.id)

    def connection(self) -> Connection:
        """What the journal says. Blocking, but cheap. Raises JournalUnreadable."""
        return connection_of(self._journal.read())

    def backend(self) -> BackendKind | None:
        """What was last connected to, also when that failed or is half undone; None: nothing. Blocking."""
        journal = self._journal.read()
        return journal.backend if journal is not None else None

    def deploy_key(self) -> Secret:
        """The key that pushes to the deployment. Blocking. Raises KeyMissing."""
        key = self._credentials.get(self._refs.deploy_key)
        if key is None:
            raise KeyMissing(
                "The project's deploy key is not in the credential store.",
                next_step="Run `vibe-tui disconnect --forget`, then connect again.",
            )
        return key

    def key_maker(self) -> Secret | None:
        """A token that makes keys which open one deployment alone; None: there is none. Blocking."""
        journal = self._journal.read()
        if journal is None or journal.given or not journal.narrow:
            return None
        return self._credentials.get(
            self._refs.team_token if journal.sign_in == "oauth" else self._refs.sign_in
        )

    @property
    def production_key_name(self) -> str:
        """Our name for the key of a deploy to production, which lives as long as that."""
        return f"vibe-tui-{self._project.id}-production"

    def emulator_is_at(self, host: str, deployments: Mapping[str, tuple[str, str]]) -> None:
        """Note where the emulator answers now, and its deployment of ours: ports may change. Blocking.

        deployments: name to (url, site url).
        """
        journal = self._journal.read()
        if journal is None or journal.backend != "emulator":
            return
        url, site_url = deployments.get(journal.deployment, (journal.url, journal.site_url))
        moved = replace(journal, url=url, site_url=site_url, provision_host=host, dashboard_host=host)
        if moved != journal:
            self._journal.write(moved)

    def is_at(self, host: str, url: str, site_url: str) -> None:
        """Note where a deployment that runs on this computer answers now. Blocking."""
        journal = self._journal.read()
        if journal is None:
            return
        # The emulator has a dashboard beside its platform.
        dashboard = host if journal.backend == "emulator" else journal.dashboard_host
        moved = replace(journal, url=url, site_url=site_url, provision_host=host, dashboard_host=dashboard)
        if moved != journal:
            self._journal.write(moved)

    async def connect(
        self,
        method: ConnectMethod | KeyMethod,
        *,
        target: Target,
        on_step: Callable[[Connecting], None],
        sign_in: SignInPorts,
        new_key: bool = False,
    ) -> Connected:
        """Connect the project, or finish what was begun; returns at once when it is connected.

        new_key: of a connected project, make the deploy key anew and keep project and deployment; the
        connection stands until the user has signed in.
        What goes wrong is recorded, so that `connection()` says Failed with the reason, and raised.
        Nothing is recorded when the method's platform is not there (not configured, cannot start), and
        when a key that the user gave cannot be used: then everything is as it was.
        Raises VibeError: those of the sign-in, HttpError, AlreadyConnected, DisconnectUnfinished,
        ProjectNotInTeam, DeploymentNotUsable.
        """
        from vibe_tui.services.convex.connecting import Saga

        if isinstance(method, KeyMethod):
            await asyncio.to_thread(self._check_leaving)
            given = GivenKey(self._project.id, self._journal, self._credentials, self._refs, on_step)
            return await given.run(method, sign_in)
        on_step(connecting("planned"))
        platform = await method.platform()
        journal = await asyncio.to_thread(self._begin, method, platform, target)
        saga = Saga(journal, self._journal, self._credentials, self._refs, target, on_step)
        try:
            return await saga.run(method, sign_in, new_key=new_key)
        except VibeError as error:
            with suppress(StoreFull, StoreNotWritable):  # then the stage alone says where it stopped
                await asyncio.to_thread(self._record, error)
            raise

    def _check_leaving(self) -> Journal | None:
        journal = self._journal.read()
        if journal is not None and journal.leaving:
            raise DisconnectUnfinished(
                "Disconnecting this project was begun and is not finished.",
                next_step=f"Run {leave_command(journal.leaving)} first.",
            )
        return journal

    def _begin(self, method: ConnectMethod, platform: Platform, target: Target) -> Journal:
        """The journal to go on with: the stored one, or a new plan."""
        journal = self._check_leaving()
        # The emulator may answer at another port than last time; it is the same one all the same.
        same = (
            journal is not None
            and not journal.given
            and (
                journal.backend == platform.kind == "emulator"
                or (journal.backend, journal.provision_host) == (platform.kind, platform.provision_host)
            )
        )
        empty = journal is None or journal.stage in ("planned", "reading")
        if journal is None or (empty and not (same and journal.sign_in == method.sign_in)):
            self._credentials.delete(self._refs.sign_in)
            suffix = secrets.token_hex(4)
            journal = Journal(
                app=self._project.id,
                backend=platform.kind,
                sign_in=method.sign_in,
                token_name=f"vibe-tui {self._project.id}",
                key_name=f"vibe-tui-{self._project.id}-{suffix}",
            )
        elif not same:
            raise AlreadyConnected(
                f"The project already has a connection to {place(journal)}.",
                next_step="Disconnect first (`vibe-tui disconnect`), or connect the same way as before.",
            )
        elif not empty and not _is_the_one(journal, target):
            raise AlreadyConnected(
                f"Connecting to the project {journal.project or journal.convex_name} was begun already.",
                next_step="Finish that first, or disconnect (`vibe-tui disconnect`).",
            )
        name = journal.convex_name
        if empty:  # nothing of another name can be there yet
            suffix = journal.key_name.rpartition("-")[2]
            name = f"{target.name.strip()[:LONGEST_NAME] or 'app'}-{suffix}"
        return self._journal.write(
            replace(
                journal,
                convex_name=name,
                way=method.name,
                provision_host=platform.provision_host,
                dashboard_host=platform.dashboard_host,
                failed_step="",
                failed_reason="",
                failed_next_step="",
                failed_code="",
            )
        )

    def _record(self, error: VibeError) -> None:
        from vibe_tui.services.convex.connecting import ends_sign_in

        journal = self._journal.read()
        if journal is not None:
            if ends_sign_in(error, journal.stage):
                self._credentials.delete(self._refs.sign_in)
            if journal.stage == "ready":
                return  # a new key was wanted and nobody signed in: the connection is what it was
            self._journal.write(
                replace(
                    journal,
                    failed_step=STEPS[connecting(journal.stage).step - 1],
                    failed_reason=error.message,
                    failed_next_step=error.next_step,
                    failed_code=error.code,
                )
            )

    def begun(self) -> Begun | None:
        """How far the project is on its way to a connection; None: not under way. Blocking."""
        return begun_of(self._journal.read())

    def remembered_teams(self, provision_host: str) -> list[str]:
        """The slugs of the teams that need no browser at this platform. Blocking."""
        return TeamSignIns(self._credentials, provision_host).teams()

    async def abandon(self) -> str:
        """Forget a connecting that has made nothing yet, and end its sign-in; what was made stays.

        What the user should know of that; "" when there is nothing.
        """
        journal = await asyncio.to_thread(self._journal.read)
        begun = begun_of(journal)
        if begun is None or begun.made:
            return ""
        departure = Departure(journal, self._journal, self._credentials, self._refs, lambda _: None)
        return await departure.abandon()

    def attached_project(self) -> str:
        """The slug of the Convex project if it was there before us, else "". Blocking."""
        journal = self._journal.read()
        return journal.project if journal is not None and journal.attached else ""

    async def disconnect(
        self, how: How, on_step: Callable[[DisconnectStep], None], *, typed_name: str = ""
    ) -> list[DisconnectStep]:
        """Undo the connection; each step is reported as it is done, and all are returned.

        forget: only what is stored here. revoke: also the keys at Convex. delete-project: also the
        Convex project with its data. When a step at Convex fails, the others are still tried, the
        secrets stay, and the same call repeats what is left. What the user gave us stays valid, and a
        project that was there before us is deleted only when `typed_name` is its slug.
        Raises NameNotTyped, CannotDelete.
        """
        try:
            journal = await asyncio.to_thread(self._journal.read)
        except JournalUnreadable:
            if how != "forget":
                raise
            journal = None
        if journal is not None and how == "delete-project":
            check_deletion(journal, typed_name)
        departure = Departure(journal, self._journal, self._credentials, self._refs, on_step)
        return await departure.run(how)


def _is_the_one(journal: Journal, target: Target) -> bool:
    """Whether what was begun is what is wanted now; nothing wanted in particular fits everything."""
    return (
        target.attach in ("", journal.project, str(journal.project_id))
        and target.deployment in ("", journal.deployment)
        and (journal.attached or not target.attaches)
        and target.team in ("", journal.team, str(journal.team_id))
    )
