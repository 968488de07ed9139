"""What the Logs tab shows: which part of the log, how live it is, and its lines."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import ClassVar, Protocol, Self

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, Input, Static

from vibe_tui.services.terminal_text import clean, visible
from vibe_tui.widgets.log_view import LogView

NOTHING = "No function has run yet. What runs is shown here as it ends."
CLEARED = "Cleared. What runs from now on is shown here as it ends."
NOTHING_FITS = "Nothing here fits what is chosen above. Esc shows everything again."

_TYPING = 0.15
"""Seconds without another letter after which what was typed is shown: that may be thousands of lines."""


class LogsEvents(Protocol):
    """What the user does in the pane."""

    def choose_function(self, named: str) -> None: ...

    def next_level(self) -> None: ...

    def all_requests(self) -> None: ...

    def show_everything(self) -> None: ...

    def open_line(self, number: int) -> None:
        """A line was chosen; counted from 1 since the log was last cleared."""

    def copy_text(self, text: str) -> None: ...


class LogsPane(Vertical):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "show_all", "Show all", show=False),
        Binding("down", "to_log", "To the log", show=False),
    ]

    def __init__(self, events: LogsEvents) -> None:
        super().__init__(id="logs-pane")
        self._events = events
        self._function = Input(id="log-function", placeholder="Filter functions", select_on_focus=False)
        self._function.cursor_blink = False
        self._level = Button(id="log-level")
        self._request = Button(id="log-request")
        self._state = Static(id="log-state", markup=False)
        self._trouble = Static(id="log-trouble", markup=False)
        self._note = Static(id="log-note", markup=False)
        self.log_view = LogView(id="deployment-log")
        self._chosen = False
        self._said = ""
        self._again_at = 0.0
        self._counting: Timer | None = None
        self._typing: Timer | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(id="log-filters"):
            yield self._function
            yield self._level
            yield self._request
            yield self._state
        yield self._trouble
        yield self._note
        yield self.log_view

    def focus(self, scroll_visible: bool = True) -> Self:
        self.log_view.focus(scroll_visible)
        return self

    def type_function(self) -> None:
        self.screen.set_focus(self._function)  # at once: what is typed next is for it

    # --- what is shown -------------------------------------------------------------------------------

    def show_lines(self, lines: Sequence[str]) -> None:
        self.log_view.extend(lines)

    def show_note(self, text: str) -> None:
        """Why there are no lines; "": there are."""
        if self._note.display == bool(text) and not text:
            return
        self._note.update(text)
        self._note.display = bool(text)

    def show_choice(self, level: str, request_id: str, *, everything: bool) -> None:
        """What of the log is shown. level: in words. request_id: "" for all. everything: the whole log is."""
        self._chosen = not everything
        if not request_id and self._request.has_focus:
            self.focus()
        self._level.label = Content(level)
        self._level.refresh(layout=True)
        self._request.label = Content(f"Request {visible(request_id)[:16]} ✕")
        self._request.display = bool(request_id)
        self._request.refresh(layout=True)

    def show_state(self, text: str, colour: str) -> None:
        """colour: a variable of the theme."""
        self._stop_counting()
        self._trouble.display = False
        self._say(text, colour)

    def count_down(self, seconds: float, reason: str) -> None:
        """The deployment is asked again after so many seconds."""
        self._stop_counting()
        self._trouble.update(reason)
        self._trouble.display = True
        self._again_at = monotonic() + seconds
        self._tick()
        self._counting = self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        left = round(self._again_at - monotonic())
        when = f"Reconnecting in {left} s" if left > 0 else "Reconnecting now"
        self._say(f"✗ {when}", "$error")

    def _say(self, text: str, colour: str) -> None:
        if text != self._said:  # ten times a second, while much comes
            self._said = text
            self._state.update(Content(text).stylize(colour), layout=False)

    def _stop_counting(self) -> None:
        if self._counting is not None:
            self._counting.stop()
            self._counting = None

    # --- what the user does --------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "show_all":
            return self._chosen
        return action != "to_log" or self._function.has_focus

    def action_show_all(self) -> None:
        self._function.value = ""
        self._events.show_everything()
        self.focus()

    def action_to_log(self) -> None:
        self.focus()

    @on(Input.Changed, "#log-function")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(_TYPING, self._typed_enough)

    def _typed_enough(self) -> None:
        self._typing = None
        self._events.choose_function(clean(self._function.value).strip())

    @on(Input.Submitted, "#log-function")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button is self._level:
            self._events.next_level()
        else:
            self._events.all_requests()

    @on(LogView.LineChosen)
    def _line_chosen(self, event: LogView.LineChosen) -> None:
        event.stop()
        self._events.open_line(event.number)

    @on(LogView.CopyRequested)
    def _copy_requested(self, event: LogView.CopyRequested) -> None:
        event.stop()
        self._events.copy_text(event.text)
