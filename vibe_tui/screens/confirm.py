"""A question with a few answers; the safe one is the default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from vibe_tui.screens.dialog import Dialog


@dataclass(frozen=True, slots=True)
class Option:
    """An answer."""

    id: str
    label: str
    """Says what happens, e.g. "Delete the project"."""
    tone: Literal["safe", "plain", "danger"] = "plain"


class ConfirmDialog(Dialog[str]):
    """Answers with the id of the chosen option, or None."""

    def __init__(self, title: str, body: str, options: Sequence[Option], *, type_name: str = "") -> None:
        """type_name: when given, it has to be typed before an option of tone "danger" can be chosen."""
        super().__init__()
        self._title = title
        self._body = body
        self._options = tuple(options)
        self._type_name = type_name

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog-box") as box:
            box.border_title = Content(self._title)
            yield Static(self._body, id="dialog-body", markup=False)
            if self._type_name:
                yield Static(f'Type "{self._type_name}" to go on:', markup=False, classes="ask")
                name = Input()
                name.cursor_blink = False
                yield name
            with Horizontal(id="dialog-buttons"):
                for index, option in enumerate(self._options):
                    yield Button(
                        Content(option.label),
                        id=f"option-{index}",
                        variant="error" if option.tone == "danger" else "default",
                        disabled=bool(self._type_name) and option.tone == "danger",
                    )

    def on_mount(self) -> None:
        super().on_mount()
        if self._type_name:
            self.query_one(Input).focus()
        else:
            self.query_one(f"#option-{self._safest()}", Button).focus()

    def _safest(self) -> int:
        tones = [option.tone for option in self._options]
        return next((tones.index(tone) for tone in ("safe", "plain") if tone in tones), 0)

    def on_input_changed(self, event: Input.Changed) -> None:
        for index, option in enumerate(self._options):
            if option.tone == "danger":
                self.query_one(f"#option-{index}", Button).disabled = event.value != self._type_name

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.answer(self._options[int(str(event.button.id).removeprefix("option-"))].id)
