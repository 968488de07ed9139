"""What the assistant is at while it works, and how to stop it."""

from __future__ import annotations

import math
from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, Static

from vibe_tui.services.terminal_text import clean


class BusyRow(Horizontal):
    """Counts the seconds down while a model is about to be asked again."""

    DEFAULT_CSS = """
    BusyRow {
        height: auto;
        max-height: 3;
        padding: 0 1;
        color: $text-muted;
        & > Static { width: 1fr; height: auto; max-height: 3; }
    }
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(id="busy")
        self._clock = clock
        self._text = Static(markup=False)
        self._stop = Button("Stop", id="stop", compact=True)
        self._until, self._reason = 0.0, ""
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self._text
        yield self._stop

    @property
    def can_stop(self) -> bool:
        return not self._stop.disabled

    @property
    def stop_has_focus(self) -> bool:
        return self._stop.has_focus

    def working(self) -> None:
        self._end_wait()
        self._stop.disabled = False
        self._text.update("Working. Esc stops it.")

    def stopping(self) -> None:
        self._end_wait()
        self._stop.disabled = True
        self._text.update("Stopping.")

    def waiting(self, seconds: float, reason: str) -> None:
        """The model is asked again in so many seconds."""
        self._end_wait()
        self._until, self._reason = self._clock() + seconds, clean(reason)
        self._timer = self.set_interval(1.0, self._count_down)
        self._count_down()

    def go_on(self) -> None:
        """What was waited for has come."""
        if self._timer is not None:
            self.working()

    def rest(self) -> None:
        """Nobody works any more."""
        self._end_wait()

    def _count_down(self) -> None:
        left = max(0, math.ceil(self._until - self._clock()))
        when = f"Asking again in {left} s." if left else "Asking again."
        self._text.update(Content(f"{self._reason} {when} Esc stops it.".lstrip()))

    def _end_wait(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
