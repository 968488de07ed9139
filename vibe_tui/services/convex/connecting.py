"""The steps of connecting, in order, each one safe to repeat from its stage in the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from vibe_tui.services.convex import attaching
from vibe_tui.services.convex.catalogue import Catalogue
from vibe_tui.services.convex.connect import ConnectMethod, SignInPorts, Target
from vibe_tui.services.convex.journal import (
    Journal,
    JournalFile,
    SecretRefs,
    Stage,
    connecting,
    connection_of,
)
from vibe_tui.services.convex.key_mint import KeyMint
from vibe_tui.services.convex.leftovers import find_project
from vibe_tui.services.convex.management import ConvexDeployment, CreatedProject, ManagementApi
from vibe_tui.services.convex.record import Record, in_full
from vibe_tui.services.convex.sign_ins import TeamSignIns
from vibe_tui.services.convex.site_url import site_url_of
from vibe_tui.services.convex.teams import OneProjectOnly, WrongTeam, team_of
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http import OnWait
from vibe_tui.services.http_errors import ApiError, HttpError, NotPermitted, RateLimited, SignedOut
from vibe_tui.services.model import Connected, Connecting
from vibe_tui.services.secret import Secret

if TYPE_CHECKING:
    from vibe_tui.services.credentials import Credentials


def ends_sign_in(error: VibeError, stage: Stage) -> bool:
    """Whether connecting again must sign in again, because the sign-in is over or is for the wrong team."""
    refused = isinstance(error, ApiError) and not error.answer_lost and not isinstance(error, RateLimited)
    return isinstance(error, SignedOut | WrongTeam | OneProjectOnly) or (refused and stage == "reading")


class Saga:
    """Takes one project from its journal's stage to Connected."""

    def __init__(
        self,
        journal: Journal,
        file: JournalFile,
        credentials: Credentials,
        refs: SecretRefs,
        target: Target,
        on_step: Callable[[Connecting], None],
    ) -> None:
        self._record = Record(journal, file, credentials, refs, on_step)
        self._key = KeyMint(self._record)
        self._target = target
        self._credentials = credentials

    @property
    def _journal(self) -> Journal:
        return self._record.journal

    async def run(self, method: ConnectMethod, sign_in: SignInPorts, *, new_key: bool = False) -> Connected:
        """new_key: of a connection that stands, make the key anew; it stands until the user has signed in.

        Raises VibeError; the journal then says how far it came.
        """
        if self._journal.stage != "ready" or new_key:
            token = await self._signed_in(method, sign_in)
            try:
                async with ManagementApi(self._journal.provision_host, token, on_wait=sign_in.on_wait) as api:
                    if self._journal.stage == "ready":
                        await self._record.enter(replace(self._journal, stage="keying"))
                    if self._journal.stage == "reading" and self._target.pick:
                        await self._pick(api, sign_in)
                    if self._journal.stage == "reading" and self._target.attaches:
                        await self._attach(api)
                    elif self._journal.stage in ("reading", "creating"):
                        await self._make_project(api)
                    if self._journal.stage != "keyed":
                        await self._key.make(api, sign_in.on_wait)
                    await self._save(api, sign_in.on_wait)
            except NotPermitted as error:
                raise self._with_team(error) from error
        connected = connection_of(self._journal)
        assert isinstance(connected, Connected)
        return connected

    # --- 1 and 2 ----------------------------------------------------------------------------------------

    async def _signed_in(self, method: ConnectMethod, sign_in: SignInPorts) -> Secret:
        """A token that Convex accepts, for the team of the journal; the stored one if it still does."""
        token = await self._record.sign_in()
        if token is not None:
            try:
                await self._read_team(token, sign_in)
            except SignedOut:
                pass  # revoked meanwhile: sign in again, then go on where it stopped
            else:
                return token
        self._record.show(connecting("planned"))
        if method.sign_in != self._journal.sign_in:
            await self._record.note(replace(self._journal, sign_in=method.sign_in))
        token = await self._remembered(sign_in.on_wait) or (await method.authorise(sign_in)).token
        await self._record.keep_sign_in(token)
        await self._read_team(token, sign_in)
        if self._shares_sign_in and self._journal.team:
            team = self._journal.team
            await in_full(lambda: self._teams.remember(team, token))
        return token

    async def _remembered(self, on_wait: OnWait) -> Secret | None:
        """The sign-in of an earlier project to the wanted team, if Convex still accepts it."""
        begun = self._journal.stage not in ("planned", "reading")
        wanted = self._journal.team if begun else self._target.team
        token = await asyncio.to_thread(self._teams.get, wanted) if wanted and self._shares_sign_in else None
        if token is None:
            return None
        try:
            await team_of(self._journal, token, wanted, on_wait)
        except (SignedOut, NotPermitted, WrongTeam):
            await asyncio.to_thread(self._teams.forget, token)
            return None
        return token

    @property
    def _teams(self) -> TeamSignIns:
        return TeamSignIns(self._credentials, self._journal.provision_host)

    @property
    def _shares_sign_in(self) -> bool:
        """The emulator needs no remembered teams: whoever it belongs to consents by a key press."""
        return (self._journal.backend, self._journal.sign_in) == ("cloud", "oauth")

    async def _read_team(self, token: Secret, sign_in: SignInPorts) -> None:
        if self._journal.stage == "planned":
            await self._record.enter(replace(self._journal, stage="reading"))
        else:
            self._record.show(connecting("reading"))
        team = await team_of(self._journal, token, self._target.team, sign_in.on_wait, sign_in.choose_team)
        known = "" if self._journal.stage == "reading" else self._journal.team
        self._record.journal = replace(self._journal, team_id=team.id, team=team.slug or known)

    # --- 3 ----------------------------------------------------------------------------------------------

    async def _pick(self, api: ManagementApi, sign_in: SignInPorts) -> None:
        """Nothing is made before the answer; the journal stays where it is."""
        assert sign_in.choose_project is not None, "whoever has it picked can be asked"
        self._record.show(replace(connecting("creating"), title="Choosing the Convex project"))
        picked = await sign_in.choose_project(Catalogue(api, self._journal.team_id, self._journal.team))
        if picked is not None:
            self._target = replace(self._target, attach=str(picked.project_id), deployment=picked.deployment)

    async def _attach(self, api: ManagementApi) -> None:
        """Nothing is made but a dev deployment of the user's own, where the project has none; it is adopted
        when this is repeated."""
        self._record.show(replace(connecting("creating"), title="Finding the Convex project"))
        project, deployment = await attaching.find(api, self._journal.team_id, self._target)
        await self._record.enter(
            replace(
                self._journal,
                stage="created",
                attached=True,
                team=project.team_slug,
                project_id=project.id,
                project=project.slug,
                deployment=deployment.name,
                url=deployment.url,
            )
        )

    async def _make_project(self, api: ManagementApi) -> None:
        journal = self._journal
        found: int | None = None
        if journal.stage == "creating":
            self._record.show(connecting("creating"))
            found = await find_project(api, journal)
        else:
            await self._record.enter(replace(journal, stage="creating"))
        made = CreatedProject(found, "", "", "") if found else await self._create_project(api)
        deployment = (
            ConvexDeployment(made.deployment, made.url)
            if made.deployment and made.url
            else await attaching.dev_deployment(api, made.id)
        )
        project = await api.get_project(made.id)
        await self._record.enter(
            replace(
                self._journal,
                stage="created",
                team=project.team_slug,
                project_id=project.id,
                project=project.slug,
                deployment=deployment.name,
                url=deployment.url,
            )
        )

    async def _create_project(self, api: ManagementApi) -> CreatedProject:
        """Create it; when the answer is lost, look whether it was made before asking again, once."""
        for attempt in (1, 2):
            try:
                return await api.create_project(self._journal.team_id, self._journal.convex_name)
            except HttpError as error:
                if not error.answer_lost:
                    # Nothing was made, so there is nothing to look for next time.
                    await self._record.note(replace(self._journal, stage="reading"))
                    raise
                found = await find_project(api, self._journal)
                if found:
                    return CreatedProject(found, "", "", "")
                if attempt == 2:
                    raise
        raise AssertionError("the second attempt returns or raises")

    # --- 5 ----------------------------------------------------------------------------------------------

    async def _save(self, api: ManagementApi, on_wait: OnWait) -> None:
        key = await self._record.deploy_key()
        if key is None:  # the credential store was emptied between two runs
            key = await self._key.make(api, on_wait)
        self._record.show(connecting("keyed"))
        site_url = await site_url_of(self._journal.url, key, on_wait)
        await self._record.note(replace(self._journal, stage="ready", site_url=site_url))

    # --- The record -------------------------------------------------------------------------------------

    def _with_team(self, error: NotPermitted) -> NotPermitted:
        return NotPermitted(
            f"In the team {self._journal.team or self._journal.team_id}: {error.message}",
            status=error.status,
            api_code=error.api_code,
            next_step="Ask an owner of the team whether you are a member and may do this, "
            "or connect with another team.",
        )
