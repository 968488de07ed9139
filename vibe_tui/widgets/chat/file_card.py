"""A file that was written or deleted, with what changed in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from vibe_tui.services.terminal_text import visible
from vibe_tui.widgets.chat.entry import Entry
from vibe_tui.widgets.chat.line import Line
from vibe_tui.widgets.chat.messages import FileOpened
from vibe_tui.widgets.diff_view import DiffView


class _FileLine(Line):
    @dataclass
    class Chosen(Message):
        pass

    def action_choose(self) -> None:
        self.post_message(self.Chosen())


class _OpenLine(Line):
    def __init__(self, path: str) -> None:
        super().__init__("Open in the editor (o)", classes="open")
        self._path = path

    def action_choose(self) -> None:
        self.post_message(FileOpened(self._path))


Change = Literal["changed", "created", "deleted"]


class FileCard(Vertical, Entry):
    """One line; choosing it shows the diff."""

    DEFAULT_CSS = """
    FileCard {
        height: auto;
        & > .open { color: $primary; padding: 0 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "open", "Open in the editor", show=False)]

    def __init__(self, path: str, added: int, removed: int, diff: str, change: Change) -> None:
        super().__init__()
        self._path, self._added, self._removed, self._diff = path, added, removed, diff
        self._change = change
        self._line = _FileLine()

    def maker(self) -> Callable[[], Entry]:
        return partial(FileCard, self._path, self._added, self._removed, self._diff, self._change)

    def compose(self) -> ComposeResult:
        yield self._line

    def on_mount(self) -> None:
        self._show_line(is_open=False)

    @on(_FileLine.Chosen)
    def _toggle(self, event: _FileLine.Chosen) -> None:
        event.stop()
        shown = self.query(DiffView)
        if not shown:
            self.mount(DiffView(self._diff))
            if self._change != "deleted":
                self.mount(_OpenLine(self._path))
            self._show_line(is_open=True)
        else:
            is_open = shown.first().collapsed
            shown.first().collapsed = not is_open
            self.query(_OpenLine).set(display=is_open)
            self._show_line(is_open=is_open)

    def action_open(self) -> None:
        if self._change != "deleted":
            self.post_message(FileOpened(self._path))

    def _show_line(self, *, is_open: bool) -> None:
        arrow = "▾" if is_open else "▸"
        added = f"+{self._added} " if self._change != "deleted" else ""
        what = {"changed": "", "created": "  new", "deleted": "  deleted"}[self._change]
        tail = f"  {added}\N{MINUS SIGN}{self._removed}{what} {arrow}"
        self._line.update(Content.assemble(("✓ ", "$success"), visible(self._path), (tail, "$text-muted")))
