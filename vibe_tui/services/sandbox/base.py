"""What every sandbox can do: run commands on the project's tree, with their output streamed.

The working tree itself is always local (DESIGN 5.1); a sandbox that runs elsewhere mirrors it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from vibe_tui.services.model import SandboxKind

OnLine = Callable[[str], None]
"""Receives one line of output: cleaned, redacted, colours (SGR) kept, no line ending."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run in the sandbox, at the root of the project's tree."""

    argv: tuple[str, ...]
    """Never holds a secret: command lines are public on most machines."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to the sandbox's own small environment; never the caller's whole environment."""
    limit: float | None = None
    """Seconds after which the whole process group is stopped; None: no limit."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How a command ended."""

    code: int | None
    """None when it was killed by a signal."""
    seconds: float
    timed_out: bool = False
    stopped: bool = False
    """True when we ended it: by request, or because its time was over."""


class Running(Protocol):
    """A command that was started."""

    async def wait(self) -> Exit: ...

    async def stop(self) -> Exit:
        """TERM to the whole group, 3 s later KILL; returns when nothing of it is left."""


class Sandbox(Protocol):
    """Where a project's commands run."""

    kind: SandboxKind

    async def prepare(self, on_line: OnLine) -> None:
        """Make Node and the Convex CLI ready for the project. Idempotent; cheap when it was done.

        Raises NodeMissing, NodeTooOld or ToolchainFailed (services/node.py).
        """

    def convex(self, *arguments: str) -> tuple[str, ...]:
        """The argv that runs the project's Convex CLI, which `npx convex …` would run. After prepare()."""

    async def start(self, command: Command, on_line: OnLine) -> Running:
        """Start a command; on_line is called on the event loop, in order, until wait() returns."""

    async def write_env_file(self, text: str) -> None:
        """Replace `.env.local` beside the tree's package.json, mode 0600, atomically."""

    async def read_env_file(self) -> str:
        """The text of `.env.local`, or "" when there is none."""

    async def close(self) -> None:
        """Stop whatever still runs."""
