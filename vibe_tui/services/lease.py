"""One writer per project: a lock file that names who holds it.

The lock is flock(2), so the kernel ends it with its holder, however that dies. What stands in the
file is only worth reading while the lock is held.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vibe_tui.services.atomic import private_folder, write_error
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible

_TRIES, _PAUSE = 10, 0.02  # `holder` takes the lock for a moment to look; an acquirer outwaits it
_PATIENCE = 0.5  # seconds that a reader waits for a holder to say who it is


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease."""

    pid: int
    """0 when the holder did not say who it is."""
    command: str
    """As the user knows it, e.g. "vibe-tui dev"."""
    since: str
    """ISO 8601, UTC, whole seconds."""
    host: str
    status: Mapping[str, Any] = field(default_factory=dict)
    """What the holder last published."""


class ProjectHeld(VibeError):
    """Another process has the project open for writing."""

    code = "project_held"

    def __init__(self, holder: Holder | None) -> None:
        self.holder = holder
        """None when it let go while we looked."""
        if holder is None or holder.pid == 0:
            super().__init__("The project is open in another process.", next_step="Try again in a moment.")
            return
        since = datetime.fromisoformat(holder.since).astimezone().strftime("%H:%M")
        super().__init__(
            f"The project is open in `{visible(holder.command)}` (process {holder.pid}, since {since}).",
            next_step="Stop it there, or use commands that only read, such as `vibe-tui status`.",
        )


class Lease:
    """The right to change a project, from `acquire` to `release`."""

    def __init__(self, path: Path, descriptor: int, holder: Holder) -> None:
        self._path = path
        self._descriptor = descriptor
        self._holder = holder
        self._write()

    @classmethod
    def acquire(cls, path: Path, command: str) -> Self:
        """Raises ProjectHeld, StoreFull or StoreNotWritable."""
        try:
            private_folder(path.parent)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise write_error(path, error) from error
        try:
            for _ in range(_TRIES):
                if _lock(descriptor, fcntl.LOCK_EX):
                    since = datetime.now(UTC).isoformat(timespec="seconds")
                    return cls(path, descriptor, Holder(os.getpid(), command, since, os.uname().nodename))
                time.sleep(_PAUSE)
            raise ProjectHeld(holder(path))
        except BaseException:
            os.close(descriptor)
            raise

    def publish(self, status: Mapping[str, Any]) -> None:
        """Let readers see `status` (plain JSON values, no secrets). Raises StoreFull or StoreNotWritable."""
        current = self._holder
        self._holder = Holder(current.pid, current.command, current.since, current.host, dict(status))
        self._write()

    def release(self) -> None:
        """Let others have the project. Does nothing the second time."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            with contextlib.suppress(OSError):  # what stands in the file means nothing without the lock
                os.ftruncate(descriptor, 0)
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _write(self) -> None:
        holder = self._holder
        content = {
            "pid": holder.pid,
            "command": holder.command,
            "since": holder.since,
            "host": holder.host,
            "status": holder.status,
        }
        data = _sealed(content)
        try:
            os.pwrite(self._descriptor, data, 0)
            os.ftruncate(self._descriptor, len(data))
        except OSError as error:
            raise write_error(self._path, error) from error


def holder(path: Path) -> Holder | None:
    """Who holds the lease now; None when nobody does. Never waits for the lease."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None  # never held, or not ours to see: acquiring says what is wrong
    try:
        until = time.monotonic() + _PATIENCE
        while True:
            if _lock(descriptor, fcntl.LOCK_SH):
                return None
            found = _parse(os.pread(descriptor, 1 << 20, 0))
            if found is not None and _alive(found):
                return found
            if time.monotonic() > until:
                return Holder(0, "", "", "")
            time.sleep(_PAUSE / 10)  # it is being written, or the holder before died a moment ago
    finally:
        os.close(descriptor)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sealed(content: Mapping[str, Any]) -> bytes:
    """JSON and its checksum: the file is written in place, so a reader may meet half of it."""
    text = json.dumps(content).encode()
    return b"%s\n%08x\n" % (text, zlib.crc32(text))


def _parse(raw: bytes) -> Holder | None:
    text = raw.partition(b"\n")[0]
    if raw != b"%s\n%08x\n" % (text, zlib.crc32(text)):
        return None
    try:
        content = json.loads(text)
        since = datetime.fromisoformat(content["since"])  # proved here, as messages show it
        return Holder(
            int(content["pid"]),
            str(content["command"]),
            since.isoformat(),
            str(content["host"]),
            dict(content["status"]),
        )
    except (ValueError, TypeError, KeyError):
        return None  # of another version


def _alive(holder: Holder) -> bool:
    if holder.host != os.uname().nodename:
        return True  # cannot know
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
