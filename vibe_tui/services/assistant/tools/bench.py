"""What the tools of one turn work on, and what they have done so far."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256

from vibe_tui.services.assistant.checking import Checked
from vibe_tui.services.assistant.ports import TurnPorts
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.sandbox.base import Sandbox
from vibe_tui.services.working_tree import WorkingTree


class Changes:
    """The files that a turn has changed."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        """In the order of their first change."""
        self.deleted = 0
        self.unpushed = False
        """Something that Convex reads has changed since the last good check."""
        self._seen: dict[str, str] = {}

    def wrote(self, path: str, text: str | None) -> None:
        """text: what the file holds now; None: it is gone."""
        if path not in self.paths:
            self.paths.append(path)
        self.unpushed = self.unpushed or convex_reads(path)
        self.saw(path, text)

    def saw(self, path: str, text: str | None) -> None:
        """The model knows what the file holds."""
        self._seen[path] = _digest(text)

    def outdated(self, path: str, text: str | None) -> bool:
        """The model has seen the file, and since then somebody else has changed it."""
        return path in self._seen and self._seen[path] != _digest(text)


@dataclass(frozen=True, slots=True)
class Bench:
    tree: WorkingTree
    sandbox: Sandbox
    ports: TurnPorts
    open_deployment: Callable[[], Awaitable[DeploymentApi]] | None
    """The connected deployment, started if need be; None: no backend is connected."""
    check: Callable[[], Awaitable[Checked]]
    """Check `convex/`, and push it where this turn deploys."""
    changes: Changes = field(default_factory=Changes)


def convex_reads(path: str) -> bool:
    return path.startswith("convex/") or path in ("convex.json", "package.json")


def _digest(text: str | None) -> str:
    return "" if text is None else sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
