"""Panes side by side and above each other, with dividers that can be moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message
from textual.widget import Widget


class Pane(Vertical):
    """A place on the page. It remembers which of its widgets had the focus."""

    DEFAULT_CSS = """
    Pane {
        background: $surface;
        &.-titled { border-top: solid $line; border-title-color: $text-muted; }
        &.-titled:focus-within { border-top: solid $border; border-title-color: $primary; }
    }
    """

    def __init__(
        self,
        *children: Widget,
        id: str,
        title: str,
        key: str,
        minimum: int,
        share: float,
        show_title: bool = True,
        first: Widget | None = None,
    ) -> None:
        """title, key: what the switch calls it, and the key that goes there, e.g. "F2".

        minimum: cells. share: of its split, relative to its neighbours.
        show_title: whether the pane has a title row; one that starts with a tab row needs none.
        first: which of its widgets takes the focus at first; None: the topmost that can.
        """
        super().__init__(*children, id=id, classes="-titled" if show_title else "")
        self.title = title
        self.key = key
        self.minimum = minimum
        self.share = share
        if show_title:
            self.border_title = title
        self._last = first

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._last = event.widget

    def focus_inside(self) -> None:
        """Give the focus back to the widget that had it last, or to the first that takes it."""
        last = self._last
        if last is None or not last.is_attached or not last.focusable:
            last = next((widget for widget in self.walk_children(Widget) if widget.focusable), None)
        if last is not None:
            self.screen.set_focus(last)


class Split(Container):
    """Panes (or further splits) next to each other, with a divider between any two."""

    DEFAULT_CSS = """
    Split { layout: horizontal; width: 1fr; height: 1fr; }
    Split.-rows { layout: vertical; }
    """

    @dataclass
    class Resized(Message):
        """A divider was moved; `Panes.shares` says what to keep."""

    def __init__(
        self, *parts: Pane | Split, rows: bool = False, minimum: int = 0, share: float = 1.0
    ) -> None:
        """rows: the parts are above each other. minimum and share are those of this split in its own."""
        super().__init__(classes="-rows" if rows else "")
        self.parts = parts
        self.rows = rows
        self.minimum = minimum
        self.share = share
        for part in parts:
            part.styles.width = "1fr" if rows else f"{part.share}fr"
            part.styles.height = f"{part.share}fr" if rows else "1fr"
            if rows:
                part.styles.min_height = part.minimum
            else:
                part.styles.min_width = part.minimum

    def compose(self) -> ComposeResult:
        for index, part in enumerate(self.parts):
            if index:
                yield Divider(index, self.rows)
            yield part

    def all_parts(self) -> Iterator[Pane | Split]:
        """Every part in here, each split before its own parts."""
        for part in self.parts:
            yield part
            if isinstance(part, Split):
                yield from part.all_parts()

    def panes(self) -> Iterator[Pane]:
        """Every pane in here, also those of splits."""
        return (part for part in self.all_parts() if isinstance(part, Pane))

    def move_divider(self, index: int, cells: int) -> None:
        """Move the divider before part `index` by `cells`; no part gets smaller than its minimum."""
        sizes = [part.outer_size.height if self.rows else part.outer_size.width for part in self.parts]
        before, after = self.parts[index - 1], self.parts[index]
        least = min(0, before.minimum - sizes[index - 1])
        most = max(0, sizes[index] - after.minimum)
        cells = max(least, min(cells, most))
        if cells == 0:
            return
        sizes[index - 1] += cells
        sizes[index] -= cells
        for part, size in zip(self.parts, sizes, strict=True):
            part.share = float(size)
            if self.rows:
                part.styles.height = f"{size}fr"
            else:
                part.styles.width = f"{size}fr"
        self.post_message(self.Resized())


class Divider(Widget):
    """The line between two parts; it can be dragged."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Divider {
        width: 1; height: 1fr; color: $line; background: $surface;
        &.-rows { width: 1fr; height: 1; }
        &:hover, &.-dragged { color: $primary; }
    }
    """

    def __init__(self, index: int, rows: bool) -> None:
        super().__init__(classes="-rows" if rows else "")
        self._index = index
        self._rows = rows

    def render(self) -> str:
        return "─" * self.size.width if self._rows else "│\n" * self.size.height

    def on_mouse_down(self, event: events.MouseDown) -> None:
        event.stop()
        self.capture_mouse()
        self.add_class("-dragged")

    def on_mouse_up(self, event: events.MouseUp) -> None:
        event.stop()
        self.release_mouse()
        self.remove_class("-dragged")

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self.has_class("-dragged") and isinstance(self.parent, Split):
            event.stop()
            # Where the pointer is, seen from the divider; the divider follows with the next layout.
            distance = event.screen_y - self.region.y if self._rows else event.screen_x - self.region.x
            self.parent.move_divider(self._index, int(distance))
