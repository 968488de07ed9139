"""A log pane: its lines, and a row for searching and for what is not in view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from vibe_tui.services.terminal_text import clean
from vibe_tui.widgets.log_lines import CAPACITY
from vibe_tui.widgets.log_scroll import LogScroll


class LogView(Vertical):
    """The last lines of a command, with its colours. Lines must be clean: see `terminal_text.LineSplitter`.

    Memory is bounded by `capacity` lines. New lines are painted at most 10 times a second.
    """

    DEFAULT_CSS = """
    LogView {
        & > LogScroll { height: 1fr; }
        & > #bar { height: 1; display: none; background: $panel; }
        &.-searching > #bar, &.-behind > #bar { display: block; }
        & #needle { display: none; width: 1fr; height: 1; border: none; padding: 0 1; background: $panel; }
        &.-typing #needle { display: block; }
        & #note { width: auto; max-width: 100%; padding: 0 1; color: $text-muted; }
        &.-behind #note { color: $text-warning; }
        &.-typing #note { color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "found(1)", "Next", show=False),
        Binding("N", "found(-1)", "Previous", show=False),
        Binding("w", "wrap", "Wrap lines", show=False),
        Binding("escape", "close_search", "Close the search", show=False),
    ]

    @dataclass
    class LineChosen(Message):
        """A line was clicked, or Enter pressed on it: perhaps it names a place in a file."""

        view: LogView
        text: str
        """Without colours."""
        number: int
        """Counted from 1 since the last clear."""

        @property
        def control(self) -> LogView:
            return self.view

    @dataclass
    class CopyRequested(Message):
        view: LogView
        text: str
        """Without colours; several lines."""

        @property
        def control(self) -> LogView:
            return self.view

    def __init__(
        self, *, capacity: int = CAPACITY, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._scroll = LogScroll(capacity)
        self._needle = Input(id="needle", placeholder="Find in the log", select_on_focus=False)
        self._needle.cursor_blink = False
        self._note = Static(id="note", markup=False)
        self._said = ""
        self._focus_due = False

    def compose(self) -> ComposeResult:
        yield self._scroll
        with Horizontal(id="bar"):
            yield self._needle
            yield self._note

    def on_mount(self) -> None:
        if self._focus_due:
            self.take_focus()

    def focus(self, scroll_visible: bool = True) -> Self:
        self._scroll.focus(scroll_visible)
        return self

    def take_focus(self) -> None:
        """Take the focus at once, or as soon as the lines are there: a key typed ahead is for them."""
        self._focus_due = not self._scroll.is_mounted
        if not self._focus_due:
            self.screen.set_focus(self._scroll)

    # --- lines

    @property
    def line_count(self) -> int:
        """Lines that came since the last clear, whether still kept or not."""
        self._scroll.absorb()
        return self._scroll.lines.end

    @property
    def following(self) -> bool:
        return self._scroll.following

    @property
    def cursor(self) -> int:
        """The number of the line that the keys act on, as LineChosen counts; 0: there are no lines."""
        return self._scroll.cursor.line + 1 if len(self._scroll.lines) else 0

    def extend(self, lines: Sequence[str]) -> None:
        """Append clean lines without their line ends; many at once are as cheap as one."""
        self._scroll.extend(lines)

    def lost(self, count: int) -> None:
        """Say that `count` lines are missing here: they came faster than they could be kept."""
        self.extend(
            [f"\x1b[33m… {count:,} {'line is' if count == 1 else 'lines are'} missing here …\x1b[39m"]
        )

    def clear(self) -> None:
        self._scroll.clear()

    def show_start(self) -> None:
        """Go to the oldest line."""
        self._scroll.absorb()
        self._scroll.action_oldest()

    def toggle_follow(self) -> None:
        """Stay at the newest line, or stop doing so."""
        if self._scroll.following:
            self._scroll.go_to(self._scroll.cursor.line)
        else:
            self._scroll.follow()

    # --- searching

    def search(self) -> None:
        """Let the user type what to find. Enter goes back to the lines: n and N find more, Esc ends it."""
        self.add_class("-searching", "-typing")
        self._needle.focus()
        self._say()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Esc is free for others while nothing is searched for."""
        return action != "close_search" or self.has_class("-searching")

    def action_close_search(self) -> None:
        self.remove_class("-searching", "-typing")
        self._scroll.search.look_for("")
        self._needle.value = ""
        self._scroll.focus()
        self._scroll.refresh()
        self._say()

    def action_found(self, direction: int) -> None:
        number = self._scroll.search.next(self._scroll.cursor.line, direction)
        if number is not None:
            self._scroll.go_to(number)
            self._say()

    @on(Input.Changed, "#needle")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._scroll.absorb()
        search = self._scroll.search
        search.look_for(clean(event.value))
        number = search.next(self._scroll.cursor.line + 1, -1)
        if number is not None:
            self._scroll.go_to(number)
        self._scroll.refresh()
        self._say()

    @on(Input.Submitted, "#needle")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.value:
            self.action_close_search()
            return
        self.remove_class("-typing")
        self._scroll.focus()
        self._say()

    # --- the rest

    def action_wrap(self) -> None:
        self._scroll.set_wrapped(not self._scroll.wrapped)

    @on(LogScroll.Moved)
    def _moved(self, event: LogScroll.Moved) -> None:
        event.stop()
        self._say()

    @on(LogScroll.Chosen)
    def _chosen(self, event: LogScroll.Chosen) -> None:
        event.stop()
        self.post_message(self.LineChosen(self, self._scroll.lines.plain(event.number), event.number + 1))

    @on(LogScroll.Copied)
    def _copied(self, event: LogScroll.Copied) -> None:
        event.stop()
        self.post_message(self.CopyRequested(self, event.text))

    def _say(self) -> None:
        """Show where the search is, and what has come below."""
        search, unseen = self._scroll.search, self._scroll.unseen
        self.set_class(unseen > 0, "-behind")
        parts: list[str] = []
        if search.needle:
            typing = self.has_class("-typing")
            name = "" if typing else f"“{search.needle}”  "
            parts.append(
                name + (f"{search.position} of {search.count} lines" if search.count else "not found")
            )
            if not typing and search.count:
                parts.append("n next, N previous, Esc closes")
        if unseen:
            parts.append(f"{unseen:,} new {'line' if unseen == 1 else 'lines'}: End follows")
        said = "   ".join(parts)
        if said != self._said:
            as_wide = len(said) == len(self._said)
            self._said = said
            # The count changes often, and laying the page out anew is slow.
            self._note.update(Text(said, no_wrap=True, overflow="ellipsis"), layout=not as_wide)
