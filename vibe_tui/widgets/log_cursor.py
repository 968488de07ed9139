"""Which lines of a log the keys act on."""

from __future__ import annotations

from vibe_tui.widgets.log_lines import LogLines


class LogCursor:
    """A line of the log, and perhaps another one up to which lines are selected.

    Until it is moved it is on the last line, whichever that is.
    """

    def __init__(self, lines: LogLines) -> None:
        self._lines = lines
        self._line: int | None = None
        self._anchor: int | None = None

    def release(self) -> None:
        """Go back to the last line."""
        self._line = self._anchor = None

    def move_to(self, number: int, *, select: bool) -> None:
        """Go to a line; select: and select what is passed, from where the selection began."""
        self._anchor = (self.line if self._anchor is None else self._anchor) if select else None
        self._line = self._within(number)

    @property
    def line(self) -> int:
        """Its number. Without lines, that of the first one to come."""
        return self._within(self._lines.end if self._line is None else self._line)

    @property
    def selecting(self) -> bool:
        return self._anchor is not None

    @property
    def lines(self) -> range:
        """The selected lines: at least the cursor's own, if there is one."""
        if not len(self._lines):
            return range(0)
        line = self.line
        anchor = line if self._anchor is None else self._within(self._anchor)
        return range(min(anchor, line), max(anchor, line) + 1)

    def _within(self, number: int) -> int:
        return max(self._lines.first, min(number, self._lines.end - 1))
