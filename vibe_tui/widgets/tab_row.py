"""One row of names of which one is on show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widget import Widget


class TabRow(Widget):
    """Names in a row, the one on show marked. For the eye and the mouse: it takes no focus and no keys."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    TabRow { height: 1; background: $background; color: $text-muted; }
    """

    @dataclass
    class Chosen(Message):
        """A name was clicked."""

        row: TabRow
        tab_id: str

        @property
        def control(self) -> TabRow:
            return self.row

    def __init__(self, tabs: Sequence[tuple[str, str, str]], *, id: str | None = None) -> None:
        """tabs: id, title and key of each; a key of "" is not shown."""
        super().__init__(id=id)
        self._tabs = tuple(tabs)
        self._active = ""

    def show(self, tab_id: str) -> None:
        """Mark the one that is on show."""
        self._active = tab_id
        self.refresh()

    def render(self) -> Content:
        row = Content("")
        for tab_id, title, key in self._tabs:
            name = Content.assemble((key, "$footer-key-foreground"), f" {title}") if key else Content(title)
            item = Content.assemble(" ", name, " ").stylize(Style.from_meta({"tab_id": tab_id}))
            row += item.stylize("bold $foreground on $surface") if tab_id == self._active else item
        return row

    def on_click(self, event: events.Click) -> None:
        tab_id = event.style.meta.get("tab_id")
        if tab_id:
            self.post_message(self.Chosen(self, tab_id))
