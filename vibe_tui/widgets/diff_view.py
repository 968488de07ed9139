"""A unified diff, with line numbers and nothing hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.cells import chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from vibe_tui.services.terminal_text import visible

ROWS = 500
"""Lines of a diff that are shown."""

Kind = Literal["added", "removed", "same", "note"]
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_SIGNS = {"added": "+", "removed": "-", "same": " ", "note": " "}


@dataclass(frozen=True, slots=True)
class DiffLine:
    kind: Kind
    number: int
    """Of the old file where it was removed, of the new one otherwise; 0: none."""
    text: str


def lines_of(diff: str) -> list[DiffLine]:
    """The lines of a unified diff, with or without its two file lines."""
    lines: list[DiffLine] = []
    old = new = 0
    for line in diff.split("\n"):
        hunk = _HUNK.match(line)
        if hunk is not None:
            skipped = int(hunk[2]) - max(new, 1)
            old, new = int(hunk[1]), int(hunk[2])
            if skipped > 0:
                what = "line" if skipped == 1 else "lines"
                lines.append(DiffLine("note", 0, f"⋯ {skipped} unchanged {what}"))
        elif not new and not old:
            continue
        elif line.startswith("+"):
            lines.append(DiffLine("added", new, _shown(line)))
            new += 1
        elif line.startswith("-"):
            lines.append(DiffLine("removed", old, _shown(line)))
            old += 1
        elif line.startswith(" "):
            lines.append(DiffLine("same", new, _shown(line)))
            old, new = old + 1, new + 1
        elif line.startswith("\\"):
            lines.append(DiffLine("note", 0, "no line end at the end of the file"))
    if len(lines) > ROWS:
        more = len(lines) - ROWS
        lines[ROWS:] = [DiffLine("note", 0, f"… and {more:,} more lines")]
    return lines or [DiffLine("note", 0, "No lines differ.")]


def _shown(line: str) -> str:
    return visible(line[1:].expandtabs(4))


class DiffView(Widget):
    """As high as its lines, which are folded where they are too long. Collapsed, it takes no room."""

    DEFAULT_CSS = """
    DiffView {
        height: auto;
        color: $foreground;
        &.-collapsed { display: none; }
        & .diff--number { color: $text-muted; }
        & .diff--added { background: $success 20%; color: $foreground; }
        & .diff--removed { background: $error 20%; color: $foreground; }
        & .diff--note { color: $text-muted; text-style: italic; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"diff--number", "diff--added", "diff--removed", "diff--note"}

    collapsed = reactive(False, toggle_class="-collapsed")

    def __init__(self, diff: str, *, collapsed: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines = lines_of(diff)
        self._digits = len(str(max(line.number for line in self._lines)))
        self._width = 0
        self._rows: list[tuple[DiffLine, str, bool]] = []
        """The line, the part of its text that is in the row, and whether that is the first part."""
        self.set_reactive(DiffView.collapsed, collapsed)
        self.set_class(collapsed, "-collapsed")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._fold(width)
        return len(self._rows)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        self._fold(width)
        if y >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        line, text, is_first = self._rows[y]
        style, number = self._styles(line.kind)
        figure = f"{line.number or '':>{self._digits}} " if is_first else " " * (self._digits + 1)
        sign = f"{_SIGNS[line.kind] if is_first else ' '} "
        strip = Strip([Segment(figure, number), Segment(sign + text, style)])
        return strip.adjust_cell_length(width, style)

    def _styles(self, kind: Kind) -> tuple[Style, Style]:
        """Of the text and of the number."""
        style = self.rich_style if kind == "same" else self.get_component_rich_style(f"diff--{kind}")
        muted = self.get_component_rich_style("diff--number")
        return style, style + Style(color=muted.color)

    def _fold(self, width: int) -> None:
        if width == self._width:
            return
        self._width = width
        room = max(8, width - self._digits - 3)
        self._rows = [
            (line, part, at == 0)
            for line in self._lines
            for at, part in enumerate(chop_cells(line.text, room) or [""])
        ]
