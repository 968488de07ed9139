"""Lines of a log as styled text."""

from __future__ import annotations

from rich.style import Style
from rich.text import Span, Text
from textual.cache import LRUCache

from vibe_tui.widgets.log_lines import LogLines


class LogPaint:
    """Turns the colours in a line (SGR) into styles, for the lines that are looked at."""

    def __init__(self, lines: LogLines) -> None:
        self._lines = lines
        self._texts: LRUCache[int, Text] = LRUCache(512)

    def clear(self) -> None:
        self._texts.clear()

    def text(self, number: int, base: Style) -> Text:
        """A line, for the caller to change. base: what the default colours are."""
        text = self._texts.get(number)
        if text is None:
            line = self._lines[number]
            text = _coloured(line, base) if "\x1b" in line else Text(line, end="")
            self._texts[number] = text
        return text.copy()


def _coloured(line: str, base: Style) -> Text:
    text = Text.from_ansi(line, end="", no_wrap=True)
    text.spans = [Span(start, end, _on(base, style)) for start, end, style in text.spans]
    return text


def _on(base: Style, style: str | Style) -> str | Style:
    """The style with our default colours in place of the terminal's."""
    if isinstance(style, str):
        return style
    if style.color is not None and style.color.is_default:
        style += Style(color=base.color)
    if style.bgcolor is not None and style.bgcolor.is_default:
        style += Style(bgcolor=base.bgcolor)
    return style
