"""What dialogs have in common: a box in the middle, Esc to leave, and no answer too early."""

from __future__ import annotations

import time
from pathlib import Path
from typing import ClassVar, TypeVar

from textual.binding import Binding
from textual.screen import ModalScreen

Result = TypeVar("Result")

GRACE = 0.3
"""Seconds after opening in which nothing is answered: those keys were meant for the page below."""


class Dialog(ModalScreen[Result | None]):
    """A modal box. Esc answers None."""

    CSS_PATH = Path(__file__).with_name("dialog.tcss")  # also of a dialog in another folder
    BINDINGS: ClassVar = [
        Binding("escape", "leave", "Cancel", show=False),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._opened = time.monotonic()

    def on_mount(self) -> None:
        self._opened = time.monotonic()

    def answer(self, result: Result | None) -> None:
        """Close with this answer, unless it comes too early to be one."""
        if time.monotonic() - self._opened >= GRACE:
            self.dismiss(result)

    def action_leave(self) -> None:
        self.answer(None)
