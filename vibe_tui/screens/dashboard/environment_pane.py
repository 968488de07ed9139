"""What the Environment tab shows: the variables, a value for some seconds, how Convex Auth stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, Static

from vibe_tui.services.terminal_text import clean, visible
from vibe_tui.widgets.status_bar import Tone
from vibe_tui.widgets.variable_list import VariableList

REVEAL_SECONDS = 20
_COLOURS: dict[Tone, str] = {"plain": "$text-muted", "busy": "$warning", "good": "$success", "bad": "$error"}


class EnvironmentEvents(Protocol):
    """What the user does in the pane."""

    def reveal(self) -> None:
        """Show the value of the chosen variable, or hide it again."""

    def add(self) -> None: ...

    def import_variables(self) -> None: ...

    def export(self) -> None: ...

    def set_up_auth(self) -> None: ...


class EnvironmentPane(Vertical):
    def __init__(self, events: EnvironmentEvents) -> None:
        super().__init__(id="environment-pane")
        self._events = events
        self.list = VariableList(id="variables")
        self._value_title = Static(id="variable-name", markup=False)
        self._value = Static(id="variable-value", markup=False)
        self._auth = Static(id="auth-state", markup=False)
        self._buttons = {
            "Add": events.add,
            "Import": events.import_variables,
            "Export": events.export,
            "Set up Convex Auth": events.set_up_auth,
        }
        self._revealed = ""
        self._left = 0
        self._ticking: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self.list
        with Vertical(id="variable-room"):
            yield self._value_title
            with VerticalScroll(can_focus=False):
                yield self._value
        yield self._auth
        with Horizontal(id="environment-buttons"):
            for label in self._buttons:
                yield Button(label, name=label)

    def focus(self, scroll_visible: bool = True) -> Self:
        self.list.focus(scroll_visible)
        return self

    # --- what is shown -------------------------------------------------------------------------------

    @property
    def revealed(self) -> str:
        """The variable whose value is on the screen; "": none."""
        return self._revealed

    def show(self, names: Sequence[str], empty: str) -> None:
        """empty: what to say when there are none."""
        self.list.show(names, empty)

    def show_auth(self, text: str, tone: Tone) -> None:
        self._auth.update(Content.assemble(("Convex Auth  ", "$text-muted"), (clean(text), _COLOURS[tone])))

    def show_value(self, name: str, value: str) -> None:
        """For REVEAL_SECONDS."""
        self.hide_value()
        self._revealed, self._left = name, REVEAL_SECONDS
        self._value.update(Content(clean(value) or "(empty)"))
        self.add_class("-revealed")
        self._count()
        self._ticking = self.set_interval(1.0, self._tick)

    def hide_value(self) -> None:
        if self._ticking is not None:
            self._ticking.stop()
        self._ticking, self._revealed = None, ""
        self.remove_class("-revealed")
        self._value.update("")

    def _tick(self) -> None:
        self._left -= 1
        if self._left > 0:
            self._count()
        else:
            self.hide_value()

    def _count(self) -> None:
        hidden = Content(f"   hidden again in {self._left} s").stylize("$text-muted")
        self._value_title.update(Content(visible(self._revealed)).stylize("bold") + hidden)

    # --- what the user does --------------------------------------------------------------------------

    @on(VariableList.Moved)
    def _moved(self, event: VariableList.Moved) -> None:
        event.stop()
        if self._revealed and self.list.chosen != self._revealed:
            self.hide_value()

    @on(VariableList.Chosen)
    def _chosen(self, event: VariableList.Chosen) -> None:
        event.stop()
        self._events.reveal()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self._buttons[str(event.button.name)]()
