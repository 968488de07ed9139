"""What a model does between what it says."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.content import Content
from textual.widgets import Static

from vibe_tui.services.terminal_text import visible
from vibe_tui.widgets.chat.entry import Entry


class ToolLine(Static, Entry):
    """A call of a tool: one line, never what it read or wrote."""

    DEFAULT_CSS = """
    ToolLine { height: auto; color: $text-muted; }
    """

    def __init__(self, title: str, ok: bool | None = None) -> None:
        """ok: how it ended; None: it has not."""
        super().__init__(markup=False)
        self.ok = ok
        self.say(title)

    def maker(self) -> Callable[[], Entry]:
        return partial(ToolLine, self._title, self.ok)

    def say(self, title: str) -> None:
        self._title = title
        mark = {None: ("· ", ""), True: ("✓ ", "$success"), False: ("✗ ", "$error")}[self.ok]
        tail = "…" if self.ok is None else ""
        self.update(Content.assemble(mark, visible(title) + tail))

    def end(self, ok: bool, title: str) -> None:
        self.ok = ok
        self.say(title)

    def leave(self) -> None:
        """The turn ended before it did."""
        if self.ok is None:
            self.end(False, f"{self._title}: stopped")
