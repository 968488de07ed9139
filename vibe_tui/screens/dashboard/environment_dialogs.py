"""Dialogs in which values are given: they are never shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from vibe_tui.screens.dialog import Dialog
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import clean, visible
from vibe_tui.widgets.hidden_input import HiddenInput


@dataclass(frozen=True, slots=True)
class GivenVariable:
    name: str
    value: Secret


class VariableDialog(Dialog[GivenVariable]):
    """Asks for a variable's name, unless that is given, and its value."""

    def __init__(self, *, name: str = "", there: Collection[str] = (), problem: str = "") -> None:
        """name: of the variable to change; "" for a new one. there: names that are taken. problem: why the
        one given before was not set."""
        super().__init__()
        self._name = name
        self._there = there
        self._problem = problem

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog-box") as box:
            box.border_title = Content(f"Change {visible(self._name)}" if self._name else "Add a variable")
            if self._problem:
                yield Static(Content(clean(self._problem)), classes="bad", markup=False)
            if not self._name:
                field = Input(placeholder="Name, for example AUTH_GOOGLE_ID", id="variable-new-name")
                field.cursor_blink = False
                yield field
            yield HiddenInput("Value: not shown, several lines can be pasted", id="variable-new-value")
            yield Static(id="variable-note", classes="muted", markup=False)
            with Horizontal(id="dialog-buttons"):
                yield Button("Cancel", id="cancel")
                yield Button("Set it", id="accept", variant="primary")

    def on_mount(self) -> None:
        super().on_mount()
        self.query(Input).first().focus()
        self._changed()

    @on(Input.Changed)
    def _changed(self) -> None:
        name = self._given_name
        taken = not self._name and name in self._there
        self.query_one("#variable-note", Static).update(
            f"{visible(name)} is there already: its value will be replaced." if taken else ""
        )
        self.query_one("#accept", Button).disabled = not name

    @property
    def _given_name(self) -> str:
        return self._name or self.query_one("#variable-new-name", Input).value.strip()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id == "variable-new-name":
            self.query_one(HiddenInput).query_one(Input).focus()
        else:
            self._accept()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "accept":
            self._accept()
        else:
            self.answer(None)

    def _accept(self) -> None:
        if self._given_name:
            self.answer(GivenVariable(self._given_name, Secret(self.query_one(HiddenInput).value)))


@dataclass(frozen=True, slots=True)
class ImportSource:
    """One of the two."""

    file: str
    text: Secret


class ImportDialog(Dialog[ImportSource]):
    """Asks for a .env file, or its text."""

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog-box") as box:
            box.border_title = "Import variables"
            yield Static("A .env file, or its text. Nothing is set before you have seen what changes.")
            field = Input(placeholder="The file's path", id="import-file")
            field.cursor_blink = False
            yield field
            yield HiddenInput("… or paste the text here: not shown", id="import-text")
            with Horizontal(id="dialog-buttons"):
                yield Button("Cancel", id="cancel")
                yield Button("Show what changes", id="accept", variant="primary")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#import-file").focus()
        self._changed()

    @on(Input.Changed)
    def _changed(self) -> None:
        self.query_one("#accept", Button).disabled = not (self._file or self._text)

    @property
    def _file(self) -> str:
        return self.query_one("#import-file", Input).value.strip()

    @property
    def _text(self) -> str:
        return self.query_one(HiddenInput).value

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._accept()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "accept":
            self._accept()
        else:
            self.answer(None)

    def _accept(self) -> None:
        if self._text:
            self.answer(ImportSource("", Secret(self._text)))
        elif self._file:
            self.answer(ImportSource(self._file, Secret("")))
