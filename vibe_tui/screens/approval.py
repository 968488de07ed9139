"""Something a model wants to do, shown exactly, for the user to allow or reject."""

from __future__ import annotations

import time

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from vibe_tui.screens.dialog import Dialog
from vibe_tui.services.assistant.ports import ToolRequest
from vibe_tui.services.terminal_text import visible
from vibe_tui.widgets.diff_view import DiffView

GRACE_SECONDS = 0.5
"""Keys and clicks this soon after the question were not meant for it."""
_ASKS = {
    "command": "The assistant wants to run this on this computer:",
    "packages": "The assistant wants to run this on this computer. Packages may run programs of their own:",
    "delete": "The assistant wants to delete these files:",
    "change": "The assistant wants to write this:",
}


class ApprovalDialog(Dialog[bool]):
    """Answers True only for *Allow once*. Rejecting is what a careless Enter or Esc does."""

    DEFAULT_CSS = """
    ApprovalDialog {
        & #request { height: auto; max-height: 60vh; margin-top: 1; background: $panel; padding: 0 1; }
        & #request Static { height: auto; }
    }
    """

    def __init__(self, request: ToolRequest) -> None:
        super().__init__()
        self._request = request

    def compose(self) -> ComposeResult:
        request = self._request
        with Vertical(id="dialog-box") as box:
            box.border_title = Content(visible(request.title))
            box.border_subtitle = Content("Esc rejects")
            yield Static(_ASKS[request.kind], id="dialog-body", markup=False)
            with VerticalScroll(id="request"):
                if request.kind == "change":
                    yield DiffView(request.detail)
                else:
                    lines = map(visible, request.detail.split("\n"))
                    yield Static(Content("\n".join(lines)), markup=False)
            with Horizontal(id="dialog-buttons"):
                yield Button("Reject", id="reject")
                yield Button("Allow once", id="allow", variant="warning")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#reject").focus()

    def answer(self, result: bool | None) -> None:
        if time.monotonic() - self._opened >= GRACE_SECONDS:
            super().answer(result)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.answer(event.button.id == "allow")
