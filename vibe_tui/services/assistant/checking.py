"""Whether `convex/` is good: types first, then rules as advice, then a push.

The types come first because that is quick and touches no deployment.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vibe_tui.services.assistant.lint import lint
from vibe_tui.services.assistant.typecheck import typecheck
from vibe_tui.services.model import Push
from vibe_tui.services.sandbox.base import OnLine, Sandbox
from vibe_tui.services.working_tree import WorkingTree


@dataclass(frozen=True, slots=True)
class Checked:
    push: Push | None
    """What failed (also when only the types did, and nothing was pushed) or was deployed; None: the types
    are good as far as could be told, and nothing was to be pushed."""
    advice: tuple[str, ...] = ()
    """Rules of Convex that the code does not follow; nothing fails because of them."""

    @property
    def ok(self) -> bool:
        return self.push is None or self.push.ok


class Checker:
    def __init__(
        self,
        tree: WorkingTree,
        sandbox: Sandbox,
        deploy: Callable[[], Awaitable[Push]] | None,
        on_line: OnLine,
    ) -> None:
        """deploy: pushes and waits for it; None: nothing is pushed. on_line: hears the tools."""
        self._tree = tree
        self._sandbox = sandbox
        self._deploy = deploy
        self._on_line = on_line

    async def check(self) -> Checked:
        """Raises what the sandbox and the push raise."""
        failed = await typecheck(self._tree, self._sandbox, self._on_line)
        if failed is not None:
            return Checked(failed)
        push = await self._deploy() if self._deploy is not None else None
        if push is not None and not push.ok:
            return Checked(push)
        return Checked(push, await lint(self._tree, self._sandbox))
