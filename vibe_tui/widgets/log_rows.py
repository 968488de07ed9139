"""The lines of a log as they are painted."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from vibe_tui.widgets.log_cursor import LogCursor
from vibe_tui.widgets.log_lines import LogLines
from vibe_tui.widgets.log_paint import LogPaint, Runs, cut, overlay
from vibe_tui.widgets.log_search import LogSearch
from vibe_tui.widgets.log_selection import LogSelection


class LogRows(ScrollView):
    """Paints the rows in view: colours, what was found, what is selected, the cursor."""

    ALLOW_SELECT = False  # by Textual: see LogSelection
    DEFAULT_CSS = """
    LogRows {
        background: $surface;
        color: $foreground;
        overflow-y: scroll;
        scrollbar-size-horizontal: 1;
        scrollbar-size-vertical: 1;
        & .log--cursor { background: $foreground 12%; }
        & .log--selected { background: $primary 35%; }
        & .log--match { background: $warning 40%; }
        & .log--match-here { background: $warning; color: auto; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "log--cursor",
        "log--selected",
        "log--match",
        "log--match-here",
    }

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self.lines = LogLines(capacity)
        self.search = LogSearch(self.lines)
        self.cursor = LogCursor(self.lines)
        self.selection = LogSelection(self.lines)
        self.wrapped = False
        self._paint = LogPaint(self.lines)
        self._base = Style()

    def forget(self) -> None:
        """Lines were given new numbers."""
        self._paint.clear()

    def render_lines(self, crop: Region) -> list[Strip]:
        self._base = self.rich_style  # slow to find out
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        row, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        base = self._base
        if row >= self.lines.rows:
            return Strip.blank(width, base)
        number, part = self.lines.at_row(row)
        x, runs = self.scroll_offset.x, self._runs(number)
        if self.wrapped:
            x, runs = 0, cut(runs, *self.lines.part(number, part))
        ground = base + self._line_style(number)
        strip = Strip([Segment(text, ground + style) for text, style in runs])
        return strip.crop_extend(x, x + width, ground)

    def _runs(self, number: int) -> Runs:
        """The line with its colours, what was found in it and what the mouse has selected."""
        runs = self._paint.runs(number)
        for start, end in self.search.spans(number):
            match = "log--match-here" if number == self.search.here else "log--match"
            runs = overlay(runs, start, end, self._style(match))
        span = self.selection.span(number)
        return overlay(runs, *span, self._style("log--selected")) if span is not None else runs

    def _line_style(self, number: int) -> Style:
        if self.cursor.selecting and number in self.cursor.lines:
            return self._style("log--selected")
        return self._style("log--cursor") if self.has_focus and number == self.cursor.line else Style()

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(name)
