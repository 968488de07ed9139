"""The row of tabs over the editor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar, Literal

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from vibe_tui.services.terminal_text import visible

CLOSE = "\N{MULTIPLICATION SIGN} "
MODIFIED = "● "


@dataclass(frozen=True, slots=True)
class Tab:
    key: str
    """The path of a file, or the name of a page."""
    modified: bool = False
    is_page: bool = False
    """A page stays: it cannot be closed."""


_LONGEST = 28
"""Cells of a title; a longer one keeps its end, which tells more."""


def titles(tabs: Sequence[Tab]) -> list[str]:
    """What the tabs are called: the name of the file, and its folder where that is not enough."""
    names = [tab.key if tab.is_page else PurePosixPath(tab.key).name for tab in tabs]
    return [
        _shortened(visible(_with_folder(tab.key) if names.count(name) > 1 and not tab.is_page else name))
        for tab, name in zip(tabs, names, strict=True)
    ]


def _shortened(title: str) -> str:
    if cell_len(title) <= _LONGEST:
        return title
    return "…" + chop_cells(title[::-1], _LONGEST - 1)[0][::-1]


def _with_folder(path: str) -> str:
    return "/".join(PurePosixPath(path).parts[-2:])


class CodeTabs(Widget, can_focus=True):
    """One row; what does not fit is scrolled so that the active tab is in view."""

    DEFAULT_CSS = """
    CodeTabs {
        height: 1;
        background: $panel;
        color: $text-muted;
        & .tab--active { background: $surface; color: $foreground; text-style: bold; }
        & .tab--modified { color: $text-warning; }
        & .tab--note { color: $text-muted; text-style: italic; }
        &:focus .tab--active { background: $primary; color: $text; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"tab--active", "tab--modified", "tab--note"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Previous tab", show=False),
        Binding("right", "step(1)", "Next tab", show=False),
        Binding("enter,down", "enter", "Edit", show=False),
        Binding("delete,x", "close", "Close", show=False),
    ]

    @dataclass
    class Asked(Message):
        """What the user wants with a tab."""

        key: str
        what: Literal["show", "close", "enter"]

    def __init__(self) -> None:
        super().__init__()
        self._tabs: Sequence[Tab] = ()
        self._active = ""
        self._note = ""
        self._places: list[tuple[int, int, Tab]] = []
        """Where the tabs are: first cell, end."""

    def show(self, tabs: Sequence[Tab], active: str, note: str) -> None:
        """note: a few words about the active file, on the right."""
        before = self._tabs, self._active, self._note
        self._tabs, self._active, self._note = tuple(tabs), active, note
        if before != (self._tabs, self._active, self._note):
            self.refresh()

    def render(self) -> Text:
        row, active = Text(no_wrap=True), (0, 0)
        self._places = []
        for tab, title in zip(self._tabs, titles(self._tabs), strict=True):
            first, start, is_active = len(row), row.cell_len, tab.key == self._active
            row.append(f" {title} ")
            if not tab.is_page:
                row.append(MODIFIED if tab.modified else CLOSE)
            if is_active:
                row.stylize(self._style("tab--active"), first)
            if tab.modified:
                row.stylize(Style(color=self._style("tab--modified").color), len(row) - len(MODIFIED))
            self._places.append((start, row.cell_len, tab))
            active = (start, row.cell_len) if is_active else active
        return self._fitted(row, active)

    def _fitted(self, row: Text, active: tuple[int, int]) -> Text:
        width = self.size.width
        note = f" {self._note} " if self._note else ""
        room = max(width - cell_len(note), active[1] - active[0] + 2, width // 2)
        shift = max(0, min(active[0], active[1] - room + 1))
        self._places = [(start - shift, end - shift, tab) for start, end, tab in self._places]
        more = row.cell_len - shift > room
        row = _cells_of(row, shift, shift + room)
        if shift:
            row = Text("<") + _cells_of(row, 1, room)
        if more:
            row = _cells_of(row, 0, room - 1) + Text(">")
        row.append(" " * (room - row.cell_len))
        row.append(set_cell_size(note, max(0, min(cell_len(note), width - room))), self._style("tab--note"))
        return row

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(name)

    def on_click(self, event: events.Click) -> None:
        for start, end, tab in self._places:
            if start <= event.x < end:
                closes = not tab.is_page and (event.x >= end - 2 or event.button == 2)
                self.post_message(self.Asked(tab.key, "close" if closes else "show"))

    def action_step(self, by: int) -> None:
        keys = [tab.key for tab in self._tabs]
        if self._active in keys:
            self.post_message(self.Asked(keys[(keys.index(self._active) + by) % len(keys)], "show"))

    def action_enter(self) -> None:
        self.post_message(self.Asked(self._active, "enter"))

    def action_close(self) -> None:
        self.post_message(self.Asked(self._active, "close"))


def _cells_of(text: Text, start: int, end: int) -> Text:
    """A part of a line, in cells."""
    plain = text.plain
    first, cells = 0, 0
    while first < len(plain) and cells < start:
        cells += cell_len(plain[first])
        first += 1
    last = first
    while last < len(plain) and cells + cell_len(plain[last]) <= end:
        cells += cell_len(plain[last])
        last += 1
    return text[first:last]
