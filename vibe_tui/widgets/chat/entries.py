"""The plain entries of a chat."""

from __future__ import annotations

from collections.abc import Sequence

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

    def again(self) -> Said:
        return Said(self._text, self._kind)


class Refusal(Static, Entry):
    """Why something was not done, what to do instead, and what can be asked for."""

    DEFAULT_CSS = """
    Refusal { height: auto; margin: 1 0; border-left: outer $warning; padding: 0 1; }
    """

    def __init__(self, reason: str, next_step: str, items: Sequence[str]) -> None:
        self._reason, self._next_step, self._items = reason, next_step, items
        parts = [reason, next_step, *(f"• {item}" for item in items)]
        super().__init__(Content("\n".join(clean(part) for part in parts if part)), markup=False)

    def again(self) -> Refusal:
        return Refusal(self._reason, self._next_step, self._items)


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

    def __init__(self, text: str, button: str, action_id: str) -> None:
        super().__init__()
        self._text, self._button, self._action = text, button, action_id

    def again(self) -> Offer:
        offer = Offer(self._text, self._button, self._action)
        offer.set_class(self.has_class("-taken"), "-taken")
        return offer

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

    def again(self) -> DeployLine:
        line = DeployLine()
        line._path, line._number, line.can_focus = self._path, self._number, self.can_focus
        if not self.pending:
            line._end(self._tone, self._text)
        return line

    def done(self, seconds: float) -> None:
        self._end("-good", f"✓ deployed {seconds:.1f} s")

    def failed(self, reason: str, path: str, line: int) -> None:
        """line: from 1; 0 and "": not known."""
        self._path, self._number = path, line
        self.can_focus = bool(path)
        place = f"{visible(path)}:{line}: " if line else f"{visible(path)}: " if path else ""
        self._end("-bad", f"✗ {place}{clean(reason)}")

    def left(self) -> None:
        """The turn ended without waiting for it."""
        self._end("", "  deploying has not ended")

    def _end(self, tone: str, text: str) -> None:
        self.pending = False
        self._tone, self._text = tone, text
        self.set_classes(tone)
        self.update(Content(text))

    def action_choose(self) -> None:
        if self._path:
            self.post_message(ProblemChosen(self._path, self._number))
