"""The row below the prompt: which model answers, and what that takes."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from vibe_tui.services.terminal_text import visible


def tokens(count: int) -> str:
    """A number of tokens, short: 678, 12.3k, 1.2M."""
    if count < 1_000:
        return str(count)
    return f"{count / 1_000:.1f}k" if count < 1_000_000 else f"{count / 1_000_000:.1f}M"


class ChatFoot(Static):
    """Nothing to say: no row."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    ChatFoot { height: 1; padding: 0 1; color: $text-muted; display: none; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._model, self._used, self._reviews = "", "", False

    def show_model(self, name: str) -> None:
        """Empty: no model answers."""
        if visible(name) != self._model:
            self._model, self._used = visible(name), ""
            self._show()

    def show_used(self, prompt: int | None, completion: int | None, cost: float | None) -> None:
        """What the turn used; None: nobody tells."""
        known = prompt is not None and completion is not None
        used = f"{tokens(prompt or 0)} in, {tokens(completion or 0)} out" if known else "tokens unknown"
        self._used = f"{used}, {'cost unknown' if cost is None else f'${cost:.4f}'}"
        self._show()

    def show_reviews(self, reviews: bool) -> None:
        """Whether every change is asked about."""
        self._reviews = reviews
        self._show()

    def on_resize(self) -> None:
        self._show()

    def _show(self) -> None:
        used = self._used if self._model else ""
        reviews = "review on" if self._reviews else ""
        right = Content("  ").join([Content(part) for part in (used, reviews) if part])
        self.display = bool(self._model or reviews)
        room = self.content_size.width - right.cell_length - 2
        left = Content(self._model)
        if self._model and room > 4:
            self.update(Content.assemble(left.truncate(room, ellipsis=True, pad=True), "  ", right))
        else:
            self.update(right if right else left)
