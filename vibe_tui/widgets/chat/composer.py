"""Where prompts are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from vibe_tui.services.terminal_text import clean
from vibe_tui.widgets.text_area import TextArea


class Composer(TextArea):
    """Several lines; Enter sends. Up on the first line and Down on the last go through earlier prompts."""

    DEFAULT_CSS = """
    Composer {
        height: auto;
        min-height: 3;
        max-height: 10;
        padding: 0 1;
        border: round $border-blurred;
        border-subtitle-color: $text-muted;
        background: $surface;
        &:focus { border: round $border; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,alt+enter,shift+enter", "newline", "New line", show=False),
    ]

    @dataclass
    class Sent(Message):
        text: str

    def __init__(self) -> None:
        super().__init__(
            placeholder="Ask for a change to your app",
            tab_behavior="focus",
            highlight_cursor_line=False,
        )
        self.cursor_blink = False
        self.border_subtitle = "Enter sends, Ctrl+J: new line"
        self._history: list[str] = []
        self._at = 0
        """Which of the history is shown; its length: what is being written."""
        self._draft = ""

    def remember(self, prompt: str) -> None:
        """Make a prompt reachable with Up."""
        if not self._history or self._history[-1] != prompt:
            self._history.append(prompt)
        self._at = len(self._history)

    def fill(self, text: str) -> None:
        """Show `text` to be sent or changed."""
        self.load_text(text)
        self.move_cursor(self.document.end)

    def action_newline(self) -> None:
        self.replace("\n", *self.selection)

    def action_cursor_up(self, select: bool = False) -> None:
        if select or not self.cursor_at_first_line or not self._go(-1):
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if select or not self.cursor_at_last_line or not self._go(1):
            super().action_cursor_down(select)

    def _go(self, by: int) -> bool:
        """Show the earlier or later prompt, if there is one."""
        at = self._at + by
        if not 0 <= at <= len(self._history):
            return False
        if self._at == len(self._history):
            self._draft = self.text
        self._at = at
        self.fill(self._draft if at == len(self._history) else self._history[at])
        return True

    async def on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            if self.text.strip():
                self.post_message(self.Sent(self.text.strip()))

    async def on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = event.text.replace("\r\n", "\n").replace("\r", "\n")
        self.move_cursor(self.replace(clean(text), *self.selection).end_location)
