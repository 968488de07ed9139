"""The chat: what was asked, what was done about it, and where to ask."""

from vibe_tui.widgets.chat.panel import ChatPanel

__all__ = ["ChatPanel"]
