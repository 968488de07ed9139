"""Markdown that grows at its end, shown by one widget. (Textual's own makes a widget of every paragraph.)"""

from vibe_tui.widgets.chat.markdown.view import MarkdownView

__all__ = ["MarkdownView"]
