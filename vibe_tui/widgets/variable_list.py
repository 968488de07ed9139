"""Variables by name with their values hidden, and a field that leaves only some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from vibe_tui.services.terminal_text import visible

_HIDDEN = "••••••••"
"""As long for every value."""
_WIDEST = 40


class VariableList(Vertical):
    """It knows names only. Enter or a click chooses one."""

    DEFAULT_CSS = """
    VariableList {
        & > #variable-filter { dock: top; }
        & > OptionList { height: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
        & > #no-variable { height: auto; padding: 1 1 0 1; color: $text-muted; display: none; }
        &.-empty > #no-variable { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "show_all", "Show all", show=False),
        Binding("down", "into_list", "To the list", show=False),
    ]

    @dataclass
    class Moved(Message):
        """The cursor is on another variable, or on none."""

    @dataclass
    class Chosen(Message):
        """Enter was pressed on the variable under the cursor, or it was clicked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._names: Sequence[str] = ()
        self._empty = ""
        self._rows: Sequence[str] = ()
        self._filter = Input(id="variable-filter", placeholder="Filter variables", select_on_focus=False)
        self._filter.cursor_blink = False
        self._list = OptionList(id="variable-options", markup=False)
        self._note = Static(id="no-variable", markup=False)

    def compose(self) -> ComposeResult:
        yield self._note
        yield self._list  # before the filter, which is docked above it: the focus comes here first
        yield self._filter

    def on_mount(self) -> None:
        self._fill("")

    def focus(self, scroll_visible: bool = True) -> Self:
        self._list.focus(scroll_visible)
        return self

    @property
    def chosen(self) -> str:
        """The name under the cursor; "": none."""
        index = self._list.highlighted
        return self._rows[index] if index is not None and index < len(self._rows) else ""

    def show(self, names: Sequence[str], empty: str) -> None:
        """Show these; the cursor stays on its variable. empty: what to say when there are none."""
        before = self.chosen
        self._names, self._empty = names, empty
        self._fill(before)

    def go_to(self, name: str) -> None:
        """Put the cursor on this variable, if it is there."""
        self._filter.value = ""
        self._fill(name)

    def find(self) -> None:
        """Let the user type what to leave in the list."""
        self._filter.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "show_all":
            return bool(self._filter.value) or self._filter.has_focus
        return action != "into_list" or self._filter.has_focus

    def action_show_all(self) -> None:
        self._filter.value = ""
        self._fill(self.chosen)
        self._list.focus()

    def action_into_list(self) -> None:
        self._list.focus()

    def _fill(self, cursor_on: str) -> None:
        wanted = self._filter.value.strip().lower()
        self._rows = [name for name in self._names if wanted in name.lower()]
        self._note.update(f"No variable has “{visible(wanted)}” in its name." if self._names else self._empty)
        self.set_class(not self._rows, "-empty")
        self._list.clear_options()
        shown = [visible(name) for name in self._rows]
        column = min(max(map(len, shown), default=0), _WIDEST)
        self._list.add_options(
            Option(Content.assemble(name.ljust(column), "  ", (_HIDDEN, "$text-muted"))) for name in shown
        )
        if self._rows:
            at = self._rows.index(cursor_on) if cursor_on in self._rows else 0
            self._list.highlighted = at
        else:
            self.post_message(self.Moved())

    @on(Input.Changed, "#variable-filter")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._fill(self.chosen)

    @on(Input.Submitted, "#variable-filter")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_into_list()

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self.post_message(self.Moved())

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen())
