"""A long action under way: how far it is, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

_WIDTH = 30


class ProgressDialog(ModalScreen[None]):
    """Esc or Cancel asks the action to stop; whoever started it closes the dialog with `finish`."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar = [Binding("escape", "cancel", "Cancel", show=False)]

    def __init__(
        self, title: str, what: str, on_cancel: Callable[[], object], *, unit: str = "files"
    ) -> None:
        """unit: what is counted."""
        super().__init__()
        self._unit = unit
        self._title = title
        self._what = what
        self._on_cancel = on_cancel
        self._reached = (0, 0)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog-box") as box:
            box.border_title = self._title
            yield Static(f"{self._what} …", id="dialog-body", markup=False)
            with Horizontal(id="dialog-buttons"):
                yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        self.show(*self._reached)

    def show(self, done: int, total: int) -> None:
        """Paint the bar anew; before the dialog is there, as soon as it is."""
        self._reached = done, total
        if self.is_mounted and total:
            filled = _WIDTH * done // total
            bar = "█" * filled + "░" * (_WIDTH - filled)
            self.query_one("#dialog-body", Static).update(
                f"{self._what}\n\n{bar}  {done:,} of {total:,} {self._unit}"
            )

    def finish(self) -> None:
        if self.is_attached and self.app.screen is self:
            self.dismiss()
        elif self.is_attached:
            self.remove()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_cancel()

    def action_cancel(self) -> None:
        self._on_cancel()
