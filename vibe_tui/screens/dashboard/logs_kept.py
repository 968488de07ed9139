"""The executions that are remembered, so that another part of them can be shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from vibe_tui.services.convex.log_entries import LogEntry
from vibe_tui.widgets.log_lines import CAPACITY


class KeptEntries:
    """The newest ones, as many as the lines of a log view have room for."""

    def __init__(self, most_lines: int = CAPACITY) -> None:
        self._most = most_lines
        self._entries: deque[LogEntry] = deque()
        self._lines = 0

    def __iter__(self) -> Iterator[LogEntry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def extend(self, entries: Iterable[LogEntry]) -> None:
        for entry in entries:
            self._entries.append(entry)
            self._lines += _lines(entry)
        while self._lines > self._most and len(self._entries) > 1:
            self._lines -= _lines(self._entries.popleft())

    def clear(self) -> None:
        self._entries.clear()
        self._lines = 0


def _lines(entry: LogEntry) -> int:
    thrown = entry.error.message.count("\n") + 1 if entry.error is not None else 0
    return 1 + thrown + sum(line.text.count("\n") + 1 for line in entry.lines)
