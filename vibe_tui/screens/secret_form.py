"""A form for a value that must not be seen: by nobody on the screen, and by no model."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from vibe_tui.screens.dialog import Dialog
from vibe_tui.services.terminal_text import clean
from vibe_tui.widgets.hidden_input import HiddenInput


class SecretForm(Dialog[str]):
    """Answers with the value, or None."""

    def __init__(self, title: str, body: str, *, accept: str) -> None:
        """accept: the label that says what happens next."""
        super().__init__()
        self._title, self._body, self._accept = title, body, accept
        self._field = HiddenInput("Paste or type it; it is not shown")

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog-box") as box:
            box.border_title = Content(clean(self._title))
            yield Static(Content(clean(self._body)), id="dialog-body", markup=False)
            yield self._field
            with Horizontal(id="dialog-buttons"):
                yield Button("Cancel", id="cancel")
                yield Button(Content(self._accept), id="accept", variant="primary", disabled=True)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _changed(self) -> None:
        self.query_one("#accept", Button).disabled = not self._field.value.strip()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._take()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "accept":
            self._take()
        else:
            self.answer(None)

    def _take(self) -> None:
        value = self._field.value.strip()
        if value:
            self.answer(value)
