"""What is searched for in a log, and where it was found."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from vibe_tui.widgets.log_lines import LogLines


class LogSearch:
    """The lines that hold a text, in any case; kept up to date as lines come and go."""

    def __init__(self, lines: LogLines) -> None:
        self._lines = lines
        self._needle = ""
        self._found: list[int] = []
        self.here = -1
        """The number of the line that was gone to last; -1: none."""

    @property
    def needle(self) -> str:
        return self._needle

    def look_for(self, needle: str) -> None:
        narrower = bool(self._needle) and needle.lower().startswith(self._needle.lower())
        self._needle = needle
        self.here = -1
        if narrower:  # as while typing: only what was found can be found
            wanted = needle.lower()
            self._found = [it for it in self._found if wanted in self._lines.plain(it).lower()]
        else:
            self._found = self._lines.find(needle) if needle else []

    def look_at(self, start: int) -> None:
        """Take the lines from number `start` on into account, and forget those that are gone."""
        if not self._needle:
            return
        del self._found[bisect_left(self._found, start) :]
        del self._found[: bisect_left(self._found, self._lines.first)]
        self._found += self._lines.find(self._needle, start)
        if not self._lines.first <= self.here < self._lines.end:
            self.here = -1

    @property
    def count(self) -> int:
        return len(self._found)

    @property
    def position(self) -> int:
        """Which of the found lines `here` is, from 1; 0: none."""
        return bisect_left(self._found, self.here) + 1 if self.here >= 0 else 0

    def next(self, number: int, direction: int) -> int | None:
        """The found line after (1) or before (-1) a line, going round; None when there is none."""
        if not self._found:
            return None
        if direction > 0:
            index = bisect_right(self._found, number) % len(self._found)
        else:
            index = bisect_left(self._found, number) - 1
        self.here = self._found[index]
        return self.here

    def spans(self, number: int) -> list[tuple[int, int]]:
        """Where the text is in a line, in characters."""
        if not self._needle:
            return []
        text, needle = self._lines.plain(number).lower(), self._needle.lower()
        found: list[tuple[int, int]] = []
        at = text.find(needle)
        while at >= 0:
            found.append((at, at + len(needle)))
            at = text.find(needle, at + len(needle))
        return found
