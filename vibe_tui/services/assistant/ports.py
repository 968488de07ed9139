"""How a turn reaches the user: whoever drives it, the page or the command line, answers here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from vibe_tui.services.assistant.answerer import Plan


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """Something a model wants to do that the user decides on. Nothing happens when it is declined."""

    kind: Literal["command", "packages", "delete", "change"]
    title: str
    """E.g. "Install 2 packages"."""
    detail: str
    """The exact command, escaped; the paths; or the diff. Untrusted text, cleaned."""


@dataclass(frozen=True, slots=True)
class SecretRequest:
    """A value the deployment needs and the model must not see."""

    name: str
    why: str
    """In the model's words; untrusted, cleaned."""


async def _declined(_request: ToolRequest) -> bool:
    return False


async def _no_secret(_request: SecretRequest) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class TurnPorts:
    approve_plan: Callable[[Plan], Awaitable[bool]]
    """Shown a plan of the built-in recipes before anything is written."""
    approve: Callable[[ToolRequest], Awaitable[bool]] = _declined
    ask_secret: Callable[[SecretRequest], Awaitable[str]] = _no_secret
    """The value the user typed; "" when declined. It goes to the deployment, never to the model."""
    review_changes: bool = False
    """Ask before every change of a file, too."""
