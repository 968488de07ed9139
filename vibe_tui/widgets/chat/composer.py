"""Where prompts are written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from vibe_tui.services.terminal_text import clean
from vibe_tui.widgets.chat.completions import Completions, Suggestion
from vibe_tui.widgets.chat.prompt_history import PromptHistory
from vibe_tui.widgets.text_area import TextArea

_COMMAND = re.compile(r"/([a-z]*)")
_MENTION = re.compile(r"""(?:^|(?<=[\s(]))@(?:"([^"]*)|([^\s"@]*))$""")

Kind = Literal["command", "file", ""]


class Composer(TextArea):
    """Several lines; Enter sends. Up on the first line and Down on the last go through earlier prompts.

    While there is something to complete, Up, Down, Tab, Enter and Esc are for that.
    """

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

    @dataclass
    class Completing(Message):
        """What is being written: a command, the name of a file, or neither."""

        kind: Kind
        query: str

    @dataclass
    class Pasted(Message):
        """One line that may be the path of a picture."""

        path: str

    def __init__(self, completions: Completions) -> None:
        super().__init__(
            placeholder="Ask for a change to your app",
            tab_behavior="focus",
            highlight_cursor_line=False,
        )
        self.cursor_blink = False
        self.border_subtitle = "Enter sends, Ctrl+J: new line"
        self._completions = completions
        self._history = PromptHistory()
        self._dismissed = ""  # the text for which Esc closed the completions

    # --- earlier prompts

    def remember(self, prompt: str) -> None:
        """Make a prompt reachable with Up."""
        self._history.add(prompt)

    def remember_earlier(self, prompts: Sequence[str]) -> None:
        """Those of earlier sessions, oldest first."""
        self._history.add_before(prompts)

    @property
    def last_prompt(self) -> str:
        return self._history.last

    def fill(self, text: str) -> None:
        """Show `text` to be sent or changed."""
        self.load_text(text)
        self.move_cursor(self.document.end)

    def action_newline(self) -> None:
        self.replace("\n", *self.selection)

    def action_cursor_up(self, select: bool = False) -> None:
        if select or not self.cursor_at_first_line or not self._show_prompt(self._history.back(self.text)):
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if select or not self.cursor_at_last_line or not self._show_prompt(self._history.forth()):
            super().action_cursor_down(select)

    def _show_prompt(self, text: str | None) -> bool:
        if text is None:
            return False
        self._dismissed = text  # going through prompts completes nothing
        self.fill(text)
        return True

    # --- completing

    def on_text_area_changed(self) -> None:
        self._look()

    def _look(self) -> None:
        kind, query = self._being_written()
        if not kind or self.text == self._dismissed:
            kind, query = "", ""
            self._completions.offer(())
        if self.text != self._dismissed:
            self._dismissed = ""
        self.post_message(self.Completing(kind, query))

    def _being_written(self) -> tuple[Kind, str]:
        row, column = self.cursor_location
        before = self.document.get_line(row)[:column]
        if row == 0 and self.text == before and (command := _COMMAND.fullmatch(before)):
            return "command", command[1]
        if mention := _MENTION.search(before):
            return "file", mention[1] if mention[1] is not None else mention[2]
        return "", ""

    def complete(self, suggestion: Suggestion) -> None:
        """Put it in the place of what is being written."""
        kind, _ = self._being_written()
        row, column = self.cursor_location
        if kind == "command":
            self.fill(f"{suggestion.value} ")
        elif kind == "file":
            start = _start_of_mention(self.document.get_line(row)[:column])
            value = f'"{suggestion.value}"' if " " in suggestion.value else suggestion.value
            end = self.replace(f"@{value} ", (row, start), (row, column)).end_location
            self.move_cursor(end)
        self._completions.offer(())

    # --- keys

    async def on_key(self, event: events.Key) -> None:
        if self._completions.is_open and self._completing_key(event.key):
            event.stop()
            event.prevent_default()
        elif event.key == "enter":
            event.stop()
            event.prevent_default()
            self.send()

    def send(self) -> None:
        if self.text.strip():
            self._completions.offer(())
            self.post_message(self.Sent(self.text.strip()))

    def _completing_key(self, key: str) -> bool:
        suggestion = self._completions.highlighted
        match key:
            case "up":
                self._completions.move(-1)
            case "down":
                self._completions.move(1)
            case "tab":
                self.complete(suggestion)
            case "enter" if self._is_written(suggestion):
                return False
            case "enter":
                self.complete(suggestion)
                if suggestion.at_once:
                    self.send()
            case "escape":
                self._dismissed = self.text
                self._completions.offer(())
            case _:
                return False
        return True

    def _is_written(self, suggestion: Suggestion) -> bool:
        """Nothing is left to complete."""
        kind, query = self._being_written()
        return suggestion.value == (f"/{query}" if kind == "command" else query)

    async def on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = clean(event.text.replace("\r\n", "\n").replace("\r", "\n"))
        self.move_cursor(self.replace(text, *self.selection).end_location)
        if "\n" not in text.strip():
            self.post_message(self.Pasted(text.strip()))


def _start_of_mention(before: str) -> int:
    mention = _MENTION.search(before)
    return mention.start() if mention else len(before)
