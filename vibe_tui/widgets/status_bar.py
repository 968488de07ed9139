"""The last rows of the page: what is running where, a short notice, and the keys that work now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.timer import Timer
from textual.widget import Widget

from vibe_tui.services.model import Problem
from vibe_tui.services.terminal_text import visible

Slot = Literal["sandbox", "convex", "dev server", "assistant"]
Tone = Literal["plain", "busy", "good", "bad"]

_SLOTS: tuple[Slot, ...] = get_args(Slot)
_DROP_FIRST: tuple[Slot, ...] = ("assistant", "sandbox", "convex")
"""What gives way when the row is too narrow; what is wrong never does."""
_MARKS: dict[Tone, str] = {"plain": "", "busy": "↻ ", "good": "● ", "bad": "✗ "}
_SEPARATOR = " · "
NOTICE_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class _Segment:
    text: str
    tone: Tone
    problem: Problem | None

    def content(self, slot: Slot) -> Content:
        text = Content(_MARKS[self.tone] + self.text)
        if self.tone != "plain":
            text = text.stylize(_COLOURS[self.tone])
        if self.problem is not None:
            text = text.stylize("underline").stylize(Style.from_meta({"slot": slot}))
        return text


_COLOURS: dict[Tone, str] = {"plain": "", "busy": "$warning", "good": "$success", "bad": "$error"}


class StatusBar(Widget):
    """One row. It can be focused while one of its segments leads to a problem."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    StatusBar {
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $text-muted;
        &:focus { text-style: reverse; }
    }
    """
    BINDINGS = [Binding("enter", "choose_problem", "Go to the problem", show=False)]  # noqa: RUF012

    @dataclass
    class ProblemChosen(Message):
        """The user wants to see the file and line of a problem."""

        problem: Problem

    def __init__(self) -> None:
        super().__init__()
        self._segments: dict[Slot, _Segment] = {}
        self._notice: tuple[str, Tone] | None = None
        self._notice_timer: Timer | None = None

    def show(self, slot: Slot, text: str, tone: Tone = "plain", problem: Problem | None = None) -> None:
        """Show `text` in a slot; "" empties it. problem: where choosing the segment leads."""
        if text:
            self._segments[slot] = _Segment(visible(text), tone, problem)
        else:
            self._segments.pop(slot, None)
        self.can_focus = self.first_problem is not None
        if not self.can_focus and self.has_focus:
            self.screen.focus_next()
        self.refresh()

    def notice(self, text: str, tone: Tone = "plain") -> None:
        """Show `text` at the right for a few seconds."""
        if self._notice_timer is not None:
            self._notice_timer.stop()
        self._notice = (visible(text), tone)
        self._notice_timer = self.set_timer(NOTICE_SECONDS, self._end_notice)
        self.refresh()

    @property
    def first_problem(self) -> Problem | None:
        """The problem of the leftmost segment that has one."""
        found = (self._segments[slot].problem for slot in _SLOTS if slot in self._segments)
        return next((problem for problem in found if problem is not None), None)

    def action_choose_problem(self) -> None:
        if self.first_problem is not None:
            self.post_message(self.ProblemChosen(self.first_problem))

    def on_click(self, event: events.Click) -> None:
        segment = self._segments.get(event.style.meta.get("slot"))  # type: ignore[arg-type]
        if segment is not None and segment.problem is not None:
            self.post_message(self.ProblemChosen(segment.problem))

    def render(self) -> Content:
        width = self.content_size.width
        notice = Content("")
        if self._notice is not None:
            text, tone = self._notice
            notice = Content(_MARKS[tone] + text).stylize(_COLOURS[tone] or "$foreground")
            notice = notice.truncate(width, ellipsis=True)
        room = max(0, width - (notice.cell_length + 2 if notice else 0))
        segments = self._fitting(room).truncate(room, ellipsis=True)
        return segments + Content(" " * (width - segments.cell_length - notice.cell_length)) + notice

    def _fitting(self, room: int) -> Content:
        shown = {slot: self._segments[slot].content(slot) for slot in _SLOTS if slot in self._segments}
        for slot in _DROP_FIRST:
            if _joined(shown).cell_length <= room:
                break
            if slot in shown and self._segments[slot].tone != "bad":
                del shown[slot]
        return _joined(shown)

    def _end_notice(self) -> None:
        self._notice = self._notice_timer = None
        self.refresh()


def _joined(contents: dict[Slot, Content]) -> Content:
    return Content(_SEPARATOR).join(contents.values())
