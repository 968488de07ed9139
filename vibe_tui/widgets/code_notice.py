"""The row over a file's text: what is wrong with it, or what has to be decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static

Choice = Literal["mine", "theirs"]


class CodeNotice(Horizontal):
    """One row, or two where the question is long; not there at all when there is nothing to say."""

    DEFAULT_CSS = """
    CodeNotice {
        height: auto;
        max-height: 3;
        padding: 0 1;
        display: none;
        background: $panel;
        & > Static { width: 1fr; }
        & > Button { display: none; margin-left: 1; }
        &.-problem { display: block; color: $text-error; }
        &.-note { display: block; color: $text-muted; }
        &.-question { display: block; color: $text-warning; }
        &.-question > Button { display: block; }
    }
    """

    @dataclass
    class Answered(Message):
        choice: Choice

    def __init__(self) -> None:
        super().__init__()
        self._text = Static(markup=False)
        self._said = ("", "")

    def compose(self) -> ComposeResult:
        yield self._text

    def clear(self) -> None:
        self._say("", "")

    def problem(self, text: str) -> None:
        self._say("-problem", text)

    def note(self, text: str) -> None:
        self._say("-note", text)

    def ask(self, text: str) -> None:
        if not self.query(Button):
            self.mount(
                Button("Keep mine", id="mine", compact=True), Button("Take theirs", id="theirs", compact=True)
            )
        self._say("-question", text)

    def _say(self, tone: str, text: str) -> None:
        if self._said == (tone, text):
            return  # saying it again would lay the page out again, at every key
        self._said = (tone, text)
        for name in ("-problem", "-note", "-question"):
            self.set_class(name == tone, name)
        self._text.update(Content(text))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Answered("mine" if event.button.id == "mine" else "theirs"))
