"""What can be meant by the word that is being written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from vibe_tui.services.terminal_text import visible

ROWS = 8


@dataclass(frozen=True, slots=True)
class Suggestion:
    value: str
    """What is put into the prompt."""
    help: str = ""
    at_once: bool = False
    """Whether Enter needs nothing more after it."""


class Completions(Static):
    """A list that never has the focus: the prompt keeps it, and passes its keys on."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Completions {
        display: none;
        height: auto;
        margin: 0 1;
        background: $panel;
        &.-open { display: block; }
    }
    """

    @dataclass
    class Chosen(Message):
        suggestion: Suggestion

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._suggestions: Sequence[Suggestion] = ()
        self._at = 0

    @property
    def is_open(self) -> bool:
        return bool(self._suggestions)

    @property
    def highlighted(self) -> Suggestion:
        return self._suggestions[self._at]

    def offer(self, suggestions: Sequence[Suggestion]) -> None:
        """Show these; none closes the list."""
        if list(suggestions) != list(self._suggestions):
            self._suggestions, self._at = tuple(suggestions), 0
        self.set_class(self.is_open, "-open")
        self._show()

    def move(self, by: int) -> None:
        self._at = (self._at + by) % len(self._suggestions)
        self._show()

    def on_click(self, event: events.Click) -> None:
        number = event.style.meta.get("suggestion")
        if isinstance(number, int) and number < len(self._suggestions):
            event.stop()
            self.post_message(self.Chosen(self._suggestions[number]))

    def on_resize(self) -> None:
        self._show()

    def _show(self) -> None:
        first = max(0, min(self._at - ROWS // 2, len(self._suggestions) - ROWS))
        shown = self._suggestions[first : first + ROWS]
        self.update(Content("\n").join(self._row(n, one) for n, one in enumerate(shown, first)))

    def _row(self, number: int, one: Suggestion) -> Content:
        width = self.content_size.width or 40
        row = Content.assemble(f" {visible(one.value)}  ", (one.help, "$text-muted"))
        row = row.truncate(width, ellipsis=True, pad=True)
        if number == self._at:
            row = row.stylize_before("$block-cursor-blurred-foreground on $block-cursor-blurred-background")
        return row.stylize(Style.from_meta({"suggestion": number}))
