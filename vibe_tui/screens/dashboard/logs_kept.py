"""The executions that are remembered, so that another part of them can be shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from vibe_tui.screens.dashboard.logs_text import ShownLine, lines_of
from vibe_tui.services.convex.log_entries import LogEntry, LogFilter
from vibe_tui.widgets.log_lines import CAPACITY

Kept = tuple[LogEntry, list[ShownLine]]
"""An execution with all its lines."""


class KeptEntries:
    """The newest ones, as many as the lines of a log view have room for."""

    def __init__(self, most_lines: int = CAPACITY) -> None:
        self._most = most_lines
        self._kept: deque[Kept] = deque()
        self._lines = 0

    def __iter__(self) -> Iterator[Kept]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def extend(self, entries: Iterable[LogEntry]) -> list[Kept]:
        """Remember them; returns them with their lines."""
        new = [(entry, lines_of(entry)) for entry in entries]
        self._kept.extend(new)
        self._lines += sum(len(lines) for _, lines in new)
        while self._lines > self._most and len(self._kept) > 1:
            self._lines -= len(self._kept.popleft()[1])
        return new

    def clear(self) -> None:
        self._kept.clear()
        self._lines = 0


def picked(chosen: LogFilter, kept: Iterable[Kept]) -> list[list[ShownLine]]:
    """The lines of each execution of which something fits."""
    found = []
    for entry, lines in kept:
        part = chosen.pick(entry)
        if part is not None:
            found.append(lines if part is entry else lines_of(part))
    return found
