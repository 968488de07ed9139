"""The scrolling lines of a log: painting, the cursor, following, selecting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.timer import Timer

from vibe_tui.widgets.log_lines import CAPACITY
from vibe_tui.widgets.log_rows import LogRows
from vibe_tui.widgets.log_selection import Place

PAINT_SECONDS = 0.1
"""At least this long between two paints because of new lines."""


class LogScroll(LogRows, can_focus=True):
    """Shows a ring of lines. New lines are painted together, and the end is followed until one looks up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Line up", show=False),
        Binding("down,j", "move(1)", "Line down", show=False),
        Binding("shift+up,K", "move(-1, True)", "Select up", show=False),
        Binding("shift+down,J", "move(1, True)", "Select down", show=False),
        Binding("pageup,b", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home,g", "oldest", "Oldest line", show=False),
        Binding("end,G", "follow", "Follow the end", show=False),
        Binding("left", "sideways(-8)", "Left", show=False),
        Binding("right", "sideways(8)", "Right", show=False),
        Binding("enter", "choose", "Open the place in the line", show=False),
        Binding("c,y,ctrl+c", "copy", "Copy", show=False),
    ]

    @dataclass
    class Moved(Message):
        """What is followed, unseen or found has changed."""

    @dataclass
    class Chosen(Message):
        number: int

    @dataclass
    class Copied(Message):
        text: str

    def __init__(self, capacity: int = CAPACITY) -> None:
        super().__init__(capacity)
        self.following = True
        self.unseen = 0
        """Lines that came since the end was last followed."""
        self._waiting: list[str] = []
        self._paint_due: Timer | None = None
        self._painted = 0.0
        self._moving = False
        self._dragging = False

    # --- lines come in

    def extend(self, lines: Sequence[str]) -> None:
        self._waiting += lines
        if self._paint_due is not None or not self.is_mounted:
            return
        wait = self._painted + PAINT_SECONDS - monotonic()
        if wait <= 0:
            self.absorb()
        else:
            self._paint_due = self.set_timer(wait, self.absorb)

    def absorb(self) -> None:
        """Take in the lines that are waiting, and paint."""
        if self._paint_due is not None:
            self._paint_due.stop()
            self._paint_due = None
        self._painted = monotonic()
        lines, self._waiting = self._waiting, []
        if not lines:
            return
        before = self.lines.end
        seen = self.lines.rows < self.scroll_offset.y + self.size.height
        fallen = self.lines.extend(lines)
        self.search.look_at(before)
        if not self.following:
            self.unseen += len(lines)
        self._resized(fallen, repaint=self.following or seen)
        self.post_message(self.Moved())

    def clear(self) -> None:
        self._waiting.clear()
        self.lines.clear()
        self.search.look_at(0)
        self.forget()
        self.follow()

    def on_mount(self) -> None:
        self.absorb()

    def on_resize(self) -> None:
        self._resized()

    def on_show(self) -> None:
        self._resized()

    def set_wrapped(self, wrapped: bool) -> None:
        top = self._top()
        self.wrapped = wrapped
        self._resized()
        if not self.following and top < self.lines.end:
            self._show_at(y=self.lines.row_of(top), x=0)

    def _resized(self, fallen: int = 0, *, repaint: bool = True) -> None:
        """Fit the view to its lines; `fallen` rows are gone from the top."""
        room = self.scrollable_content_region
        self.lines.wrap(max(1, room.width) if self.wrapped else 0)
        with self._moved_by_us():
            self._fit(self.lines.rows - room.height if self.following else self.scroll_offset.y - fallen)
            if self.following:
                self._show_at(y=self.max_scroll_y)
            elif fallen:
                self._show_at(y=self.scroll_y - fallen)
        if repaint or fallen:
            self.refresh()

    # --- where one looks

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._fit(self.scroll_offset.y)
        if self._moving:
            return
        at_end = round(new_value) >= self.max_scroll_y
        if at_end and new_value > old_value:
            self.follow()
        elif self.following and not at_end and new_value < old_value:
            self._stay()

    def watch_show_horizontal_scrollbar(self) -> None:
        self.call_after_refresh(self._resized)  # there is a row more or less

    def _fit(self, top: int) -> None:
        """Make room for all rows, and sideways for the lines in view when `top` is the first row."""
        self.lines.measure(range(max(0, top), min(self.lines.rows, top + self.size.height)))
        width = self.scrollable_content_region.width if self.wrapped else self.lines.width
        self.virtual_size = Size(width, self.lines.rows)

    def follow(self) -> None:
        """Show the end, and stay there."""
        self.following, self.unseen = True, 0
        self.cursor.release()
        self.selection.begin(None)
        self._resized()
        self.post_message(self.Moved())

    def _stay(self) -> None:
        self.following = False
        self.post_message(self.Moved())

    def _show_at(self, *, x: float | None = None, y: float | None = None) -> None:
        with self._moved_by_us():
            self.scroll_to(x, y, animate=False, force=True)

    @contextmanager
    def _moved_by_us(self) -> Iterator[None]:
        """Scrolling in here says nothing about what the user wants to follow."""
        before, self._moving = self._moving, True
        try:
            yield
        finally:
            self._moving = before

    def _top(self) -> int:
        return self.lines.at_row(self.scroll_offset.y)[0]

    def go_to(self, number: int, *, select: bool = False) -> None:
        """Move the cursor to a line and show it."""
        if not len(self.lines):
            return
        self.cursor.move_to(number, select=select)
        self.selection.begin(None)
        if self.following:
            self._stay()
        row, height = self.lines.row_of(self.cursor.line), self.scrollable_content_region.height
        if row < self.scroll_offset.y:
            self._show_at(y=row)
        elif row >= self.scroll_offset.y + height:
            self._show_at(y=row - height + 1)
        self.refresh()

    def action_move(self, by: int, select: bool = False) -> None:
        if by > 0 and not select and self.cursor.line + by >= self.lines.end - 1:
            self.follow()
        else:
            self.go_to(self.cursor.line + by, select=select)

    def action_page(self, direction: int) -> None:
        rows = max(1, self.scrollable_content_region.height - 1)
        if self.wrapped and len(self.lines):
            row = self.lines.row_of(self.cursor.line) + direction * rows
            number = self.lines.at_row(max(0, min(row, self.lines.rows - 1)))[0]
            self.action_move((number - self.cursor.line) or direction)
        else:
            self.action_move(direction * rows)

    def action_oldest(self) -> None:
        self.go_to(self.lines.first)

    def action_follow(self) -> None:
        self.follow()

    def action_sideways(self, by: int) -> None:
        self._show_at(x=self.scroll_x + by)

    def action_choose(self) -> None:
        if len(self.lines):
            self.post_message(self.Chosen(self.cursor.line))

    # --- the mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.button == 1:
            self.capture_mouse()
            self._dragging = True
            self.selection.begin(self._place(event))
            self.refresh()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        place = self._place(event) if self._dragging else None
        if place is None or not self.selection.extend(place):
            return
        if self.following:
            self._stay()  # or the text would move away under the pointer
        y = event.get_content_offset_capture(self).y
        if y < 0 or y >= self.scrollable_content_region.height:
            self._show_at(y=self.scroll_y + (1 if y > 0 else -1))
        self.refresh()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self._dragging = False
        self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        row = self.scroll_offset.y + offset.y if offset is not None else self.lines.rows
        if row < self.lines.rows and not self.selection:
            self.go_to(self.lines.at_row(row)[0])
            self.action_choose()

    def _place(self, event: events.MouseEvent) -> Place | None:
        offset = event.get_content_offset_capture(self)
        return self.selection.place(self.scroll_offset.y + offset.y, self.scroll_offset.x + offset.x)

    def action_copy(self) -> None:
        text = self.selection.text() or "\n".join(map(self.lines.plain, self.cursor.lines))
        if text:
            self.post_message(self.Copied(text))
