"""The preview tab, before there is a preview: it says what is needed."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from vibe_tui.services.terminal_text import clean


class Preview(Static):
    DEFAULT_CSS = """
    Preview { padding: 1 2; height: 1fr; color: $text-muted; background: $surface; }
    """

    def __init__(self, text: str, *, id: str | None = None) -> None:
        super().__init__(Content(clean(text)), id=id)

    def show(self, text: str) -> None:
        """text: plain sentences on what the preview needs, one or more lines."""
        self.update(Content(clean(text)))
