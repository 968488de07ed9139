"""A file that was written, with what changed in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from vibe_tui.services.terminal_text import visible
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


class FileCard(Vertical):
    """One line; choosing it shows the diff."""

    DEFAULT_CSS = """
    FileCard {
        height: auto;
        & > .open { color: $primary; padding: 0 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "open", "Open in the editor", show=False)]

    def __init__(self, path: str, added: int, removed: int, diff: str, created: bool) -> None:
        super().__init__()
        self._path, self._diff = path, diff
        self._tail = f"+{added} \N{MINUS SIGN}{removed}" + ("  new" if created else "")
        self._line = _FileLine()

    def compose(self) -> ComposeResult:
        yield self._line

    def on_mount(self) -> None:
        self._show_line(is_open=False)

    @on(_FileLine.Chosen)
    def _toggle(self, event: _FileLine.Chosen) -> None:
        event.stop()
        shown = self.query(DiffView)
        if not shown:
            self.mount(DiffView(self._diff), _OpenLine(self._path))
            self._show_line(is_open=True)
        else:
            is_open = shown.first().collapsed
            shown.first().collapsed = not is_open
            self.query_one(_OpenLine).display = is_open
            self._show_line(is_open=is_open)

    def action_open(self) -> None:
        self.post_message(FileOpened(self._path))

    def _show_line(self, *, is_open: bool) -> None:
        arrow = "▾" if is_open else "▸"
        self._line.update(
            Content.assemble(
                ("✓ ", "$success"), visible(self._path), (f"  {self._tail} {arrow}", "$text-muted")
            )
        )
