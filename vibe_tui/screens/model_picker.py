"""Who answers in the chat: the built-in recipes, or a model of one of the providers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from vibe_tui.screens.dialog import Dialog
from vibe_tui.services.terminal_text import visible


@dataclass(frozen=True, slots=True)
class ModelChoice:
    kind: Literal["model", "key"]
    """key: the row asks for the key of a provider."""
    name: str
    """ "PROVIDER/MODEL", or the provider; "" of the kind "model": the built-in recipes."""
    label: str
    detail: str = ""
    window: int = 0
    """Tokens the model can look at; 0: not told."""


@dataclass(frozen=True, slots=True)
class ModelGroup:
    """What one provider has."""

    title: str
    choices: tuple[ModelChoice, ...] = ()
    note: str = ""
    """Why there are none, or that they are still being asked for."""


class ModelPicker(Dialog[ModelChoice]):
    """Answers with the choice, or None. Typing searches; a name that is not listed can be used too."""

    DEFAULT_CSS = """
    ModelPicker {
        & OptionList { height: auto; max-height: 50vh; margin: 1 0; background: $surface; }
        & #picker-keys { color: $text-muted; }
    }
    """

    def __init__(self, current: str) -> None:
        """current: the name of the model that answers now; "": the built-in recipes."""
        super().__init__()
        self._current = current
        self._groups: Sequence[ModelGroup] = ()
        self._rows: list[ModelChoice] = []
        self._moved = False
        self._field = Input(placeholder="Search, or type PROVIDER/MODEL")
        self._field.cursor_blink = False
        self._list = OptionList(markup=False)
        self._list.can_focus = False

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog-box") as box:
            box.border_title = Content("Who answers in the chat")
            box.border_subtitle = Content("Enter chooses, Esc closes")
            yield self._field
            yield self._list
            yield Static("Other providers: vibe-tui model add NAME URL", id="picker-keys", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        self._field.focus()
        self._fill()

    def show(self, groups: Sequence[ModelGroup]) -> None:
        """What is known by now."""
        self._groups = groups
        if self.is_mounted:
            self._fill()

    def _fill(self) -> None:
        """The rows that fit what is typed; the highlight stays with its choice."""
        wanted = self._field.value.strip().casefold()
        at = self._list.highlighted
        before = self._rows[at].name if self._moved and at is not None else self._current
        options: list[Option] = []
        self._rows = []
        for group in self._groups:
            choices = [one for one in group.choices if wanted in f"{one.name} {one.label}".casefold()]
            note = group.note if not wanted else ""
            if not choices and not note:
                continue
            options.append(
                _row(Content.assemble((visible(group.title), "bold"), (f"  {note}", "$text-muted")))
            )
            self._rows.append(ModelChoice("model", "\0", ""))
            options += [self._option(one) for one in choices]
            self._rows += choices
        if typed := self._typed(wanted):
            options.append(Option(Content.assemble("Use ", (visible(typed.name), "bold"))))
            self._rows.append(typed)
        self._list.clear_options()
        self._list.add_options(options)
        chosen = next((n for n, one in enumerate(self._rows) if one.name == before), None)
        first = next((n for n, option in enumerate(options) if not option.disabled), None)
        self._list.highlighted = chosen if chosen is not None else first

    def _option(self, choice: ModelChoice) -> Option:
        mark = "● " if choice.kind == "model" and choice.name == self._current else "  "
        detail = f"  {choice.detail}" if choice.detail else ""
        return Option(Content.assemble(mark, visible(choice.label), (detail, "$text-muted")))

    def _typed(self, wanted: str) -> ModelChoice | None:
        """A name that nobody lists."""
        typed = self._field.value.strip()
        if "/" not in typed or " " in typed or any(one.name == typed for one in self._rows):
            return None
        return ModelChoice("model", typed, typed)

    @on(Input.Changed)
    def _search(self) -> None:
        self._fill()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        at = self._list.highlighted
        if at is not None:
            self.answer(self._rows[at])

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.answer(self._rows[event.option_index])

    def on_key(self, event: events.Key) -> None:
        """The search field keeps the focus; these keys are for the list."""
        moves: dict[str, Callable[[], None]] = {
            "up": self._list.action_cursor_up,
            "down": self._list.action_cursor_down,
            "pageup": self._list.action_page_up,
            "pagedown": self._list.action_page_down,
        }
        if event.key in moves:
            event.stop()
            event.prevent_default()
            self._moved = True
            moves[event.key]()


def _row(text: Content) -> Option:
    return Option(text, disabled=True)
