"""The row that says which panes there are, on a terminal that shows one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widget import Widget


class PaneSwitch(Widget):
    """One row of names, the one on show marked. For the eye and the mouse: keys go to panes directly."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    PaneSwitch { height: 1; background: $background; color: $text-muted; }
    """

    @dataclass
    class Chosen(Message):
        """A name was clicked."""

        pane_id: str

    def __init__(self, panes: Sequence[tuple[str, str, str]]) -> None:
        """panes: id, title and key of each."""
        super().__init__()
        self._panes = tuple(panes)
        self._active = ""

    def show(self, pane_id: str) -> None:
        """Mark the pane that is on show."""
        self._active = pane_id
        self.refresh()

    def render(self) -> Content:
        row = Content("")
        for pane_id, title, key in self._panes:
            item = Content.assemble(" ", (key, "$footer-key-foreground"), f" {title} ")
            item = item.stylize(Style.from_meta({"pane_id": pane_id}))
            row += item.stylize("bold $foreground on $surface") if pane_id == self._active else item
        return row

    def on_click(self, event: events.Click) -> None:
        pane_id = event.style.meta.get("pane_id")
        if pane_id:
            self.post_message(self.Chosen(pane_id))
