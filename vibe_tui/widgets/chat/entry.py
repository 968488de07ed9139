"""What a chat is made of."""

from __future__ import annotations

from collections.abc import Callable

from textual.widget import Widget


class Entry(Widget):
    """One thing that was said or done. Those that are far up are taken away, and made again on demand."""

    def maker(self) -> Callable[[], Entry]:
        """What makes an entry that says the same; it holds nothing but texts."""
        raise NotImplementedError
