"""The entries of a chat, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.containers import VerticalScroll

from vibe_tui.widgets.chat.entry import Entry
from vibe_tui.widgets.chat.line import Line
from vibe_tui.widgets.chat.messages import OlderWanted

KEPT = 200
"""Entries that stay when there are too many."""
SLACK = 50
"""How many more there may be before the oldest are taken away, all at once."""
AT_ONCE = 50
"""Entries that are brought back at once."""


class OlderLine(Line):
    DEFAULT_CSS = """
    OlderLine { color: $primary; margin: 0 0 1 0; }
    """

    def __init__(self) -> None:
        super().__init__("▴ Earlier messages")

    def action_choose(self) -> None:
        self.post_message(OlderWanted())


class Transcript(VerticalScroll):
    """Stays at its end while entries come, unless somebody has scrolled up."""

    DEFAULT_CSS = """
    Transcript {
        height: 1fr;
        padding: 0 1;
        layout: stream;
        scrollbar-size-vertical: 1;
        &:focus { background-tint: $foreground 4%; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[Entry] = []
        """Those on show. (`children` is later than what was mounted and removed.)"""
        self._away: list[Callable[[], Entry]] = []
        """What makes the entries that were taken away, oldest first."""
        self._older: OlderLine | None = None
        self._more = False
        """Whether somebody else knows what was before all of these."""

    def on_mount(self) -> None:
        self.anchor()

    @property
    def at_end(self) -> bool:
        return self.max_scroll_y <= 0 or self.scroll_offset.y >= self.max_scroll_y

    def add(self, entry: Entry) -> None:
        if len(self._entries) >= KEPT + SLACK and self.at_end:
            gone, self._entries = self._entries[:-KEPT], self._entries[-KEPT:]
            self._away += [one.maker() for one in gone]
            self.remove_children(gone)
            self._show_older()
        self._entries.append(entry)
        self.mount(entry)

    def add_before(self, other: Entry, entry: Entry) -> None:
        """Above an entry that is on show."""
        self._entries.insert(self._entries.index(other), entry)
        self.mount(entry, before=other)

    def drop(self, entry: Entry) -> None:
        """Take an entry away for good."""
        if entry in self._entries:
            self._entries.remove(entry)
            entry.remove()

    def bring_back(self) -> bool:
        """Show some of the entries that were taken away; False: there are none."""
        back, self._away = self._away[-AT_ONCE:], self._away[:-AT_ONCE]
        if back:
            self._put_first([make() for make in back])
        return bool(back)

    def put_before(self, entries: Sequence[Entry], *, more: bool) -> None:
        """Entries of an earlier time. more: whether there are others before them."""
        self._more = more
        self._put_first(entries)

    def clear(self) -> None:
        self._away.clear()
        self._more = False
        self.remove_children(self._entries)
        self._entries = []
        self._show_older()

    def _put_first(self, entries: Sequence[Entry]) -> None:
        """Without moving what is on show."""
        first = self._entries[0] if self._entries else None
        below = self.virtual_size.height - self.scroll_offset.y
        asked = self._older is not None and self._older.has_focus
        following = first is None or (self.at_end and not asked)
        self._show_older()
        self._entries[:0] = entries
        if first is None:
            self.mount_all(entries)
        else:
            self.mount_all(entries, before=first)
        if not following:
            self.release_anchor()
            self.call_after_refresh(self._stay, below)

    def _stay(self, below: int) -> None:
        self.scroll_to(y=self.virtual_size.height - below, animate=False, immediate=True)

    def _show_older(self) -> None:
        there_are = bool(self._away) or self._more
        if there_are and self._older is None:
            self._older = OlderLine()
            self.mount(self._older, before=0)
        elif not there_are and self._older is not None:
            self._older.remove()
            self._older = None
