"""The lines of one log: the latest in memory for any number of readers, all of them in a file."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from vibe_tui.services.atomic import private_folder
from vibe_tui.services.terminal_text import clean, redact, visible

ROTATE_AT = 10 * 1024 * 1024
"""Bytes after which the file becomes `NAME.1`, replacing the one before it."""
_UNWRITTEN = 100_000  # lines that may wait for a slow disk


@dataclass(frozen=True, slots=True)
class LogLine:
    number: int
    """Counts from 0; a line's number never changes."""
    time: float
    """Seconds since the epoch."""
    text: str
    """Cleaned and redacted; colours (SGR) kept."""


class LogStore:
    """All calls on the event loop's thread; the file is written in another."""

    def __init__(self, path: Path | None, keep: int = 10_000) -> None:
        """path: the file, or None to keep the lines in memory only. keep: lines kept in memory."""
        self.problem: str | None = None
        """Why lines are missing in the file; None as long as none are."""
        self._lines: deque[LogLine] = deque(maxlen=keep)
        self._next = 0
        self._subscribers: list[Callable[[], None]] = []
        self._telling = False
        self._file = None if path is None else _File(path)
        self._unwritten: list[LogLine] = []
        self._writer: asyncio.Task[None] | None = None

    def append(self, lines: Iterable[str]) -> None:
        """Add lines; they are made safe here, whoever sends them."""
        added = list(lines)
        if not added:
            return
        now = time.time()
        for text in redact(clean("\n".join(added), colours=True)).split("\n"):
            line = LogLine(self._next, now, text)
            self._next += 1
            self._lines.append(line)
            if self._file is not None:
                self._unwritten.append(line)
        if self._unwritten and self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write())
        if len(self._unwritten) > _UNWRITTEN:
            del self._unwritten[: len(self._unwritten) - _UNWRITTEN]
            self.problem = self.problem or "The disk is too slow for the log: the file lacks some lines."
        if self._subscribers and not self._telling:
            self._telling = True
            asyncio.get_running_loop().call_soon(self._tell)

    def read(self, cursor: int, limit: int) -> tuple[list[LogLine], int, int]:
        """Up to `limit` lines from number `cursor` on (0: the oldest).

        Returns the lines, the cursor for the next call, and how many lines were asked for but are no
        longer in memory.
        """
        oldest = self._next - len(self._lines)
        start = min(max(cursor, oldest), self._next)
        lines = list(islice(self._lines, start - oldest, start - oldest + limit))
        return lines, start + len(lines), max(0, start - cursor)

    def subscribe(self, on_grew: Callable[[], None]) -> Callable[[], None]:
        """Call `on_grew` soon after lines were added, once for many. Returns what ends that."""
        self._subscribers.append(on_grew)
        return lambda: self._subscribers.remove(on_grew) if on_grew in self._subscribers else None

    async def aclose(self) -> None:
        """Wait until every line is in the file."""
        while self._writer is not None:
            await asyncio.shield(self._writer)

    def _tell(self) -> None:
        self._telling = False
        for on_grew in list(self._subscribers):
            on_grew()

    async def _write(self) -> None:
        assert self._file is not None
        try:
            while self._unwritten:
                lines, self._unwritten = self._unwritten, []
                problem = await asyncio.to_thread(self._file.append, lines)
                self.problem = self.problem or problem
        finally:
            self._writer = None


class _File:
    """Append-only, plain text, mode 0600."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, lines: list[LogLine]) -> str | None:
        """What went wrong, or None."""
        text = clean("".join(f"{_clock(line.time)} {line.text}\n" for line in lines))
        try:
            private_folder(self._path.parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self._path, flags, 0o600)
            try:
                view = memoryview(text.encode())
                while view:
                    view = view[os.write(descriptor, view) :]
                size = os.fstat(descriptor).st_size
            finally:
                os.close(descriptor)
            if size >= ROTATE_AT:
                self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        except OSError as error:
            return f"The log {visible(str(self._path))} lacks lines: {error.strerror or error}."
        return None


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
