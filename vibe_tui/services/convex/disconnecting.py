"""Undoing a connection, step by step. Every step may be repeated: what is gone already counts as done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from vibe_tui.services.convex.journal import Journal, JournalFile, SecretRefs, leave_command
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


async def leave(
    journal: Journal | None,
    how: How,
    file: JournalFile,
    credentials: Credentials,
    refs: SecretRefs,
    on_step: Callable[[DisconnectStep], None],
) -> list[DisconnectStep]:
    """See Provisioning.disconnect. Without a journal only what is stored here is forgotten."""
    steps: list[DisconnectStep] = []

    def done(step: DisconnectStep) -> None:
        steps.append(step)
        on_step(step)

    if journal is not None and how != "forget":
        await asyncio.to_thread(
            file.write, replace(journal, leaving=how, failed_step="", failed_reason="", failed_next_step="")
        )
        failure = await _undo_at_convex(journal, how, credentials, refs, done)
        if failure is not None:
            unfinished = replace(
                journal,
                leaving=how,
                failed_step="Disconnecting",
                failed_reason=failure.message,
                failed_next_step=f"Run {leave_command(how)} again, or `vibe-tui disconnect --forget` to "
                "leave the rest to the Convex dashboard.",
            )
            await asyncio.to_thread(file.write, unfinished)
            return steps
    await asyncio.to_thread(_forget, file, credentials, refs)
    done(DisconnectStep("Forgetting the keys on this computer", ok=True, reason=_what_stays(journal, how)))
    return steps


def _forget(file: JournalFile, credentials: Credentials, refs: SecretRefs) -> None:
    """Secrets first: a kill in between leaves a journal to repeat it from."""
    for ref in refs.all():
        credentials.delete(ref)
    file.clear()


def _what_stays(journal: Journal | None, how: How) -> str:
    if journal is None or how != "forget" or journal.stage in ("planned", "reading"):
        return ""
    keys = [journal.key_name] if journal.stage in ("keying", "keyed", "ready") else []
    tokens = [journal.token_name] if journal.stage in ("narrowing", "keying", "keyed", "ready") else []
    valid = f"; the keys “{'” and “'.join(keys + tokens)}” stay valid there" if keys + tokens else ""
    return f"The project {journal.project or journal.convex_name} stays at Convex{valid}."


async def _undo_at_convex(
    journal: Journal,
    how: How,
    credentials: Credentials,
    refs: SecretRefs,
    done: Callable[[DisconnectStep], None],
) -> VibeError | None:
    """Take back what was made there. Returns the first failure; the steps after it were tried as well."""
    from vibe_tui.services.convex.leftovers import delete_access_token, delete_deploy_key

    sign_in = await asyncio.to_thread(credentials.get, refs.sign_in)
    team_token = await asyncio.to_thread(credentials.get, refs.team_token)
    if journal.stage == "planned" and sign_in is None:
        return None  # nobody ever signed in
    failures: list[VibeError] = []

    async def step(title: str, act: Callable[[ManagementApi], Awaitable[str]]) -> None:
        try:
            reason = await _with_either(journal.provision_host, (sign_in, team_token), act)
        except VibeError as error:
            failures.append(error)
            done(DisconnectStep(title, ok=False, reason=error.message))
        else:
            done(DisconnectStep(title, ok=True, reason=reason))

    async def delete_key(api: ManagementApi) -> str:
        return "" if await delete_deploy_key(api, journal) else "There was none."

    async def delete_token(api: ManagementApi) -> str:
        return "" if await delete_access_token(api, journal) else "There was none."

    if journal.deployment:
        await step("Deleting the deploy key", delete_key)
    if how == "delete-project" and journal.team_id:
        await step("Deleting the Convex project", lambda api: _delete_project(api, journal))
    if journal.stage in ("narrowing", "keying", "keyed", "ready"):
        await step("Deleting the team access token", delete_token)
    if sign_in is not None and journal.team_id and not failures:
        # Last: it is what the steps before are done with.
        await step("Ending the sign-in", lambda api: _end_sign_in(api, journal, sign_in))
    return failures[0] if failures else None


async def _with_either(
    host: str, tokens: tuple[Secret | None, ...], act: Callable[[ManagementApi], Awaitable[str]]
) -> str:
    """Act with the first of our tokens that Convex still accepts."""
    from vibe_tui.services.convex.management import ManagementApi
    from vibe_tui.services.http_errors import SignedOut

    refused: VibeError = NotSignedIn(
        "There is no sign-in left for this project.",
        next_step="Delete its keys in the Convex dashboard, then run `vibe-tui disconnect --forget`.",
    )
    for token in tokens:
        if token is None:
            continue
        try:
            async with ManagementApi(host, token) as api:
                return await act(api)
        except SignedOut as error:
            refused = error
    raise refused


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
    return "There was none."


async def _end_sign_in(api: ManagementApi, journal: Journal, sign_in: Secret) -> str:
    """Whether the API may end an OAuth grant is not documented; a refusal is told and no obstacle."""
    from vibe_tui.services.http_errors import ApiError

    try:
        await api.delete_access_token(journal.team_id, sign_in.reveal())
    except ApiError as error:
        if error.answer_lost or error.status == 429:
            raise
        return "Convex keeps it in the team's settings; it can be removed there."
    return ""
