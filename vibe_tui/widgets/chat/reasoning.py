"""What a model thinks before it answers: folded, and dimmed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from vibe_tui.services.terminal_text import clean
from vibe_tui.widgets.chat.entry import Entry
from vibe_tui.widgets.chat.line import Line

FLUSH = 0.25
SHOWN = 20_000
"""Characters, the last ones."""


class _Fold(Line):
    class Chosen(Message):
        pass

    def action_choose(self) -> None:
        self.post_message(self.Chosen())


class Reasoning(Vertical, Entry):
    """One line that tells how much there is; choosing it shows the text."""

    DEFAULT_CSS = """
    Reasoning {
        height: auto;
        color: $text-muted;
        & > _Fold { color: $text-muted; }
        & > Static { height: auto; }
        & > #thoughts { padding: 0 2; text-style: italic; }
    }
    """

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._text = text
        self._ended = bool(text)
        self._open = False
        self._line = _Fold()
        self._timer: Timer | None = None

    def maker(self) -> Callable[[], Entry]:
        return partial(Reasoning, self._text)

    def compose(self) -> ComposeResult:
        yield self._line

    def on_mount(self) -> None:
        self._show()

    def write(self, text: str) -> None:
        self._text += clean(text)
        if self._timer is None and self.is_attached:
            self._timer = self.set_timer(FLUSH, self._show)

    def end(self) -> None:
        self._ended = True
        self._show()

    def _show(self) -> None:
        self._timer = None
        what = "Thought" if self._ended else "Thinking…"
        arrow = "▾" if self._open else "▸"
        self._line.update(Content(f"{what}  {len(self._text):,} characters {arrow}"))
        if self._open:
            cut = "…" if len(self._text) > SHOWN else ""
            self.query_one("#thoughts", Static).update(Content(cut + self._text[-SHOWN:].strip()))

    @on(_Fold.Chosen)
    def _toggle(self, event: _Fold.Chosen) -> None:
        event.stop()
        self._open = not self._open
        if self._open:
            self.mount(Static(id="thoughts", markup=False))
        else:
            self.query("#thoughts").remove()
        self.call_after_refresh(self._show) if self._open else self._show()
