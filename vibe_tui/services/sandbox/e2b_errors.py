"""What the E2B SDK and its transport raise, as failures of ours. Nothing else catches their exceptions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from vibe_tui.services.sandbox.errors import (
    SandboxBusy,
    SandboxFailed,
    SandboxFull,
    SandboxGone,
    SandboxKeyWrong,
    SandboxQuota,
    SandboxRateLimited,
    SandboxTemplateMissing,
    SandboxUnreachable,
)
from vibe_tui.services.terminal_text import redact, visible

_NEVER_OURS = (AssertionError, NameError, AttributeError, TypeError)
"""Defects of this program: they are not translated."""
_LONGEST = 200


class NotRunning(SandboxFailed):
    """It is asleep or gone; only the account knows which."""

    code = "sandbox_not_running"


class RemoteFileMissing(SandboxFailed):
    """A file or folder is not in the sandbox."""

    code = "sandbox_file_missing"


@contextmanager
def translated() -> Iterator[None]:
    """Raises SandboxFailed for whatever the SDK raises; cancelling goes through."""
    try:
        yield
    except (SandboxFailed, *_NEVER_OURS):
        raise
    except Exception as error:  # the SDK raises bare Exception too
        raise translate(error) from error


WhyNotRunning = Callable[[], Awaitable[SandboxFailed]]
"""Asks the account whether a sandbox that does not run is asleep or gone."""


@asynccontextmanager
async def asked(why: WhyNotRunning) -> AsyncIterator[None]:
    """As `translated`, with SandboxAsleep or SandboxGone in the place of NotRunning."""
    try:
        with translated():
            yield
    except NotRunning as error:
        raise await why() from error


def translate(error: Exception) -> SandboxFailed:
    import e2b
    import httpx

    said = redact(visible(str(error)))[:_LONGEST]
    match error:
        case e2b.AuthenticationException():
            return SandboxKeyWrong(
                "E2B refused the API key.",
                next_step="Take a valid one from https://e2b.dev/dashboard?tab=keys, "
                "then set E2B_API_KEY or run `vibe-tui sandbox key`.",
            )
        case e2b.RateLimitException():
            if "concurrent" in said.lower() or "quota" in said.lower() or "maximum" in said.lower():
                return _quota()
            return SandboxRateLimited(
                "E2B answers no more requests for now: too many in a short time.",
                next_step="Wait a minute, then try again.",
            )
        case e2b.ServiceBusyException():
            return SandboxBusy("E2B has no room just now.", next_step="Try again in a moment.")
        case e2b.NotEnoughSpaceException():
            return SandboxFull(
                "The disk of the sandbox is full.", next_step="Delete something in it, or make a new one."
            )
        case e2b.SandboxNotFoundException():
            return SandboxGone(
                "The sandbox is gone.", next_step="A new one is made from the project's folder when needed."
            )
        case e2b.SandboxNotRunningException():
            return NotRunning("The sandbox does not run.", next_step="Try again: it is resumed, or replaced.")
        case e2b.NotFoundException():
            return RemoteFileMissing(f"Not in the sandbox: {said}.")
        case e2b.TemplateException():
            return _template()
        case (
            e2b.TimeoutException()
            | httpx.TransportError()
            | httpx.InvalidURL()
            | json.JSONDecodeError()
            | OSError()
        ):
            return SandboxUnreachable(
                "E2B does not answer.", next_step="Check the network; it is tried again by itself."
            )
        case e2b.SandboxException(status_code=404 | 400) if "template" in said.lower():
            return _template()
        case e2b.SandboxException(status_code=402 | 403):
            return _quota()
        case e2b.SandboxException(status_code=code) if code is not None and code >= 500:
            return SandboxUnreachable(
                f"E2B has a problem (it answered {code}).", next_step="Try again in a moment."
            )
    return SandboxFailed(f"E2B did not do what was asked: {said}.", next_step="Try again.")


def _quota() -> SandboxQuota:
    return SandboxQuota(
        "The E2B plan allows no more sandboxes, or none of this kind.",
        next_step="Pause or end one: `vibe-tui sandbox leftovers`.",
    )


def _template() -> SandboxTemplateMissing:
    return SandboxTemplateMissing(
        "E2B has no such template, or it is too old.",
        next_step="Correct `template` below [e2b] in settings.toml, or build it (docs/e2b-template).",
    )
