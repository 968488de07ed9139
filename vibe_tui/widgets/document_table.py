"""Documents as a table that scrolls both ways, of which only what is around the view is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from vibe_tui.widgets.document_table_columns import Row
from vibe_tui.widgets.document_table_rows import GUTTER, HEADER, DocumentTableRows


class DocumentTable(DocumentTableRows, can_focus=True):
    """It asks for the rows it needs with RowsWanted; `show` answers. The cursor is on a field of a row."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Row up", show=False),
        Binding("down,j", "move(1)", "Row down", show=False),
        Binding("left,h", "sideways(-1)", "Field left", show=False),
        Binding("right,l", "sideways(1)", "Field right", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "first", "First row", show=False),
        Binding("end,G", "last", "Last row that is known", show=False),
        Binding("enter", "choose", "Open the document", show=False),
    ]

    @dataclass
    class RowsWanted(Message):
        """Rows `first` up to `end` are in view or close to it, and not here."""

        first: int
        end: int

    @dataclass
    class Moved(Message):
        """The cursor is on another row or field, or another row came under it."""

    @dataclass
    class Chosen(Message):
        """Enter, or a double click, on a row that is here."""

        row: Row
        field: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._more = False
        self._wanted: tuple[int, int] | None = None
        self._resizing: int | None = None

    # --- rows come in

    def reset(self) -> None:
        """Another table, order or filter: nothing is known of it, and the cursor is at its start."""
        self.columns = type(self.columns)()
        self.rows, self.first, self.total, self._more = (), 0, 0, False
        self.cursor, self._wanted = (0, 0), None
        self.marked = {}
        self.fit()
        self.scroll_to(0, 0, animate=False, force=True, immediate=True)
        self.refresh()

    def show(self, first: int, rows: Sequence[Row], total: int, *, more: bool) -> None:
        """rows: those from number `first` on. total: rows known of. more: there may be more."""
        under = self.current
        self.first, self.rows, self.total, self._more = first, tuple(rows), total, more
        self.columns.learn(rows, grow=not self.scroll_offset.y)  # nothing jumps while scrolling
        self._wanted = None
        self._stay_on(under)
        self.fit()
        self.refresh()
        self.post_message(self.Moved())
        self._want()

    def _stay_on(self, row: Row | None) -> None:
        """Keep the cursor on its document where that has moved; or at least on a row."""
        number, column = self.cursor
        here = self.current
        if row is not None and (here is None or here.id != row.id):
            found = [self.first + at for at, other in enumerate(self.rows) if other.id == row.id]
            if found:
                self.set_scroll(None, max(0, self.scroll_offset.y + found[0] - number))
                number = found[0]
        self.cursor = max(0, min(number, self.total - 1)), max(0, min(column, len(self.columns.names) - 1))

    def _want(self) -> None:
        """Ask for what is in view, and for a view more on either side."""
        if not self.is_mounted:
            return
        height, top = self.rows_in_view, self.scroll_offset.y
        first, end = max(0, top - height), top + 2 * height
        here = self.first <= first and min(end, self.total) <= self.first + len(self.rows)
        if here and not (self._more and end > self.total):
            return
        if self._wanted != (first, end):
            self._wanted = (first, end)
            self.post_message(self.RowsWanted(first, end))

    # --- where one looks

    @property
    def current(self) -> Row | None:
        """The row under the cursor; None when there is none, or it is not here yet."""
        return self.row(self.cursor[0])

    @property
    def current_field(self) -> str:
        names = self.columns.names
        return names[self.cursor[1]] if self.cursor[1] < len(names) else ""

    @property
    def in_view(self) -> tuple[int, int]:
        """The numbers of the rows on the screen: the first, and the end."""
        top = self.scroll_offset.y
        return top, min(self.total, top + self.rows_in_view)

    def go_to(self, number: int, column: int | None = None) -> None:
        """Move the cursor to a row that is known of, and a field, and show both."""
        if not self.total:
            return
        number = max(0, min(number, self.total - 1))
        column = self.cursor[1] if column is None else max(0, min(column, len(self.columns.names) - 1))
        self.cursor = number, column
        top, height = self.scroll_offset.y, self.rows_in_view
        y = min(number, max(top, number - height + 1))
        left, width = self.columns.start(column), self.columns.width(column) + self.columns.SPACE
        room, x = self.scrollable_content_region.width - GUTTER, self.scroll_offset.x
        x = min(left, max(x, left + width - room)) if room > 0 else x
        self.scroll_to(x, y, animate=False, force=True, immediate=True)
        self.refresh()
        self.post_message(self.Moved())
        self._want()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._want()

    def on_resize(self) -> None:
        self._want()

    def on_mount(self) -> None:
        self._want()

    def action_move(self, by: int) -> None:
        self.go_to(self.cursor[0] + by)

    def action_sideways(self, by: int) -> None:
        self.go_to(self.cursor[0], self.cursor[1] + by)

    def action_page(self, direction: int) -> None:
        self.go_to(self.cursor[0] + direction * self.rows_in_view)

    def action_first(self) -> None:
        self.go_to(0)

    def action_last(self) -> None:
        self.go_to(self.total - 1)

    def action_choose(self) -> None:
        if (row := self.current) is not None:
            self.post_message(self.Chosen(row, self.current_field))

    # --- marks and widths

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or unmark it, and go on to the next."""
        if (row := self.current) is None:
            return
        if row.id in self.marked:
            del self.marked[row.id]
        else:
            self.marked[row.id] = None
        self.go_to(self.cursor[0] + 1)

    def unmark_all(self) -> None:
        self.marked = {}
        self.refresh()

    def widen(self, by: int) -> None:
        """Make the column under the cursor so many cells wider."""
        if self.columns.names:
            self._resize_column(self.cursor[1], self.columns.width(self.cursor[1]) + by)
            self.go_to(*self.cursor)

    def _resize_column(self, index: int, width: int) -> None:
        self.columns.resize(index, width)
        self.fit()
        self.refresh()

    # --- the mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        x, y = self._place(event)
        edge = self.columns.edge_at(x) if y < HEADER else None
        if event.button == 1 and edge is not None:
            self._resizing = edge
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._resizing is not None:
            start = self.columns.start(self._resizing)
            self._resize_column(self._resizing, self._place(event)[0] - start - self.columns.SPACE + 1)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._resizing is not None:
            self._resizing = None
            self.release_mouse()
            event.stop()

    def on_click(self, event: events.Click) -> None:
        x, y = self._place(event)
        number = self.scroll_offset.y + y - HEADER
        if y < HEADER or number >= self.total:
            return
        self.go_to(number, self.columns.at(x))
        if event.chain == 2:
            self.action_choose()

    def _place(self, event: events.MouseEvent) -> tuple[int, int]:
        """The cell of a row, counted from its first column; and the line of the view."""
        offset = event.get_content_offset_capture(self)
        return offset.x + self.scroll_offset.x - GUTTER, offset.y
