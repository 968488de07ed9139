"""The last lines of a log, and the rows in which a view shows them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from rich.cells import cell_len, chop_cells

CAPACITY = 10_000
"""Lines that are kept."""

_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_TAB = 8


def without_colours(line: str) -> str:
    return _COLOUR.sub("", line) if "\x1b" in line else line


class LogLines:
    """A ring of lines. A line keeps its number, counted from 0 since the last clear, for ever.

    Lines are clean text that may hold SGR colours; tabs become spaces. A row is one row of the screen:
    the same as a line, or a part of it once `wrap` was given a width.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self.clear()
        self._wrap = 0

    def clear(self) -> None:
        self.first = 0
        """Number of the oldest line kept."""
        self.width = 0
        """Cells of the widest line that was measured; may be that of a line no longer kept."""
        self._lines: list[str] = []
        self._heights: list[int] = []
        self._ends: list[int] | None = None

    @property
    def end(self) -> int:
        """Number of the line that will come next."""
        return self.first + len(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, number: int) -> str:
        return self._lines[number - self.first]

    def plain(self, number: int) -> str:
        return without_colours(self[number])

    def extend(self, lines: Sequence[str]) -> int:
        """Append `lines`; returns how many rows fell off the top."""
        skipped = max(0, len(lines) - self.capacity)
        new = [_without_tabs(line) if "\t" in line else line for line in lines[skipped:]]
        dropped = max(0, len(self._lines) + len(new) - self.capacity)
        lost_rows = self._rows_of_first(dropped)
        del self._lines[:dropped]
        self.first += dropped + skipped
        self._lines += new
        if self._wrap:
            del self._heights[:dropped]
            self._heights += map(self._height, new)
        self._ends = None
        return lost_rows

    def wrap(self, width: int) -> None:
        """Show lines in parts of `width` cells from now on; 0: every line in one row."""
        if width != self._wrap:
            self._wrap = width
            self._heights = list(map(self._height, self._lines)) if width else []
            self._ends = None

    @property
    def rows(self) -> int:
        if not self._wrap:
            return len(self._lines)
        ends = self._row_ends()
        return ends[-1] if ends else 0

    def at_row(self, row: int) -> tuple[int, int]:
        """The number of the line that has this row, and which of its parts."""
        if not self._wrap:
            return self.first + row, 0
        ends = self._row_ends()
        index = bisect_right(ends, row)
        return self.first + index, row - (ends[index - 1] if index else 0)

    def row_of(self, number: int) -> int:
        """The first row of a line."""
        index = number - self.first
        return self._rows_of_first(index)

    def part(self, number: int, part: int) -> tuple[int, int]:
        """Where a part of a line begins and ends, in characters of its plain text."""
        plain = self.plain(number)
        if not self._wrap:
            return 0, len(plain)
        parts = chop_cells(plain, self._wrap) or [""]
        start = sum(map(len, parts[:part]))
        return start, start + len(parts[part])

    def measure(self, rows: range) -> None:
        """Take the lines of these rows into account for `width`. (All of them would be too many.)"""
        for row in rows:
            line = self[self.at_row(row)[0]]
            if len(line) > self.width or not line.isascii():
                self.width = max(self.width, cell_len(without_colours(line)))

    def find(self, needle: str, start: int = 0) -> list[int]:
        """The numbers of the lines, from number `start` on, that hold `needle` in any case."""
        needle = needle.lower()
        first = max(self.first, start)
        return [
            number
            for number, line in enumerate(self._lines[first - self.first :], first)
            if needle in without_colours(line).lower()
        ]

    def _row_ends(self) -> list[int]:
        if self._ends is None:
            self._ends = list(accumulate(self._heights))
        return self._ends

    def _rows_of_first(self, count: int) -> int:
        if not self._wrap or not count:
            return count
        return self._row_ends()[count - 1]

    def _height(self, line: str) -> int:
        plain = without_colours(line)
        if plain.isascii():
            return -(-len(plain) // self._wrap) or 1
        return len(chop_cells(plain, self._wrap)) or 1


def _without_tabs(line: str) -> str:
    """`line` with spaces up to the tab stops, in which colours take no room."""
    parts: list[str] = []
    column = 0
    for piece in re.split(r"(\x1b\[[0-9;:]*m|\t)", line):
        if piece == "\t":
            spaces = _TAB - column % _TAB
            parts.append(" " * spaces)
            column += spaces
        else:
            parts.append(piece)
            column += 0 if piece.startswith("\x1b") else cell_len(piece)
    return "".join(parts)
