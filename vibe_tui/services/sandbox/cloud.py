"""What the lifecycle and the mirror need of a sandbox in a cloud, whichever cloud it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from vibe_tui.services.sandbox.base import OnLine, Sandbox
from vibe_tui.services.sandbox.remote_files import RemoteFiles


@dataclass(frozen=True, slots=True)
class CloudInfo:
    """A sandbox of ours, as the cloud tells of it."""

    id: str
    project: str
    """The id of the project it was made for."""
    state: Literal["running", "paused"]
    started: float
    """Seconds since the epoch."""
    ends: float
    """When it pauses by itself; seconds since the epoch."""
    template: str = ""
    cpus: int = 0
    memory_mb: int = 0


class CloudSandbox(Sandbox, Protocol):
    """One running sandbox. Everything raises SandboxFailed (services/sandbox/errors.py)."""

    id: str
    files: RemoteFiles

    async def extend(self, seconds: float) -> None:
        """Let it run for at least this long from now; never shortens its time."""

    async def pause(self) -> None:
        """Stop what we follow there, then freeze it with its files; it costs next to nothing then."""


class Cloud(Protocol):
    """The account. Everything raises SandboxFailed."""

    async def create(self, project: str, attempt: str, seconds: float) -> CloudSandbox:
        """Make a sandbox for this project id, which pauses when its time is over.

        attempt: the same one for a creation that is tried again, so that no second sandbox is made.
        """

    async def connect(self, id: str, seconds: float) -> CloudSandbox:
        """Get at a sandbox; a paused one is resumed. Raises SandboxGone when there is none any more."""

    async def info(self, id: str) -> CloudInfo:
        """Raises SandboxGone."""

    async def ours(self) -> Sequence[CloudInfo]:
        """All sandboxes that this program made with this account."""

    async def pause(self, id: str) -> None: ...

    async def kill(self, id: str) -> None:
        """End it with its files; nothing to do when it is gone already."""

    async def close(self) -> None:
        """Let go of connections; sandboxes stay as they are."""


__all__ = ["Cloud", "CloudInfo", "CloudSandbox", "OnLine"]
