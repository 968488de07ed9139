"""Undoing a connection, step by step. Every step may be repeated: what is gone already counts as done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from vibe_tui.services.convex.journal import Journal, JournalFile, SecretRefs, leave_command
from vibe_tui.services.convex.sign_ins import TeamSignIns
from vibe_tui.services.errors import VibeError
from vibe_tui.services.secret import Secret

if TYPE_CHECKING:
    from vibe_tui.services.convex.management import ManagementApi
    from vibe_tui.services.credentials import Credentials

How = Literal["forget", "revoke", "delete-project"]


@dataclass(frozen=True, slots=True)
class DisconnectStep:
    """One step as it went. reason: why it failed, or what the user should know about it; may be ""."""

    title: str
    ok: bool
    reason: str = ""


class NotSignedIn(VibeError):
    """There is no credential left with which Convex could be told anything."""

    code = "not_signed_in"


class NameNotTyped(VibeError):
    """A Convex project that was there before us is to be deleted, and its name was not typed."""

    code = "name_not_typed"


class CannotDelete(VibeError):
    """The key that the user gave opens a deployment, and can delete nothing."""

    code = "cannot_delete"


def check_deletion(journal: Journal, typed_name: str) -> None:
    """Raises NameNotTyped or CannotDelete when the Convex project may not be deleted."""
    if journal.given and not journal.key_name:
        raise CannotDelete(
            "The project is connected with a key of yours, which cannot delete anything at Convex.",
            next_step="Delete it in the Convex dashboard; `vibe-tui disconnect` forgets the connection here.",
        )
    if journal.attached and typed_name != journal.project:
        raise NameNotTyped(
            f"The Convex project {journal.project} was there before vibe-tui, so its name has to be typed. "
            "Nothing was deleted.",
            next_step="Type it when asked, or pipe it in.",
        )


class Departure:
    """Undoes one connection. Without a journal there is nothing but what is stored here."""

    def __init__(
        self,
        journal: Journal | None,
        file: JournalFile,
        credentials: Credentials,
        refs: SecretRefs,
        on_step: Callable[[DisconnectStep], None],
    ) -> None:
        self._journal = journal
        self._file = file
        self._credentials = credentials
        self._refs = refs
        self._on_step = on_step
        self._steps: list[DisconnectStep] = []
        self._failures: list[VibeError] = []

    async def run(self, how: How) -> list[DisconnectStep]:
        """See Provisioning.disconnect."""
        stays = _what_stays(self._journal) if self._journal and how == "forget" else ""
        if self._journal is not None and how != "forget":
            await self._note(
                replace(
                    self._journal,
                    leaving=how,
                    failed_step="",
                    failed_reason="",
                    failed_next_step="",
                    failed_code="",
                )
            )
            await self._undo_at_convex(self._journal, how)
            if self._failures:
                await self._note(_unfinished(self._journal, how, self._failures[0]))
                return self._steps
        await asyncio.to_thread(self._forget)
        self._done(DisconnectStep("Forgetting the keys on this computer", ok=True, reason=stays))
        return self._steps

    async def abandon(self) -> str:
        """Forget a connecting that has made nothing, and end its sign-in unless another project uses it.

        What the user should know of that; "" when there is nothing.
        """
        journal, reason = self._journal, ""
        sign_in = await asyncio.to_thread(self._credentials.get, self._refs.sign_in)
        if journal is not None and sign_in is not None and journal.sign_in == "oauth":
            teams = TeamSignIns(self._credentials, journal.provision_host)
            if not await asyncio.to_thread(teams.used_elsewhere, sign_in, self._refs.sign_in):
                reason = await _end_unused(journal, sign_in)
        await asyncio.to_thread(self._forget)
        return reason

    async def _undo_at_convex(self, journal: Journal, how: How) -> None:
        """Take back what was made there; a failure does not keep the other steps from being tried."""
        if journal.backend == "local-backend":
            return  # nothing was made at Convex; Backend has ended it
        if journal.given:
            self._done(DisconnectStep("Revoking the key", ok=True, reason=_YOURS.format("key")))
            return
        sign_in = await asyncio.to_thread(self._credentials.get, self._refs.sign_in)
        team_token = await asyncio.to_thread(self._credentials.get, self._refs.team_token)
        tokens = [token for token in (sign_in, team_token) if token is not None]
        if journal.deployment:
            await self._step("Deleting the deploy key", tokens, _delete_key)
        if how == "delete-project" and journal.stage not in ("planned", "reading"):
            await self._step("Deleting the Convex project", tokens, _delete_project)
        if _may_have_team_token(journal):
            await self._step("Deleting the team access token", tokens, _delete_token)
        if sign_in is None or not journal.team_id or self._failures:
            return
        # Last, as the steps before need it. From here on it is all that is left, and may be gone already.
        await self._note(replace(journal, stage="planned", deployment=""))
        if journal.sign_in != "oauth":
            self._done(DisconnectStep(_ENDING, ok=True, reason=_YOURS.format("access token")))
            return
        shared = TeamSignIns(self._credentials, journal.provision_host).used_elsewhere
        if await asyncio.to_thread(shared, sign_in, self._refs.sign_in):
            what = "it stays" if journal.narrow else "it and the wide key made with it stay valid"
            self._done(DisconnectStep(_ENDING, ok=True, reason=f"Another project uses it, so {what}."))
            return

        async def end_sign_in(api: ManagementApi, journal: Journal) -> str:
            return await _end_sign_in(api, journal, sign_in)

        await self._step(_ENDING, [sign_in], end_sign_in)

    async def _step(self, title: str, tokens: list[Secret], act: Act) -> None:
        assert self._journal is not None
        try:
            reason = await _with_any(tokens, self._journal, act)
        except VibeError as error:
            self._failures.append(error)
            self._done(DisconnectStep(title, ok=False, reason=error.message))
        else:
            self._done(DisconnectStep(title, ok=True, reason=reason))

    def _done(self, step: DisconnectStep) -> None:
        self._steps.append(step)
        self._on_step(step)

    async def _note(self, journal: Journal) -> None:
        self._journal = await asyncio.to_thread(self._file.write, journal)

    def _forget(self) -> None:
        """Secrets first: a kill in between leaves a journal to repeat it from."""
        sign_in = self._credentials.get(self._refs.sign_in)
        if self._journal is not None and sign_in is not None:
            teams = TeamSignIns(self._credentials, self._journal.provision_host)
            if teams.teams() and not teams.used_elsewhere(sign_in, self._refs.sign_in):
                teams.forget(sign_in)
        for ref in self._refs.all():
            self._credentials.delete(ref)
        self._file.clear()


_ENDING = "Ending the sign-in"
_YOURS = "This {} is yours and stays valid; revoke it in the Convex dashboard if you need it no longer."


def _may_have_team_token(journal: Journal) -> bool:
    """Only an OAuth grant needs one."""
    return journal.sign_in == "oauth" and journal.stage in ("narrowing", "keying", "keyed", "ready")


def _unfinished(journal: Journal, how: How, failure: VibeError) -> Journal:
    return replace(
        journal,
        failed_step="Disconnecting",
        failed_reason=failure.message,
        failed_code=failure.code,
        failed_next_step=f"Run {leave_command(how)} again, or `vibe-tui disconnect --forget` to leave the "
        "rest to the Convex dashboard.",
    )


def _what_stays(journal: Journal) -> str:
    if journal.backend == "local-backend":
        return "Its data stay on this computer; connecting again finds them."
    if journal.given:
        return _YOURS.format("key")
    if journal.stage in ("planned", "reading"):
        return ""
    names = [journal.key_name] if journal.stage in ("keying", "keyed", "ready") else []
    names += [journal.token_name] if _may_have_team_token(journal) else []
    valid = f"; the keys “{'” and “'.join(names)}” stay valid there" if names else ""
    return f"The project {journal.project or journal.convex_name} stays at Convex{valid}."


# --- What is done at Convex: each returns what the user should know, "" when there is nothing to say ------

Act = Callable[["ManagementApi", Journal], Awaitable[str]]
_NONE = "There was none."


async def _with_any(tokens: list[Secret], journal: Journal, act: Act) -> str:
    """Act with the first of our tokens that Convex still accepts."""
    from vibe_tui.services.convex.management import ManagementApi
    from vibe_tui.services.http_errors import SignedOut

    refused: VibeError = NotSignedIn(
        "There is no sign-in left for this project.",
        next_step="Delete its keys in the Convex dashboard, then run `vibe-tui disconnect --forget`.",
    )
    for token in tokens:
        try:
            async with ManagementApi(journal.provision_host, token) as api:
                return await act(api, journal)
        except SignedOut as error:
            refused = error
    raise refused


async def _delete_key(api: ManagementApi, journal: Journal) -> str:
    from vibe_tui.services.convex.leftovers import delete_deploy_key

    return "" if await delete_deploy_key(api, journal) else _NONE


async def _delete_token(api: ManagementApi, journal: Journal) -> str:
    from vibe_tui.services.convex.leftovers import delete_access_token

    return "" if await delete_access_token(api, journal) else _NONE


async def _delete_project(api: ManagementApi, journal: Journal) -> str:
    from vibe_tui.services.convex.leftovers import find_project
    from vibe_tui.services.http_errors import NotFound

    project_id = journal.project_id or await find_project(api, journal)
    try:
        if project_id:
            await api.delete_project(project_id)
            return ""
    except NotFound:
        pass
    return _NONE


ABANDON_LIMIT = 5.0
"""Seconds in which an abandoned sign-in is ended at Convex; nobody waits longer for something given up."""


async def _end_unused(journal: Journal, sign_in: Secret) -> str:
    """End a sign-in with which nothing was made."""
    from vibe_tui.services.convex.management import ManagementApi

    try:
        async with (
            asyncio.timeout(ABANDON_LIMIT),
            ManagementApi(journal.provision_host, sign_in) as api,
        ):
            team_id = journal.team_id or (await api.token_details()).team_id
            return await _end_sign_in(api, replace(journal, team_id=team_id), sign_in)
    except (VibeError, TimeoutError):
        return "The sign-in could not be ended at Convex; it can be removed in the team's settings there."


async def _end_sign_in(api: ManagementApi, journal: Journal, sign_in: Secret) -> str:
    """Whether the API may end an OAuth grant is not documented; a refusal is told and no obstacle."""
    from vibe_tui.services.http_errors import ApiError, SignedOut

    try:
        await api.delete_access_token(journal.team_id, sign_in.reveal())
    except SignedOut:
        return "It had ended."
    except ApiError as error:
        if error.answer_lost or error.status == 429:
            raise
        return "Convex keeps it in the team's settings; it can be removed there."
    return ""
