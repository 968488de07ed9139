"""The text of a log that the mouse has selected."""

from __future__ import annotations

from rich.cells import cell_len

from vibe_tui.widgets.log_lines import LogLines

Place = tuple[int, int]
"""The number of a line, and a character in its plain text."""


class LogSelection:
    """From where the button went down to where the pointer is, both characters included.

    (Textual's own selection would give every piece of every line a style of its own, which no cache
    of styles can hold: it doubled the time of a paint.)
    """

    def __init__(self, lines: LogLines) -> None:
        self._lines = lines
        self._from: Place | None = None
        self._to: Place | None = None

    def begin(self, place: Place | None) -> None:
        """The button went down; nothing is selected before the pointer moves. None: only forget."""
        self._from, self._to = place, None

    def extend(self, place: Place) -> bool:
        """The pointer moved; whether that selects anything new."""
        if self._from is None or place == (self._to or self._from):
            return False
        self._to = place
        return True

    def __bool__(self) -> bool:
        return self._to is not None

    def place(self, row: int, cells: int) -> Place | None:
        """What is so many cells from the start of a row; the nearest there is. None: no lines."""
        if not len(self._lines):
            return None
        number, part = self._lines.at_row(max(0, min(row, self._lines.rows - 1)))
        start, end = self._lines.part(number, part)
        plain, at, passed = self._lines.plain(number), start, 0
        while at < end and passed + cell_len(plain[at]) <= cells:
            passed += cell_len(plain[at])
            at += 1
        return number, at

    def span(self, number: int) -> tuple[int, int] | None:
        """What is selected in a line: the first character, and the end; -1: that of the line."""
        if self._from is None or self._to is None:
            return None
        (first, start), (last, end) = sorted((self._from, self._to))
        if not first <= number <= last:
            return None
        return start if number == first else 0, end + 1 if number == last else -1

    def text(self) -> str:
        parts: list[str] = []
        for number in range(self._lines.first, self._lines.end):
            span = self.span(number)
            if span is not None:
                plain = self._lines.plain(number)
                parts.append(plain[span[0] :] if span[1] < 0 else plain[span[0] : span[1]])
        return "\n".join(parts)
