"""What we made at Convex and nobody here remembers: Convex projects, team access tokens, deploy keys.

They are left when a connection is forgotten, or a state folder is lost. They are known by the names we give
(provisioning.py), so another computer of the same user may still use one: nothing is deleted unless that very
thing is asked for. Looking changes nothing and takes a few seconds at most.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from vibe_tui.services.convex import local_emulator
from vibe_tui.services.convex.connect import EmulatorMethod, SignInPorts
from vibe_tui.services.convex.journal import SecretRefs
from vibe_tui.services.convex.leftovers import delete_key
from vibe_tui.services.convex.local_emulator import EmulatorInfo
from vibe_tui.services.convex.management import ConvexProject, ManagementApi
from vibe_tui.services.convex.remembered import Remembered, remembered
from vibe_tui.services.convex.sign_ins import TeamSignIns
from vibe_tui.services.credentials import Credentials
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http_errors import HttpError, NotFound, NotPermitted
from vibe_tui.services.http_failures import host_name
from vibe_tui.services.paths import Home
from vibe_tui.services.secret import Secret
from vibe_tui.services.settings import Settings
from vibe_tui.services.terminal_text import visible

LIMIT = 10.0
"""Seconds for one platform."""
_AT_ONCE = 6
"""Requests to one platform at a time."""
_PROJECT = re.compile(r".+-[0-9a-f]{8}", re.DOTALL)
_TOKEN = re.compile(r"vibe-tui ([0-9a-f]{12})")
_KEY = re.compile(r"vibe-tui-([0-9a-f]{12})-(?:[0-9a-f]{8}|production)")

EMULATOR = "the emulator"
"""The place of what this computer alone can have made."""
Kind = Literal["project", "access token", "deploy key"]


class OrphanInUse(VibeError):
    """Since we looked, a project here has come to remember it."""

    code = "orphan_in_use"


@dataclass(frozen=True, slots=True)
class Orphan:
    kind: Kind
    name: str
    """Untrusted."""
    made: str
    """ISO 8601, UTC."""
    place: str
    """The platform, for people."""
    provision_host: str
    team_id: int
    team: str
    """Its slug; "" when Convex did not tell."""
    project_id: int = 0
    deployment: str = ""
    """The one that a deploy key opens."""


@dataclass(frozen=True, slots=True)
class OrphanReport:
    orphans: tuple[Orphan, ...] = ()
    not_asked: tuple[str, ...] = ()
    """What could not be looked at, and why; one sentence each."""


@dataclass(frozen=True, slots=True)
class _Access:
    """A way into a platform."""

    host: str
    place: str
    token: Secret
    team_id: int
    """0: the token says it."""


@asynccontextmanager
async def orphans(home: Home, settings: Settings) -> AsyncIterator[OrphanSearch]:
    """Looks with the stored sign-ins; at an emulator that runs also with one that ends with the context."""
    async with AsyncExitStack() as stack:
        search = OrphanSearch(home, settings)
        stack.push_async_callback(search.end_sign_ins)
        yield search


class OrphanSearch:
    """See `orphans`."""

    def __init__(self, home: Home, settings: Settings) -> None:
        self._home = home
        self._settings = settings
        self._credentials = Credentials(home, settings.credentials)
        self._accesses: dict[tuple[str, int], _Access] = {}
        """By host and team."""
        self._own: list[_Access] = []
        """Sign-ins made for looking."""

    async def find(self) -> OrphanReport:
        """Never raises for a platform that cannot be asked: the report says so."""
        try:
            accesses, problems = await self._all_accesses()
        except VibeError as problem:  # of the state folder or the credential store
            return OrphanReport(not_asked=(_said("The stored sign-ins", problem),))
        found = await asyncio.gather(*(self._look(access) for access in accesses))
        reports = [OrphanReport(not_asked=tuple(problems)), *found]
        unique = {
            (it.kind, it.provision_host, it.team_id, it.deployment, it.name, it.project_id): it
            for report in reports
            for it in report.orphans
        }
        said = dict.fromkeys(sentence for report in reports for sentence in report.not_asked)
        return OrphanReport(tuple(unique.values()), tuple(said))

    async def delete(self, orphan: Orphan) -> None:
        """What is gone already is fine. Raises OrphanInUse, HttpError."""
        known = await asyncio.to_thread(remembered, self._home)
        if not list(_lost(known, [orphan])):
            raise OrphanInUse(f"A project here uses {visible(orphan.name)} by now.")
        access = self._accesses[orphan.provision_host, orphan.team_id]
        async with ManagementApi(access.host, access.token) as api:
            try:
                match orphan.kind:
                    case "project":
                        await api.delete_project(orphan.project_id)
                    case "access token":
                        await api.delete_access_token(orphan.team_id, orphan.name)
                    case "deploy key":
                        await delete_key(api, orphan.deployment, orphan.name)
            except NotFound:
                return

    async def end_sign_ins(self) -> None:
        """End what was signed in for looking; an emulator that ended meanwhile has forgotten it."""
        for access in self._own:
            try:
                async with asyncio.timeout(LIMIT), ManagementApi(access.host, access.token) as api:
                    details = await api.token_details()
                    await api.delete_access_token(details.team_id, access.token.reveal())
            except (HttpError, TimeoutError):
                continue

    # --- ways in ----------------------------------------------------------------------------------------

    async def _all_accesses(self) -> tuple[list[_Access], list[str]]:
        info = await asyncio.to_thread(local_emulator.running, self._home.emulator)
        accesses, problems = await asyncio.to_thread(self._stored, info)
        if info is not None and not any(access.host == info.host for access in accesses):
            try:
                async with asyncio.timeout(LIMIT):
                    accesses.append(await self._at_emulator(info))
            except VibeError as problem:
                problems.append(_said("The emulator", problem))
            except TimeoutError:
                problems.append(_too_slow("The emulator"))
        return accesses, problems

    def _stored(self, info: EmulatorInfo | None) -> tuple[list[_Access], list[str]]:
        """Those of the projects here, and those of teams that were authorised before. Blocking."""
        found: dict[Secret, _Access] = {}
        problems: list[str] = []
        known = remembered(self._home)
        problems += [
            f"The project {id}: the record of its connection cannot be read."
            for id in sorted(known.unreadable)
        ]
        for journal in known.journals:
            host, place = journal.provision_host, _place(journal.provision_host)
            if journal.given or (journal.backend == "emulator" and info is None):
                continue
            if journal.backend == "emulator" and info is not None:
                host, place = info.host, EMULATOR
            refs = SecretRefs(journal.app)
            token = self._credentials.get(refs.sign_in) or self._credentials.get(refs.team_token)
            if token is not None:
                found.setdefault(token, _Access(host, place, token, journal.team_id))
        host = self._settings.convex.provision_host
        teams = TeamSignIns(self._credentials, host)
        for team in teams.teams():
            token = teams.get(team)
            if token is not None:
                found.setdefault(token, _Access(host, _place(host), token, 0))
        return list(found.values()), problems

    async def _at_emulator(self, info: EmulatorInfo) -> _Access:
        async def running() -> EmulatorInfo:
            return info

        ports = SignInPorts(self._settings.convex.redirect_ports, limit=LIMIT, approve=True)
        grant = await EmulatorMethod(running).authorise(ports)
        access = _Access(info.host, EMULATOR, grant.token, 0)
        self._own.append(access)
        return access

    # --- looking ----------------------------------------------------------------------------------------

    async def _look(self, access: _Access) -> OrphanReport:
        where = f"{access.place[0].upper()}{access.place[1:]}"
        try:
            async with asyncio.timeout(LIMIT), ManagementApi(access.host, access.token) as api:
                team_id = access.team_id or (await api.token_details()).team_id
                if not team_id:
                    return OrphanReport()
                self._accesses[access.host, team_id] = access
                candidates = [it async for it in self._ours(api, access, team_id)]
        except VibeError as problem:
            return OrphanReport(not_asked=(_said(where, problem),))
        except TimeoutError:
            return OrphanReport(not_asked=(_too_slow(where),))
        # What is remembered is read last: a connect that runs now notes a name before it uses it.
        known = await asyncio.to_thread(remembered, self._home)
        lost = list(_lost(known, candidates))
        gone = {it.project_id for it in lost if it.kind == "project"}
        return OrphanReport(tuple(it for it in lost if it.kind != "deploy key" or it.project_id not in gone))

    async def _ours(self, api: ManagementApi, access: _Access, team_id: int) -> AsyncIterator[Orphan]:
        """Everything in the team that has a name of ours."""
        projects = [project async for project in api.list_projects(team_id)]
        team = projects[0].team_slug if projects else ""

        def made(kind: Kind, name: str, at: int, project_id: int = 0, deployment: str = "") -> Orphan:
            day = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
            return Orphan(kind, name, day, access.place, access.host, team_id, team, project_id, deployment)

        for project in projects:
            if _PROJECT.fullmatch(project.name):
                yield made("project", project.name, project.created, project.id)
        try:
            for token in await api.access_tokens(team_id):
                if _TOKEN.fullmatch(token.name):
                    yield made("access token", token.name, token.created)
        except NotPermitted:
            pass  # who may not list tokens has made none
        turn = asyncio.Semaphore(_AT_ONCE)

        async def keys_of(project: ConvexProject) -> list[Orphan]:
            async with turn:
                return [
                    made("deploy key", key.name, key.created, project.id, deployment)
                    for deployment in await api.deployment_names(project.id)
                    for key in await api.deploy_keys(deployment)
                    if _KEY.fullmatch(key.name)
                ]

        for keys in await asyncio.gather(*map(keys_of, projects)):
            for key in keys:
                yield key


def _lost(known: Remembered, candidates: list[Orphan]) -> Iterator[Orphan]:
    """Those that nobody here remembers."""
    for it in candidates:
        if it.kind == "project":
            project = ConvexProject(it.project_id, it.name, "", it.team_id, it.team)
            is_known = bool(known.unreadable) or known.has_project(project)
        elif it.kind == "access token":
            found = _TOKEN.fullmatch(it.name)
            is_known = found is not None and known.has_token(it.name, found[1])
        else:
            found = _KEY.fullmatch(it.name)
            is_known = found is not None and known.has_key(it.name, found[1])
        if not is_known:
            yield it


def _place(host: str) -> str:
    name = host_name(host)
    return "Convex" if name == "api.convex.dev" else f"Convex at {name}"


def _said(what: str, problem: VibeError) -> str:
    return f"{what} could not be asked: {problem.message}"


def _too_slow(what: str) -> str:
    return f"{what} could not be asked: it took longer than {LIMIT:.0f} s."
