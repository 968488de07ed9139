"""A deployment's functions by module, and a field that leaves only some of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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

_INDENT = 2
_GAP = 2
_WIDEST = 16


@dataclass(frozen=True, slots=True)
class FunctionItem:
    """name: the whole, e.g. "messages:send". kind: e.g. "mutation" or "query, internal". All clean."""

    name: str
    module: str
    """The heading it stands under."""
    label: str
    """What it is called there."""
    kind: str
    public: bool


class FunctionList(Vertical):
    """Moving in the list shows a function; Enter is for working with it."""

    DEFAULT_CSS = """
    FunctionList {
        & > #function-filter { margin-bottom: 1; }
        & > OptionList { height: 1fr; text-wrap: nowrap; text-overflow: ellipsis; background: $surface; }
        & > #no-function { height: auto; padding: 0 1; color: $text-muted; display: none; }
        &.-empty > #no-function { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "show_all", "Show all", show=False),
        Binding("down", "into_list", "To the list", show=False),
    ]

    @dataclass
    class Shown(Message):
        """The cursor is on this function."""

        name: str

    @dataclass
    class Chosen(Message):
        """Enter was pressed on this function, or it was clicked."""

        name: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._items: Sequence[FunctionItem] = ()
        self._empty = ""
        self._filter = Input(id="function-filter", placeholder="Filter functions", select_on_focus=False)
        self._filter.cursor_blink = False
        self._list = OptionList(id="function-options", markup=False)
        self._note = Static(id="no-function", markup=False)

    def compose(self) -> ComposeResult:
        yield self._filter
        yield self._note
        yield self._list

    def on_mount(self) -> None:
        self._fill()

    def focus(self, scroll_visible: bool = True) -> Self:
        self._list.focus(scroll_visible)
        return self

    @property
    def shown(self) -> str:
        """The name of the function under the cursor; "": none."""
        index = self._list.highlighted
        return (self._list.get_option_at_index(index).id or "") if index is not None else ""

    def show(self, items: Sequence[FunctionItem], empty: str) -> None:
        """Show these, in their order; the cursor stays on its function. empty: what to say when there are
        none."""
        self._items, self._empty = items, empty
        self._fill()

    def find(self) -> None:
        """Let the user type what to leave in the list."""
        self.screen.set_focus(self._filter)  # at once: what is typed next is for it

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "show_all":
            return bool(self._filter.value)
        return action != "into_list" or self._filter.has_focus

    def action_show_all(self) -> None:
        self._filter.value = ""
        self.focus()

    def action_into_list(self) -> None:
        self.focus()

    def _fill(self) -> None:
        wanted = self._filter.value.strip().lower()
        items = [it for it in self._items if wanted in it.name.lower() or wanted in it.kind]
        before = self.shown
        self._note.update(f"No function has “{visible(wanted)}” in it." if self._items else self._empty)
        self.set_class(not items, "-empty")
        self._list.clear_options()
        widest = max((len(it.label) for it in self._items if it.kind), default=0)
        self._list.add_options(list(_options(items, min(widest, _WIDEST))))
        names = [it.name for it in items]
        if names:
            self._list.highlighted = self._list.get_option_index(before if before in names else names[0])

    @on(Input.Changed, "#function-filter")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._fill()

    @on(Input.Submitted, "#function-filter")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if self.shown:
            self.post_message(self.Chosen(self.shown))

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option_id:
            self.post_message(self.Shown(event.option_id))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id:
            self.post_message(self.Chosen(event.option_id))


def _options(items: Sequence[FunctionItem], column: int) -> Iterator[Option]:
    """The items under the headings of their modules; what they are begins after so many cells, or later."""
    module = None
    for item in items:
        if item.module != module:
            module = item.module
            yield Option(Content(module).stylize("bold"), disabled=True)
        name = Content(item.label) if item.public else Content(item.label).stylize("$text-muted")
        gap = " " * (max(0, column - len(item.label)) + _GAP)
        yield Option(
            Content.assemble(" " * _INDENT, name, gap, (item.kind, "$text-muted")),
            id=item.name,
        )
