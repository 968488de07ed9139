"""The rows of a table of documents as they are painted, under a header that stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from vibe_tui.widgets.document_table_columns import Cell, Columns, Row

GUTTER = 2
"""Cells for the mark."""
HEADER = 1


class DocumentTableRows(ScrollView):
    """Holds the rows around those in view only; the others are known by their number."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    DocumentTableRows {
        background: $surface;
        color: $foreground;
        overflow-y: scroll;
        scrollbar-size-horizontal: 1;
        scrollbar-size-vertical: 1;
        & .table--header { background: $panel; color: $text-muted; text-style: bold; }
        & .table--line { color: $line; }
        & .table--row { background: $block-cursor-blurred-background; }
        & .table--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
        & .table--mark { color: $warning; text-style: bold; }
        & .table--id { color: $primary; }
        & .table--number { color: $success; }
        & .table--flag { color: $warning; }
        & .table--quiet { color: $text-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--line",
        "table--row",
        "table--cursor",
        "table--mark",
        "table--id",
        "table--number",
        "table--flag",
        "table--quiet",
    }
    _CLASSES: ClassVar[dict[str, str]] = {
        "id": "table--id",
        "number": "table--number",
        "flag": "table--flag",
        "null": "table--quiet",
        "time": "table--quiet",
        "nested": "table--quiet",
    }

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns = Columns()
        self.first = 0
        """The number of the first row that is here."""
        self.rows: Sequence[Row] = ()
        self.total = 0
        """Rows that are known of."""
        self.marked: dict[str, None] = {}
        """Ids, in the order in which they were marked."""
        self.cursor = (0, 0)
        """Row and column."""
        self._styles: dict[str, Style] = {}

    def row(self, number: int) -> Row | None:
        """None: not here, or not there."""
        at = number - self.first
        return self.rows[at] if 0 <= at < len(self.rows) else None

    def fit(self) -> None:
        """Make room for what there is."""
        self.virtual_size = Size(GUTTER + self.columns.total, HEADER + self.total)

    @property
    def rows_in_view(self) -> int:
        return max(1, self.scrollable_content_region.height - HEADER)

    def notify_style_update(self) -> None:
        self._styles = {}
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        if not self._styles:  # slow to find out
            names = self.COMPONENT_CLASSES
            self._styles = {name: self.get_component_rich_style(name, partial=True) for name in names}
            self._styles["base"] = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        width, x = self.scrollable_content_region.width, self.scroll_offset.x
        base = self._styles["base"]
        if y < HEADER:
            ground = base + self._styles["table--header"]
            return self._header(ground).crop_extend(x, x + width, ground)
        number = self.scroll_offset.y + y - HEADER
        if number >= self.total:
            return Strip.blank(width, base)
        on_cursor = number == self.cursor[0]
        ground = base + self._styles["table--row"] if on_cursor else base
        return self._row(number, ground, on_cursor=on_cursor).crop_extend(x, x + width, ground)

    def _header(self, ground: Style) -> Strip:
        line = ground + self._styles["table--line"]
        segments = [Segment(" " * GUTTER, ground)]
        for index, name in enumerate(self.columns.names):
            segments += (Segment(f" {_fitted(name, self.columns.width(index))} ", ground), Segment("│", line))
        return Strip(segments)

    def _row(self, number: int, ground: Style, *, on_cursor: bool) -> Strip:
        row = self.row(number)
        if row is None:
            return Strip([Segment(" " * GUTTER + " …", ground + self._styles["table--quiet"])])
        mark = "● " if row.id in self.marked else "  "
        line = ground + self._styles["table--line"]
        segments = [Segment(mark, ground + self._styles["table--mark"])]
        for index, name in enumerate(self.columns.names):
            style = ground
            cell = row.cells.get(name)
            if on_cursor and index == self.cursor[1] and self.has_focus:
                style = self._styles["table--cursor"]
            elif cell is not None and cell.kind in self._CLASSES:
                style = ground + self._styles[self._CLASSES[cell.kind]]
            text = self._text(cell, self.columns.width(index))
            segments += (Segment(f" {text} ", style), Segment("│", line))
        return Strip(segments)

    def _text(self, cell: Cell | None, width: int) -> str:
        if cell is None:
            return " " * width
        if cell.kind == "number" and cell_len(cell.text) < width:
            return " " * (width - cell_len(cell.text)) + cell.text
        return _fitted(cell.text, width)


def _fitted(text: str, width: int) -> str:
    """Exactly so many cells."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…"
