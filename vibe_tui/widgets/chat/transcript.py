"""The entries of a chat, oldest first."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.widget import Widget

from vibe_tui.widgets.chat.entries import Said

KEPT = 300
"""Entries that stay when there are too many."""
SLACK = 100
"""How many more there may be before the oldest are removed, all at once."""


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

    def on_mount(self) -> None:
        self.anchor()

    def add(self, entry: Widget) -> None:
        entries = list(self.children)
        if len(entries) >= KEPT + SLACK:
            self.remove_children(entries[:-KEPT])
            self.mount(Said("Earlier messages are not shown.", "-remark"), before=entries[-KEPT])
        self.mount(entry)
