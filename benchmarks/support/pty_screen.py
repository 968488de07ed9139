"""A program on a pty of its own, and the screen it draws, with the time at which each byte came."""

from __future__ import annotations

import fcntl
import os
import queue
import re
import signal
import struct
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

COLUMNS, ROWS = 120, 40
# What Textual asks a terminal and pyte would draw or stumble over: private modes, the kitty keyboard.
_UNKNOWN = re.compile(
    rb"\x1b\[[<>=?][0-9;:]*[$]?[a-zA-Z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1bP.*?\x1b\\", re.S
)
_BEGUN = re.compile(rb"\x1b(?:\[[<>=?0-9;:$]*|[\]P][^\x07\x1b]*\x1b?)?\Z")


class PtyScreen:
    """As a context manager; the program is killed at the end if it still runs."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        self.received = 0
        """Bytes so far."""
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._chunks: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        self._rest = b""
        self._master, slave = os.openpty()
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("4H", ROWS, COLUMNS, 0, 0))
        there = os.ttyname(slave)
        actions = [(os.POSIX_SPAWN_OPEN, number, there, os.O_RDWR, 0) for number in (0, 1, 2)]
        here = Path.cwd()
        os.chdir(cwd)  # posix_spawn, unlike fork, costs the same whatever we have loaded
        try:
            self.started = time.perf_counter()
            self.pid = os.posix_spawn(
                argv[0],
                argv,
                {**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
                setsid=True,
                setsigdef=[signal.SIGPIPE],
                file_actions=actions,
            )
        finally:
            os.chdir(here)
        os.close(slave)
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.kill(self.pid, signal.SIGTERM)
        end = time.perf_counter() + 5
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if time.perf_counter() > end:
                os.kill(self.pid, signal.SIGKILL)
            self.pump(0.02)
        os.close(self._master)

    @property
    def rows(self) -> list[str]:
        return [row.rstrip() for row in self._screen.display]

    def send(self, data: bytes) -> float:
        """Type; returns when."""
        now = time.perf_counter()
        os.write(self._master, data)
        return now

    def wait(self, condition: Callable[[], bool], limit: float = 30.0) -> float:
        """When the bytes came that made `condition` true. Raises TimeoutError with the screen."""
        end = time.perf_counter() + limit
        at = time.perf_counter()
        while not condition():
            came = self.pump(max(0.0, end - time.perf_counter()))
            if came is None and time.perf_counter() >= end:
                raise TimeoutError("\n".join(self.rows))
            at = came or at
        return at

    def shows(self, *texts: str) -> Callable[[], bool]:
        """A condition: all of these are on the screen."""
        return lambda: all(any(text in row for row in self._screen.display) for text in texts)

    def be_quiet(self, seconds: float, limit: float = 30.0) -> None:
        """Wait until nothing was painted for so long."""
        end = time.perf_counter() + limit
        while self.pump(seconds) is not None:
            if time.perf_counter() > end:
                raise TimeoutError("It does not come to rest.")

    def pump(self, limit: float) -> float | None:
        """Draw the next bytes; returns when they came, None when there were none within `limit` seconds."""
        try:
            at, data = self._chunks.get(timeout=limit)
        except queue.Empty:
            return None
        self.received += len(data)
        data = self._rest + data
        begun = _BEGUN.search(data)
        self._rest = data[begun.start() :] if begun else b""
        self._stream.feed(_UNKNOWN.sub(b"", data[: begun.start()] if begun else data))
        return at

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:
                return
            if not data:
                return
            self._chunks.put((time.perf_counter(), data))

    # --- the process

    def cpu_seconds(self) -> float:
        """Used by the program itself so far, without its children."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def pss_mb(self) -> float:
        """Its memory, what it shares with others divided among them."""
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{self.pid}/smaps_rollup").read_text(), re.M)
        assert found is not None
        return int(found[1]) / 1024
