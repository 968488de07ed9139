"""Lines of a log as runs of text in one style."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rich.ansi import AnsiDecoder
from rich.style import Style
from textual.cache import LRUCache

from vibe_tui.widgets.log_lines import LogLines

Runs = list[tuple[str, Style]]

_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
_PLAIN = Style()


class LogPaint:
    """Turns the colours in a line (SGR) into styles, for the lines that are looked at."""

    def __init__(self, lines: LogLines) -> None:
        self._lines = lines
        self._runs: LRUCache[int, Runs] = LRUCache(512)

    def clear(self) -> None:
        self._runs.clear()

    def runs(self, number: int) -> Runs:
        runs = self._runs.get(number)
        if runs is None:
            runs = self._runs[number] = list(_parse(self._lines[number]))
        return runs


def _parse(line: str) -> Iterator[tuple[str, Style]]:
    style, at = _PLAIN, 0
    for found in _SGR.finditer(line):
        if found.start() > at:
            yield line[at : found.start()], style
        style, at = _after(style, found[1]), found.end()
    if at < len(line):
        yield line[at:], style


@lru_cache(maxsize=1024)
def _after(style: Style, parameters: str) -> Style:
    """The style once the sequence with these parameters has come. Default colours are no colours."""
    decoder = AnsiDecoder()
    decoder.style = style
    decoder.decode_line(f"\x1b[{parameters}m")
    after = decoder.style
    return Style(
        color=None if after.color is None or after.color.is_default else after.color,
        bgcolor=None if after.bgcolor is None or after.bgcolor.is_default else after.bgcolor,
        bold=after.bold,
        dim=after.dim,
        italic=after.italic,
        underline=after.underline,
        reverse=after.reverse,
        strike=after.strike,
    )


def overlay(runs: Runs, start: int, end: int, style: Style) -> Runs:
    """The runs with `style` on top from character `start` to before `end`; -1: to the end."""
    result: Runs = []
    at = 0
    for text, below in runs:
        first = max(0, start - at)
        last = len(text) if end < 0 else min(len(text), end - at)
        at += len(text)
        if first >= last:
            result.append((text, below))
            continue
        parts = ((text[:first], below), (text[first:last], below + style), (text[last:], below))
        result += [part for part in parts if part[0]]
    return result


def cut(runs: Runs, start: int, end: int) -> Runs:
    """The characters from `start` to before `end`."""
    result: Runs = []
    at = 0
    for text, style in runs:
        part = text[max(0, start - at) : max(0, end - at)]
        at += len(text)
        if part:
            result.append((part, style))
    return result
