"""The steps of connecting, in order, each one safe to repeat from its stage in the journal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from vibe_tui.services.convex import attaching
from vibe_tui.services.convex.connect import ConnectMethod, SignInPorts, Target
from vibe_tui.services.convex.journal import (
    Journal,
    JournalFile,
    SecretRefs,
    Stage,
    connecting,
    connection_of,
)
from vibe_tui.services.convex.leftovers import delete_access_token, delete_deploy_key, find_project
from vibe_tui.services.convex.management import ConvexDeployment, CreatedProject, ManagementApi
from vibe_tui.services.convex.sign_ins import TeamSignIns
from vibe_tui.services.convex.site_url import site_url_of
from vibe_tui.services.convex.teams import OneProjectOnly, WrongTeam, team_of
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http import OnWait
from vibe_tui.services.http_errors import ApiError, HttpError, NotFound, NotPermitted, RateLimited, SignedOut
from vibe_tui.services.model import Connected, Connecting
from vibe_tui.services.secret import Secret

if TYPE_CHECKING:
    from vibe_tui.services.credentials import Credentials

TOKEN_LIFE = 365 * 24 * 3600
"""Seconds after which the team access token expires by itself, should nobody ever disconnect."""


def ends_sign_in(error: VibeError, stage: Stage) -> bool:
    """Whether connecting again must sign in again, because the sign-in is over or is for the wrong team."""
    refused = isinstance(error, ApiError) and not error.answer_lost and not isinstance(error, RateLimited)
    return isinstance(error, SignedOut | WrongTeam | OneProjectOnly) or (refused and stage == "reading")


def _name_taken(error: HttpError) -> bool:
    """By a request of a try that was cut off, which was still at work when we looked for what it made."""
    return isinstance(error, ApiError) and error.status == 409


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
        self._journal = journal
        self._target = target
        self._file = file
        self._credentials = credentials
        self._refs = refs
        self._on_step = on_step

    async def run(self, method: ConnectMethod, sign_in: SignInPorts) -> Connected:
        """Raises VibeError; the journal then says how far it came."""
        if self._journal.stage != "ready":
            token = await self._signed_in(method, sign_in)
            try:
                async with ManagementApi(self._journal.provision_host, token, on_wait=sign_in.on_wait) as api:
                    if self._journal.stage == "reading" and self._target.attaches:
                        await self._attach(api)
                    elif self._journal.stage in ("reading", "creating"):
                        await self._make_project(api)
                    if self._journal.stage != "keyed":
                        await self._make_key(api, sign_in.on_wait)
                    await self._save(api, sign_in.on_wait)
            except NotPermitted as error:
                raise self._with_team(error) from error
        connected = connection_of(self._journal)
        assert isinstance(connected, Connected)
        return connected

    # --- 1 and 2 ----------------------------------------------------------------------------------------

    async def _signed_in(self, method: ConnectMethod, sign_in: SignInPorts) -> Secret:
        """A token that Convex accepts, for the team of the journal; the stored one if it still does."""
        token = await asyncio.to_thread(self._credentials.get, self._refs.sign_in)
        if token is not None:
            try:
                await self._read_team(token, sign_in.on_wait)
            except SignedOut:
                pass  # revoked meanwhile: sign in again, then go on where it stopped
            else:
                return token
        self._on_step(connecting("planned"))
        if method.sign_in != self._journal.sign_in:
            await self._note(replace(self._journal, sign_in=method.sign_in))
        token = await self._remembered(sign_in.on_wait) or (await method.authorise(sign_in)).token
        await asyncio.to_thread(self._credentials.set, self._refs.sign_in, token)
        await self._read_team(token, sign_in.on_wait)
        if self._shares_sign_in and self._journal.team:
            await asyncio.to_thread(self._teams.remember, self._journal.team, token)
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

    async def _read_team(self, token: Secret, on_wait: OnWait) -> None:
        if self._journal.stage == "planned":
            await self._enter(replace(self._journal, stage="reading"))
        else:
            self._on_step(connecting("reading"))
        team = await team_of(self._journal, token, self._target.team, on_wait)
        known = "" if self._journal.stage == "reading" else self._journal.team
        self._journal = replace(self._journal, team_id=team.id, team=team.slug or known)

    # --- 3 ----------------------------------------------------------------------------------------------

    async def _attach(self, api: ManagementApi) -> None:
        """Nothing is made but a dev deployment of the user's own, where the project has none; it is adopted
        when this is repeated."""
        self._on_step(replace(connecting("creating"), title="Finding the Convex project"))
        project, deployment = await attaching.find(api, self._journal.team_id, self._target)
        await self._enter(
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
            self._on_step(connecting("creating"))
            found = await find_project(api, journal)
        else:
            await self._enter(replace(journal, stage="creating"))
        made = CreatedProject(found, "", "", "") if found else await self._create_project(api)
        deployment = (
            ConvexDeployment(made.deployment, made.url)
            if made.deployment and made.url
            else await attaching.dev_deployment(api, made.id)
        )
        project = await api.get_project(made.id)
        await self._enter(
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
                    await self._note(replace(self._journal, stage="reading"))
                    raise
                found = await find_project(api, self._journal)
                if found:
                    return CreatedProject(found, "", "", "")
                if attempt == 2:
                    raise
        raise AssertionError("the second attempt returns or raises")

    # --- 4 ----------------------------------------------------------------------------------------------

    async def _make_key(self, api: ManagementApi, on_wait: OnWait) -> Secret:
        """A deploy key of our name, minted with a team access token of our name so that it is narrow."""
        if self._journal.stage == "created":
            await self._enter(replace(self._journal, stage="narrowing"))
        else:  # an earlier attempt may have made either; what it made is not stored for certain
            self._on_step(connecting("keying"))
            await delete_deploy_key(api, self._journal)
        # Any other token than an OAuth one makes a key that opens the deployment alone.
        oauth = self._journal.sign_in == "oauth"
        team_token = await self._team_token(api) if oauth else None
        narrow = team_token is not None or not oauth
        await self._note(replace(self._journal, stage="keying", narrow=narrow))
        key = await self._narrow_key(team_token, api, on_wait) if team_token is not None else None
        if key is None:
            key = await self._mint(api, api)
        await asyncio.to_thread(self._credentials.set, self._refs.deploy_key, key)
        await self._note(replace(self._journal, stage="keyed"))
        return key

    async def _narrow_key(self, team_token: Secret, api: ManagementApi, on_wait: OnWait) -> Secret | None:
        """None when Convex does not let the team access token make a key."""
        async with ManagementApi(self._journal.provision_host, team_token, on_wait=on_wait) as narrow:
            try:
                return await self._mint(narrow, api)
            except (NotPermitted, NotFound):
                await self._note(replace(self._journal, narrow=False))
                return None

    async def _team_token(self, api: ManagementApi) -> Secret | None:
        """None when Convex does not let this sign-in make one."""
        journal = self._journal
        expires_at = int((time.time() + TOKEN_LIFE) * 1000)
        # Its name says only which app it is for, so a connection that was forgotten may have left one, too.
        await delete_access_token(api, journal)
        try:
            try:
                token = await api.create_access_token(journal.team_id, journal.token_name, expires_at)
            except HttpError as error:
                if not error.answer_lost and not _name_taken(error):
                    raise
                if not await delete_access_token(api, journal) and not error.answer_lost:
                    raise
                token = await api.create_access_token(journal.team_id, journal.token_name, expires_at)
        except (NotPermitted, NotFound):
            return None
        await asyncio.to_thread(self._credentials.set, self._refs.team_token, token)
        return token

    async def _mint(self, minter: ManagementApi, api: ManagementApi) -> Secret:
        journal = self._journal
        try:
            return await minter.create_deploy_key(journal.deployment, journal.key_name)
        except HttpError as error:
            if not error.answer_lost and not _name_taken(error):
                raise
            if not await delete_deploy_key(api, journal) and not error.answer_lost:
                raise
        return await minter.create_deploy_key(journal.deployment, journal.key_name)

    # --- 5 ----------------------------------------------------------------------------------------------

    async def _save(self, api: ManagementApi, on_wait: OnWait) -> None:
        key = await asyncio.to_thread(self._credentials.get, self._refs.deploy_key)
        if key is None:  # the credential store was emptied between two runs
            key = await self._make_key(api, on_wait)
        self._on_step(connecting("keyed"))
        site_url = await site_url_of(self._journal.url, key, on_wait)
        await self._note(replace(self._journal, stage="ready", site_url=site_url))

    # --- The record -------------------------------------------------------------------------------------

    async def _enter(self, journal: Journal) -> None:
        """Record a stage, then show its step."""
        await self._note(journal)
        self._on_step(connecting(journal.stage))

    async def _note(self, journal: Journal) -> None:
        self._journal = await asyncio.to_thread(self._file.write, journal)

    def _with_team(self, error: NotPermitted) -> NotPermitted:
        return NotPermitted(
            f"In the team {self._journal.team or self._journal.team_id}: {error.message}",
            status=error.status,
            api_code=error.api_code,
            next_step="Ask an owner of the team whether you are a member and may do this, "
            "or connect with another team.",
        )
