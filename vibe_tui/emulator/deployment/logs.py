"""The deployment's function log: the last executions, in memory and in a file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections import deque
from pathlib import Path
from typing import Any

from vibe_tui.emulator.deployment.files import write_private

Entry = dict[str, Any]
"""A FunctionExecutionJson of Convex; ``timestamp`` in seconds, strictly increasing."""

CAPACITY = 1000


class Logs:
    """`open` and `close` block; `add` stores in the background."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "logs.jsonl"
        self._entries: deque[Entry] = deque(maxlen=CAPACITY)
        self._last = 0.0
        self._lines_in_file = 0
        self._unwritten: list[Entry] = []
        self._writer: asyncio.Task[None] | None = None
        self._grown = asyncio.Event()

    def open(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for line in file:
                # The last line may be torn after a crash.
                with contextlib.suppress(ValueError):
                    self._entries.append(json.loads(line))
        self._last = self._entries[-1]["timestamp"] if self._entries else 0.0
        self._rewrite(list(self._entries))

    def add(self, entry: Entry) -> None:
        """Give the entry its timestamp and keep it."""
        self._last = max(time.time(), self._last + 0.001)
        entry["timestamp"] = round(self._last, 3)
        self._entries.append(entry)
        self._unwritten.append(entry)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        self._grown.set()
        self._grown = asyncio.Event()

    @property
    def entries(self) -> list[Entry]:
        return list(self._entries)

    async def after(self, cursor_ms: float, wait: float) -> tuple[list[Entry], float]:
        """Entries newer than the cursor, and the new cursor; both cursors in milliseconds.

        Waits up to `wait` seconds for an entry when there is none.
        """
        grown = self._grown
        found = self._newer(cursor_ms)
        if not found and wait > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(grown.wait(), wait)
            found = self._newer(cursor_ms)
        return found, found[-1]["timestamp"] * 1000 if found else max(cursor_ms, self._last * 1000)

    def _newer(self, cursor_ms: float) -> list[Entry]:
        # Half a millisecond: cursors went through a division and a multiplication.
        return [entry for entry in self._entries if entry["timestamp"] * 1000 > cursor_ms + 0.5]

    async def flush(self) -> None:
        if self._writer is not None:
            await self._writer

    async def _write(self) -> None:
        while self._unwritten:
            batch, self._unwritten = self._unwritten, []
            # A disk that is full costs log history, never a function call.
            with contextlib.suppress(OSError):
                if self._lines_in_file + len(batch) > 2 * CAPACITY:
                    await asyncio.to_thread(self._rewrite, self.entries)
                else:
                    await asyncio.to_thread(self._append, batch)

    def _append(self, batch: list[Entry]) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(b"".join(json.dumps(entry).encode() + b"\n" for entry in batch))
        self._lines_in_file += len(batch)

    def _rewrite(self, entries: list[Entry]) -> None:
        write_private(self._path, b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
        self._lines_in_file = len(entries)
