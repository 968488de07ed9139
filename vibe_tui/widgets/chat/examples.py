"""What an empty chat shows: what can be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from vibe_tui.widgets.chat.line import Line

EXAMPLES = (
    "Add a messages database table",
    "Create a function to save user messages",
    "Add authentication with Google",
    "Make the app real-time with subscriptions",
)
_WITHOUT_MODEL = "Say what to add to your app. You see the plan before anything is written.\n\nFor example:"
_WITH_MODEL = (
    "Say what to add to your app, or ask about it. Every change is shown, and can be undone.\n\nFor example:"
)


@dataclass
class ExampleChosen(Message):
    text: str


class Example(Line):
    def action_choose(self) -> None:
        self.post_message(ExampleChosen(str(self.content)))


class Examples(Vertical):
    DEFAULT_CSS = """
    Examples {
        height: auto;
        padding: 1;
        & > .title { color: $text-muted; margin-bottom: 1; }
        & > Example { color: $primary; padding: 0 1; }
    }
    """

    def __init__(self, examples: Sequence[str]) -> None:
        super().__init__()
        self._examples = examples
        self._title = Static(_WITHOUT_MODEL, markup=False, classes="title")

    def answered_by(self, *, model: bool) -> None:
        """Say what happens with what is asked. Without a model recipes answer."""
        self._title.update(_WITH_MODEL if model else _WITHOUT_MODEL)

    def compose(self) -> ComposeResult:
        yield self._title
        for text in self._examples:
            yield Example(text)
