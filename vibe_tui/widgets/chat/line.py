"""A line that can be chosen with Enter or a click."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static


class Line(Static, can_focus=True):
    """Its text is shown as it is. What choosing does is for subclasses to say."""

    DEFAULT_CSS = """
    Line {
        height: auto;
        &:hover { background: $panel; }
        &:focus { background: $primary 25%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "choose", "Choose", show=False)]

    def __init__(self, text: str = "", *, classes: str | None = None) -> None:
        super().__init__(Content(text), classes=classes)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_choose()

    def action_choose(self) -> None:
        raise NotImplementedError
