"""What a chat is made of."""

from __future__ import annotations

from textual.widget import Widget


class Entry(Widget):
    """One thing that was said or done. Those that are far up are taken away, and made again on demand."""

    def again(self) -> Entry:
        """A new entry that says the same."""
        raise NotImplementedError
