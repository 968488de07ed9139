"""What the Functions tab shows: the functions, the chosen one with its arguments, what came of running it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar, Protocol, Self

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, Static

from vibe_tui.widgets.function_list import FunctionItem, FunctionList
from vibe_tui.widgets.json_input import Complete, JsonInput
from vibe_tui.widgets.log_view import LogView


@dataclass(frozen=True, slots=True)
class FunctionView:
    """The chosen function. All texts are clean."""

    name: str
    kind: str
    takes: str
    returns: str
    arguments: str
    """JSON to begin with."""
    request: str = ""
    """For an HTTP action: the command that calls it. It has no arguments, and is not run here."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. All texts are clean; the lines may have colours."""

    summary: str
    ok: bool
    lines: tuple[str, ...]
    whole: str = ""
    """For the clipboard; "" when there is no result."""


class FunctionsEvents(Protocol):
    """What the user does in the pane."""

    def show(self, name: str) -> None: ...

    def typed(self, arguments: str) -> None: ...

    def run(self) -> None: ...

    def stop(self) -> None: ...

    def copy(self) -> None: ...

    def copy_text(self, text: str) -> None: ...

    def open_place(self, line: str) -> None:
        """A line of the result was chosen: perhaps it names a place in a file."""


class _Signature(VerticalScroll):
    """Takes the focus only while there is more of it than fits."""

    def allow_focus(self) -> bool:
        return self.max_scroll_y > 0


class FunctionsPane(Horizontal):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "stop", "Stop", show=False)]

    def __init__(self, events: FunctionsEvents) -> None:
        super().__init__(id="functions-pane")
        self._events = events
        self.list = FunctionList(id="function-list")
        self._head = Static(id="function-head", markup=False)
        self._signature = Static(id="function-signature", markup=False)
        self._arguments = JsonInput("Arguments", id="function-arguments")
        self._problem = Static(id="function-problem", markup=False)
        self._run = Button("Run  ^R", id="function-run", variant="primary")
        self._copy = Button("Copy result", id="function-copy")
        self._state = Static(id="function-state", markup=False)
        self._result = LogView(id="function-result")
        self._running_since: float | None = None
        self._ticking: Timer | None = None
        self._has_result = False

    def compose(self) -> ComposeResult:
        yield self.list
        with Vertical(id="function-work"):
            yield self._head
            with _Signature(id="function-signature-room"):
                yield self._signature
            yield self._arguments
            yield self._problem
            with Horizontal(id="function-buttons"):
                yield self._run
                yield self._copy
                yield self._state
            yield self._result

    def on_mount(self) -> None:
        self._copy.disabled = True
        self.add_class("-nothing")

    def focus(self, scroll_visible: bool = True) -> Self:
        self.list.focus(scroll_visible)
        return self

    # --- what is shown -------------------------------------------------------------------------------

    @property
    def arguments(self) -> str:
        return self._arguments.text

    def show_functions(self, items: Sequence[FunctionItem], empty: str) -> None:
        self.set_class(not items, "-nothing")
        self.list.show(items, empty)

    def show_function(self, view: FunctionView, complete: Complete | None) -> None:
        self._head.update(Content.assemble((view.name, "bold"), "  ", (view.kind, "$text-muted")))
        self.set_class(bool(view.request), "-http")
        if view.request:
            self._signature.update(
                "It answers requests to the deployment's site and is not run by name:\n" + view.request
            )
            self._label(self._copy, "Copy command")
            self._copy.disabled = False
        else:
            self._signature.update(f"takes    {view.takes}\nreturns  {view.returns}")
            self._label(self._copy, "Copy result")
            self._copy.disabled = not self._has_result
        self._arguments.complete = complete
        self._arguments.fill(view.arguments)
        self.show_problem("")

    def show_problem(self, text: str) -> None:
        """What is wrong with the arguments; "": nothing."""
        self._problem.update(text)
        self._problem.display = bool(text)

    def show_running(self, name: str) -> None:
        self._running_since = monotonic()
        self._label(self._run, "Stop  Esc")
        self._tick(name)
        self._ticking = self.set_interval(1.0, lambda: self._tick(name))
        self.refresh_bindings()

    def show_ended(self, outcome: Outcome) -> None:
        if self._ticking is not None:
            self._ticking.stop()
        self._running_since = self._ticking = None
        self._label(self._run, "Run  ^R")
        self.refresh_bindings()
        mark, colour = ("●", "$success") if outcome.ok else ("✗", "$error")
        self._say(f"{mark} {outcome.summary}", colour)
        self._result.clear()
        self._result.extend(outcome.lines)
        self._result.show_start()
        self._has_result = bool(outcome.whole)
        self._copy.disabled = not (self._has_result or self.has_class("-http"))

    def edit_arguments(self) -> None:
        if not self.has_class("-http"):
            self._arguments.focus()

    def _tick(self, name: str) -> None:
        if self._running_since is not None:
            self._say(f"↻ Running for {monotonic() - self._running_since:.0f} s: {name}", "$warning")

    def _label(self, button: Button, text: str) -> None:
        button.label = text
        button.refresh(layout=True)  # Textual keeps the width of the label before

    def _say(self, text: str, colour: str) -> None:
        self._state.update(Content(text).stylize(colour))

    # --- what the user does --------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "stop" or self._running_since is not None

    def action_stop(self) -> None:
        self._events.stop()

    @on(FunctionList.Shown)
    def _shown(self, event: FunctionList.Shown) -> None:
        event.stop()
        self._events.show(event.name)

    @on(FunctionList.Chosen)
    def _chosen(self, event: FunctionList.Chosen) -> None:
        event.stop()
        self.edit_arguments()

    @on(JsonInput.Changed)
    def _typed(self, event: JsonInput.Changed) -> None:
        event.stop()
        self._events.typed(event.text)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button is self._copy:
            self._events.copy()
        elif self._running_since is not None:
            self._events.stop()
        else:
            self._events.run()

    @on(LogView.LineChosen)
    def _line_chosen(self, event: LogView.LineChosen) -> None:
        event.stop()
        self._events.open_place(event.text)

    @on(LogView.CopyRequested)
    def _copy_requested(self, event: LogView.CopyRequested) -> None:
        event.stop()
        self._events.copy_text(event.text)
