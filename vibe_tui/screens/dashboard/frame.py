"""The fixed parts of the Backend screen: where one is, what keeps one from it, and what was said."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Static

from vibe_tui.screens.dashboard.covers import CoverView, place_of
from vibe_tui.services.model import Connected
from vibe_tui.services.terminal_text import clean, visible
from vibe_tui.widgets.status_bar import NOTICE_SECONDS, Tone

_MARKS: dict[Tone, str] = {"plain": "", "busy": "↻ ", "good": "● ", "bad": "✗ "}
_COLOURS: dict[Tone, str] = {"plain": "$foreground", "busy": "$warning", "good": "$success", "bad": "$error"}


class Title(Widget):
    """One row: the project, and which deployment one looks into."""

    ALLOW_SELECT = False

    def __init__(self, project: str, connection: Connected) -> None:
        super().__init__(id="title")
        self._project = visible(project)
        self._connection = connection

    def show(self, connection: Connected) -> None:
        if connection != self._connection:
            self._connection = connection
            self.refresh()

    def render(self) -> Content:
        width = self.content_size.width
        name = visible(self._connection.deployment)
        place = place_of(self._connection)
        right = Content.assemble((place, "$warning" if self._connection.backend == "emulator" else ""))
        if name:
            right += Content(f" · {name}")
        left = Content(self._project).stylize("bold") + Content("  Backend")
        left = left.truncate(max(0, width - right.cell_length - 2), ellipsis=True)
        gap = max(2, width - left.cell_length - right.cell_length)
        return (left + Content(" " * gap) + right).truncate(width, ellipsis=True)


class Cover(Vertical):
    """Stands where the tab would be."""

    @dataclass
    class Chosen(Message):
        action_id: str

    def __init__(self) -> None:
        super().__init__(id="cover")
        self._title = Static(id="cover-title", markup=False)
        self._body = Static(id="cover-body", markup=False)
        self._row = Horizontal(id="cover-buttons")
        self._buttons: tuple[tuple[str, str], ...] = ()

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._body
        yield self._row

    async def show(self, view: CoverView) -> None:
        self._title.set_class(view.bad, "bad")
        self._title.update(view.title)
        self._body.update(clean(view.body))
        if view.buttons != self._buttons:
            self._buttons = view.buttons
            await self._row.remove_children()
            await self._row.mount_all(
                Button(Content(label), id=action_id.replace("_", "-"), name=action_id)
                for action_id, label in view.buttons
            )
        focused = self.screen.focused
        if view.buttons and (focused is None or self not in focused.ancestors):
            self._row.query(Button).first().focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Chosen(str(event.button.name)))


class NoteRow(Static):
    """What went wrong in the tab on show stays here until something goes right; a notice goes by itself."""

    def __init__(self) -> None:
        super().__init__(id="note", markup=False)
        self._problem = ""
        self._notice: tuple[str, Tone] | None = None
        self._timer: Timer | None = None
        self._again = ("", 0.0)

    def show_problem(self, text: str) -> None:
        """ "" for none."""
        if text != self._problem:
            self._problem = clean(text)
            if text:
                self._end_notice()
            self._paint()

    def notice(self, text: str, tone: Tone) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._notice = (clean(text), tone)
        self._timer = self.set_timer(NOTICE_SECONDS, self._end_notice)
        self._paint()

    def count_down(self, reason: str, seconds: float) -> None:
        """A request is sent again then."""
        self._again = (clean(reason), time.monotonic() + seconds)
        self._tick()

    def _tick(self) -> None:
        reason, at = self._again
        left = math.ceil(at - time.monotonic())
        if left <= 0:
            self._end_notice()
            return
        if self._timer is not None:
            self._timer.stop()
        self._notice = (f"{reason} Asking again in {left} s.", "busy")
        self._timer = self.set_timer(1.0, self._tick)
        self._paint()

    def _end_notice(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._notice = self._timer = None
        self._paint()

    def _paint(self) -> None:
        text, tone = self._notice or (self._problem, "bad")
        shown = Content(_MARKS[tone] + text).stylize(_COLOURS[tone]) if text else Content("")
        self.update(shown)
