"""The first row of the page: the project's name, Download, Publish App, and the state of the backend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from vibe_tui.services.terminal_text import visible

Tone = Literal["idle", "busy", "good", "bad"]

_MARKS: dict[Tone, str] = {"idle": "○", "busy": "↻", "good": "●", "bad": "✗"}
_NARROW = 60
"""Columns below which the items take their short forms."""
_LONGEST, _LONGEST_NARROW = 28, 16


class HeaderItem(Widget, can_focus=True):
    """A word in the header that can be pressed."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    HeaderItem {
        width: auto;
        height: 1;
        padding: 0 1;
        color: $foreground;
        &.-busy { color: $warning; }
        &.-good { color: $success; }
        &.-bad { color: $error; }
        &:hover { background: $block-hover-background; }
        &:focus { background: $block-cursor-background; color: $block-cursor-foreground; }
        &:disabled { color: $text-disabled; }
    }
    """
    BINDINGS = [  # noqa: RUF012  # Textual's own type
        Binding("enter,space", "press", "Press", show=False),
        Binding("right", "next_item", "Next", show=False),
        Binding("left", "previous_item", "Previous", show=False),
    ]

    @dataclass
    class Pressed(Message):
        """The item was pressed."""

        action_id: str

    def __init__(self, action_id: str, label: str, short: str = "") -> None:
        super().__init__(id=action_id.replace("_", "-"))
        self._action_id = action_id
        self._label = label
        self._short = short or label
        self._tone: Tone | None = None
        self._narrow = False

    def show(self, label: str, tone: Tone) -> None:
        """Show another label, marked and coloured by `tone`."""
        self._label = self._short = visible(label)
        for other in _MARKS:
            self.set_class(other == tone, f"-{other}")
        self._tone = tone
        self.refresh(layout=True)

    def set_narrow(self, narrow: bool) -> None:
        """Take the short form, or the long one."""
        if narrow != self._narrow:
            self._narrow = narrow
            self.refresh(layout=True)

    def render(self) -> Content:
        label = Content(self._short if self._narrow else self._label)
        label = label.truncate(_LONGEST_NARROW if self._narrow else _LONGEST, ellipsis=True)
        return Content(f"{_MARKS[self._tone]} ") + label if self._tone else label

    def action_press(self) -> None:
        self.post_message(self.Pressed(self._action_id))

    def action_next_item(self) -> None:
        self.screen.focus_next(HeaderItem)

    def action_previous_item(self) -> None:
        self.screen.focus_previous(HeaderItem)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_press()


class HeaderBar(Horizontal):
    """One row: the project's name on the left, three items to press on the right."""

    DEFAULT_CSS = """
    HeaderBar {
        height: 1;
        background: $panel;
        & > #project-name { width: 1fr; height: 1; padding: 0 1; text-style: bold; }
    }
    """

    @dataclass
    class ActionRequested(Message):
        """An item was pressed: download, publish or connect_backend."""

        action_id: str

    def __init__(self, project: str = "") -> None:
        super().__init__()
        self._project = _ProjectName(project)
        self._backend = HeaderItem("connect_backend", "Connect Backend", "Backend")
        self._backend.show("Connect Backend", "idle")

    def compose(self) -> ComposeResult:
        yield self._project
        yield HeaderItem("download", "Download")
        yield HeaderItem("publish", "Publish App", "Publish")
        yield self._backend

    def show_project(self, name: str) -> None:
        """Show the project's name."""
        self._project.show(name)

    def show_backend(self, label: str, tone: Tone) -> None:
        """Show the connection, e.g. ("Connecting 2/5", "busy") or ("Convex Connected", "good")."""
        self._backend.show(label, tone)

    def set_enabled(self, action_id: str, enabled: bool) -> None:
        """Say that an item can, or cannot, be pressed now."""
        self.query_one(f"#{action_id.replace('_', '-')}", HeaderItem).disabled = not enabled

    def on_resize(self, event: events.Resize) -> None:
        for item in self.query(HeaderItem):
            item.set_narrow(event.size.width < _NARROW)

    def on_header_item_pressed(self, event: HeaderItem.Pressed) -> None:
        event.stop()
        self.post_message(self.ActionRequested(event.action_id))


class _ProjectName(Widget):
    def __init__(self, name: str) -> None:
        super().__init__(id="project-name")
        self._text = visible(name)

    def show(self, name: str) -> None:
        self._text = visible(name)
        self.refresh()

    def render(self) -> Content:
        return Content(self._text).truncate(self.content_size.width, ellipsis=True)
