"""The plain entries of a chat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Static

from vibe_tui.services.terminal_text import clean, visible
from vibe_tui.widgets.chat.entry import Entry
from vibe_tui.widgets.chat.line import Line
from vibe_tui.widgets.chat.messages import OfferTaken, ProblemChosen

LONGEST_SAID = 4_000
"""Characters of a text that are shown."""


class Said(Static, Entry):
    """Text of the user (-user), of the assistant, or a remark of ours (-remark)."""

    DEFAULT_CSS = """
    Said {
        height: auto;
        margin: 0 0 1 0;
        &.-user { border-left: outer $primary; padding: 0 1; background: $panel; margin: 1 0; }
        &.-remark { color: $text-muted; }
    }
    """

    def __init__(self, text: str, kind: str = "") -> None:
        self._text, self._kind = text, kind
        shown = clean(text)
        if len(shown) > LONGEST_SAID:
            shown = f"{shown[:LONGEST_SAID]}\n… and {len(shown) - LONGEST_SAID:,} more characters"
        super().__init__(Content(shown), classes=kind, markup=False)

    def maker(self) -> Callable[[], Entry]:
        return partial(Said, self._text, self._kind)


class Refusal(Static, Entry):
    """Why something was not done, what to do instead, and what can be asked for."""

    DEFAULT_CSS = """
    Refusal { height: auto; margin: 1 0; border-left: outer $warning; padding: 0 1; }
    """

    def __init__(self, reason: str, next_step: str, items: Sequence[str]) -> None:
        self._reason, self._next_step, self._items = reason, next_step, items
        parts = [reason, next_step, *(f"• {item}" for item in items)]
        super().__init__(Content("\n".join(clean(part) for part in parts if part)), markup=False)

    def maker(self) -> Callable[[], Entry]:
        return partial(Refusal, self._reason, self._next_step, self._items)


class Offer(Vertical, Entry):
    """A sentence, and the button that acts on it."""

    DEFAULT_CSS = """
    Offer {
        height: auto;
        margin: 0 0 1 0;
        & > Static { height: auto; }
        &.-taken > Button { display: none; }
    }
    """

    def __init__(self, text: str, button: str, action_id: str, *, taken: bool = False) -> None:
        super().__init__(classes="-taken" if taken else None)
        self._text, self._button, self._action = text, button, action_id

    def maker(self) -> Callable[[], Entry]:
        return partial(Offer, self._text, self._button, self._action, taken=self.has_class("-taken"))

    def compose(self) -> ComposeResult:
        yield Static(Content(clean(self._text)), markup=False)
        yield Button(Content(clean(self._button)), compact=True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.add_class("-taken")
        self.post_message(OfferTaken(self._action))


class DeployLine(Line, Entry):
    """Deploying, then how it ended; a failure leads to its place in the code."""

    DEFAULT_CSS = """
    DeployLine {
        color: $text-muted;
        &.-good { color: $success; }
        &.-bad { color: $error; }
    }
    """

    def __init__(self) -> None:
        super().__init__("  deploying…")
        self.can_focus = False
        self.pending = True
        self._path, self._number = "", 0
        self._tone, self._text = "", "  deploying…"

    def maker(self) -> Callable[[], Entry]:
        return partial(_ended_line, self._tone, self._text, self._path, self._number)

    def done(self, seconds: float) -> None:
        self.end("-good", f"✓ deployed {seconds:.1f} s")

    def failed(self, reason: str, path: str, line: int) -> None:
        """line: from 1; 0 and "": not known."""
        place = f"{visible(path)}:{line}: " if line else f"{visible(path)}: " if path else ""
        self.end("-bad", f"✗ {place}{clean(reason)}", path, line)

    def left(self) -> None:
        """The turn ended without waiting for it."""
        self.end("", "  deploying has not ended")

    def end(self, tone: str, text: str, path: str = "", line: int = 0) -> None:
        """tone: a class. path, line: as of `failed`."""
        self._path, self._number = path, line
        self.can_focus = bool(path)
        self.pending = False
        self._tone, self._text = tone, text
        self.set_classes(tone)
        self.update(Content(text))

    def action_choose(self) -> None:
        if self._path:
            self.post_message(ProblemChosen(self._path, self._number))


def _ended_line(tone: str, text: str, path: str, line: int) -> DeployLine:
    made = DeployLine()
    made.end(tone, text, path, line)
    return made
