"""How a project's sandbox stands, as the page and the command line show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SandboxStatus = Literal[
    "here", "off", "creating", "waking", "running", "paused", "gone", "reconnecting", "failed"
]


@dataclass(frozen=True, slots=True)
class SandboxState:
    """status: "here" (this computer); "off" (none was made yet, or it is not looked after now); "creating";
    "waking" (it is resumed, and its files compared); "running"; "paused" (it comes back by itself when it is
    needed); "gone" (a new one is filled from the project's folder when needed); "reconnecting"; "failed" (see
    reason).
    """

    status: SandboxStatus = "off"
    id: str = ""
    ends: float = 0.0
    """When it pauses by itself; seconds since the epoch, 0 when that is not known."""
    sending: tuple[int, int] | None = None
    """Files sent and to be sent, during a large upload."""
    reason: str = ""
    """A sentence about what is wrong, and what the user can do."""


HERE = SandboxState("here")
