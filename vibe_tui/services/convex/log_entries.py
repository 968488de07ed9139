"""Executions of functions as the log tells them, and choosing among them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from vibe_tui.services.convex.function_error import FunctionError

Level = Literal["DEBUG", "LOG", "INFO", "WARN", "ERROR"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""From the least to the most urgent; LOG and INFO weigh the same."""
_WEIGHTS: dict[Level, int] = {"DEBUG": 0, "LOG": 1, "INFO": 1, "WARN": 2, "ERROR": 3}


@dataclass(frozen=True, slots=True)
class LogLine:
    level: Level
    text: str
    """Untrusted text, cleaned; may have several lines."""
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One execution, or what a running one has logged so far."""

    time: float
    """Seconds since the epoch."""
    function: str
    """E.g. "messages:send"; for an HTTP action its method and path."""
    type: str
    """ "query", "mutation", "action" or "httpaction"."""
    lines: tuple[LogLine, ...]
    running: bool
    """True: it has not ended; seconds and error say nothing yet."""
    seconds: float
    error: FunctionError | None
    request_id: str
    cached: bool = False
    """True: a query whose result was known already."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """function: a name, or a module for all its functions; "" all. named: a part of the name, in any case.
    level: that one and worse, where a failure weighs as ERROR. request_id: one request's executions."""

    function: str = ""
    named: str = ""
    level: Level = "DEBUG"
    request_id: str = ""

    def pick(self, entry: LogEntry) -> LogEntry | None:
        """The entry with the lines that fit; None when nothing of it does."""
        wanted = self.function
        if wanted and entry.function != wanted and not entry.function.startswith(f"{wanted}:"):
            return None
        if self.named.lower() not in entry.function.lower():
            return None
        if self.request_id and entry.request_id != self.request_id:
            return None
        weight = _WEIGHTS[self.level]
        lines = tuple(line for line in entry.lines if _WEIGHTS[line.level] >= weight)
        if self.level != "DEBUG" and not lines and entry.error is None:
            return None
        return entry if len(lines) == len(entry.lines) else replace(entry, lines=lines)


def level_of(text: str) -> Level | None:
    """ "warn" and "WARN" as "WARN"; None for a word that is no level."""
    return next((level for level in LEVELS if level == text.upper()), None)
