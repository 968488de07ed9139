"""The history: the states of the project's files that are kept, and what happened since each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, OptionList, Static

from vibe_tui.screens.dialog import Dialog
from vibe_tui.services.checkpoints import Checkpoint
from vibe_tui.services.checkpoints_restore import FileChange
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible
from vibe_tui.widgets.diff_view import DiffView

Changes = Callable[[str], Awaitable[Sequence[FileChange]]]

_MOST_SHOWN = 40
"""Files whose changes are shown."""
_PAUSE = 0.12
"""Seconds on an entry before its changes are looked up: who holds a key down wants none of them."""
_EMPTY = "Nothing is kept yet. Every chat turn keeps the files as they are before it changes any."
_KINDS = {"created": "new", "changed": "changed", "deleted": "deleted"}
_MINUS = "\N{MINUS SIGN}"


class HistoryDialog(Dialog[str]):
    """Answers with the id of the checkpoint to return to, or None."""

    CSS_PATH = Path(__file__).with_name("history.tcss")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as Textual has it
    BINDINGS: ClassVar = [Binding("r", "restore", "Restore", show=False)]

    def __init__(self, kept: Sequence[Checkpoint], changes: Changes, *, at: str = "") -> None:
        """kept: the newest first. changes: what happened since one. at: the id to begin with."""
        super().__init__()
        self._kept = kept
        self._changes = changes
        self._at = at
        times = [moment(checkpoint) for checkpoint in kept]
        width = max(map(len, times), default=0)
        lines = [_line(one, time.rjust(width)) for one, time in zip(kept, times, strict=True)]
        self._list = OptionList(*lines, id="history-list", markup=False, compact=True)
        self._since = VerticalScroll(id="history-since")

    def compose(self) -> ComposeResult:
        with Vertical(id="history-box") as box:
            box.border_title = Content("History")
            box.border_subtitle = Content("R restores, Esc closes" if self._kept else "Esc closes")
            if self._kept:
                with Horizontal(id="history-both"):
                    yield self._list
                    yield self._since
            else:
                yield Static(_EMPTY, id="history-empty", markup=False)
            with Horizontal(id="history-buttons"):
                yield Button("Close", id="close")
                if self._kept:
                    yield Button("Restore this state", id="restore", variant="primary")

    def on_mount(self) -> None:
        super().on_mount()
        if not self._kept:
            self.query_one("#close").focus()
            return
        ids = [checkpoint.id for checkpoint in self._kept]
        self._list.focus()
        self._list.highlighted = ids.index(self._at) if self._at in ids else 0

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self.run_worker(self._show(self._kept[event.option_index]), exclusive=True)

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_restore()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "restore":
            self.action_restore()
        else:
            self.answer(None)

    def action_restore(self) -> None:
        at = self._list.highlighted if self._kept else None
        if at is not None:
            self.answer(self._kept[at].id)

    async def _show(self, checkpoint: Checkpoint) -> None:
        await asyncio.sleep(_PAUSE)
        try:
            found = await self._changes(checkpoint.id)
        except VibeError as problem:
            rows: list[Widget] = [
                Static(f"{problem.message}\n{problem.next_step}", classes="bad", markup=False)
            ]
        else:
            rows = list(_rows(checkpoint, found))
        await self._since.remove_children()
        await self._since.mount_all(rows)
        self._since.scroll_home(animate=False)


def moment(checkpoint: Checkpoint) -> str:
    """When it was, on this computer's clock; the day only when it was not today."""
    when = datetime.fromisoformat(checkpoint.at).astimezone()
    return when.strftime("%H:%M" if when.date() == date.today() else "%d %b %H:%M")


def change_line(change: FileChange) -> str:
    """A changed file in one line."""
    counts = change.note or f"+{change.added} {_MINUS}{change.removed}"
    kind = "" if change.kind == "changed" else f"{_KINDS[change.kind]}  "
    return f"{visible(change.path)}  {kind}{counts}"


def _line(checkpoint: Checkpoint, time: str) -> Content:
    what = "undone: " if checkpoint.kind == "restore" else ""
    return Content.assemble((f"{time}  {what}", "$text-muted"), Content(checkpoint.title))


def _rows(checkpoint: Checkpoint, found: Sequence[FileChange]) -> Iterator[Widget]:
    number = len(found)
    files = "1 file" if number == 1 else f"{number} files"
    what = f"Changed since then: {files}. Restoring takes that back." if found else "The files are as then."
    yield Static(f"The files {checkpoint.label}", classes="history-title", markup=False)
    yield Static(what, classes="muted", markup=False)
    for change in found[:_MOST_SHOWN]:
        yield Static(change_line(change), classes="history-file", markup=False)
        if change.diff:
            yield DiffView(change.diff)
    if number > _MOST_SHOWN:
        yield Static(f"… and {number - _MOST_SHOWN} more files", classes="muted", markup=False)
