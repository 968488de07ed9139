"""A question that is answered with one line of text."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from vibe_tui.screens.dialog import Dialog


class PromptDialog(Dialog[str]):
    """Answers with the text, without blanks around it, or None. An empty text is no answer."""

    def __init__(self, title: str, body: str, *, value: str = "", accept: str = "OK") -> None:
        """value: what stands in the field at first. accept: the label that says what happens next."""
        super().__init__()
        self._title = title
        self._body = body
        self._value = value
        self._accept = accept

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog-box") as box:
            box.border_title = Content(self._title)
            yield Static(self._body, id="dialog-body", markup=False)
            field = Input(self._value, select_on_focus=False)
            field.cursor_blink = False
            yield field
            with Horizontal(id="dialog-buttons"):
                yield Button("Cancel", id="cancel")
                yield Button(Content(self._accept), id="accept", variant="primary")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(Input).focus()
        self._allow(self._value)
        self.call_after_refresh(self._show_end)

    def _show_end(self) -> None:
        """Of a text that is too long for the field, the end says more; there is the cursor."""
        field = self.query_one(Input)
        field.cursor_position = 0
        field.cursor_position = len(field.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._allow(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._accept_text()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "accept":
            self._accept_text()
        else:
            self.answer(None)

    def _allow(self, text: str) -> None:
        self.query_one("#accept", Button).disabled = not text.strip()

    def _accept_text(self) -> None:
        text = self.query_one(Input).value.strip()
        if text:
            self.answer(text)
