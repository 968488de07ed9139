"""How an execution of a function reads in the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from vibe_tui.services.convex.function_error import place_in
from vibe_tui.services.convex.log_entries import Level, LogEntry
from vibe_tui.services.terminal_text import CUT_MARK, LINE_LIMIT, redact

_RED, _YELLOW, _GREEN, _GREY, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[90m", "\x1b[39m"
# The theme of the page says what these colours are.
_COLOURS: dict[Level, str] = {"DEBUG": _GREY, "LOG": "", "INFO": "", "WARN": _YELLOW, "ERROR": _RED}
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of the log. text: clean, may have colours."""

    text: str
    entry: LogEntry
    part: Literal["head", "logged", "error"]

    @property
    def place(self) -> tuple[str, int] | None:
        """The file of the project and the line that it is about."""
        if self.part == "head":
            return None
        error = self.entry.error
        thrown = (
            (error.file, error.line) if self.part == "error" and error is not None and error.file else None
        )
        return place_in(self.text) or thrown


def lines_of(entry: LogEntry) -> list[ShownLine]:
    shown = [ShownLine(_head(entry), entry, "head")]
    for line in entry.lines:
        mark = "" if line.level in ("LOG", "INFO") else f"{line.level} "
        cut = " … (cut by Convex)" if line.truncated else ""
        texts = redact(f"{mark}{line.text}{cut}").split("\n")
        shown += [ShownLine(_coloured(text, _COLOURS[line.level]), entry, "logged") for text in texts]
    if entry.error is not None:
        texts = redact(entry.error.message).split("\n")
        shown += [ShownLine(_coloured(text, _RED), entry, "error") for text in texts]
    return shown


def _head(entry: LogEntry) -> str:
    """E.g. "12:04:11 ● messages:send mutation 12 ms  c0ffee"."""
    if entry.running:
        how, colour = "↻", _YELLOW
    else:
        how, colour = ("✗", _RED) if entry.error is not None else ("●", _GREEN)
    took = "running" if entry.running else f"{entry.seconds * 1000:,.0f} ms"
    cached = ", cached" if entry.cached else ""
    return (
        f"{_GREY}{_clock(int(entry.time))}{_PLAIN} {colour}{how}{_PLAIN} {entry.function} "
        f"{_GREY}{entry.type} {took}{cached}  {entry.request_id}{_PLAIN}"
    )


def _coloured(text: str, colour: str) -> str:
    text = _INDENT + (text if len(text) <= LINE_LIMIT else text[:LINE_LIMIT] + CUT_MARK)
    return f"{colour}{text}{_PLAIN}" if colour else text


@lru_cache(maxsize=256)
def _clock(second: int) -> str:
    """Seconds since the epoch as local time."""
    return datetime.fromtimestamp(second).astimezone().strftime("%H:%M:%S")
