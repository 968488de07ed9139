"""Whole-file replacement and locks between processes: what every state file is kept with.

A reader always finds a whole file, old or new, whatever happens to the writer. The lock is flock(2)
on a file of its own (the data file is replaced, so it cannot carry a lock) and ends with the process
that holds it. Network file systems where flock is local to one machine are not supported.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import random
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}


class StoreFull(VibeError):
    """There is no room for the new version; the old one is untouched."""

    code = "store_full"


class StoreNotWritable(VibeError):
    """The file or its folder does not let itself be written; what was there is untouched."""

    code = "store_not_writable"


class StoreLocked(VibeError):
    """Another process kept the lock for longer than the limit."""

    code = "store_locked"


def write_error(path: Path, error: OSError) -> StoreFull | StoreNotWritable:
    """What an OSError while writing `path` means to the user."""
    shown = visible(str(path))
    if error.errno in _FULL:
        return StoreFull(
            f"There is no space left to save {shown}; nothing of it was changed.",
            next_step="Free some disk space (or quota), then try again.",
        )
    return StoreNotWritable(
        f"{shown} cannot be written: {error.strerror or error}.",
        next_step=f"Make {visible(str(path.parent))} writable for you, then try again.",
    )


def private_folder(path: Path) -> None:
    """Make `path` and its missing parents, each mode 0700; folders that exist stay as they are.

    Raises OSError.
    """
    if path.is_dir():
        return
    private_folder(path.parent)
    with contextlib.suppress(FileExistsError):  # made by another process meanwhile
        path.mkdir(mode=0o700)
        path.chmod(0o700)  # whatever the umask took away
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


def write_atomic(path: Path, data: bytes, mode: int = 0o600, *, previous: Path | None = None) -> None:
    """Replace `path` by `data`: a temporary file beside it, fsync, rename, fsync of the folder.

    previous: where the version that is replaced stays.
    Raises StoreFull or StoreNotWritable; the old file is then as it was.
    """
    temporary = _temporary(path)
    try:
        private_folder(path.parent)
        try:
            _write_new(temporary, data, mode)
            if previous is not None:
                _keep(path, previous)
            temporary.replace(path)
        except BaseException:  # also a KeyboardInterrupt must not leave the temporary file
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise write_error(path, error) from error


def sweep(path: Path, older_than: float = 60.0) -> None:
    """Remove temporary files that killed writers of `path` left behind; call it under the lock.

    older_than: seconds. Raises nothing: a file that cannot be removed stays for the next sweep.
    """
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > older_than:
                left.unlink()


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.urandom(6).hex()}.tmp")


def _write_new(path: Path, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        os.fchmod(descriptor, mode)
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keep(path: Path, previous: Path) -> None:
    """Let `previous` be what `path` is now, at every moment a whole file."""
    link = _temporary(path)
    try:
        os.link(path, link, follow_symlinks=False)
    except FileNotFoundError:
        return  # the first version ever
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _write_new(link, path.read_bytes(), 0o600)  # a file system without hard links
    link.replace(previous)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class FileLock:
    """An exclusive lock between threads and processes, re-entrant within a thread.

    The file stays when the lock is released. It holds the pid of the last holder.
    """

    def __init__(self, path: Path, limit: float = 10.0) -> None:
        """limit: seconds to wait before giving up."""
        self.path = path
        self._limit = limit
        self._threads = threading.RLock()
        self._depth = 0
        self._descriptor = -1

    def acquire(self) -> None:
        """Raises StoreLocked after the limit, StoreNotWritable when the lock file cannot be made."""
        until = time.monotonic() + self._limit
        if not self._threads.acquire(timeout=self._limit):
            raise self._locked(f"process {os.getpid()}, this one")
        try:
            if self._depth == 0:
                self._descriptor = self._wait(until)
            self._depth += 1
        except BaseException:
            self._threads.release()
            raise

    def release(self) -> None:
        self._depth -= 1
        if self._depth == 0:
            os.close(self._descriptor)  # ends the flock
        self._threads.release()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _wait(self, until: float) -> int:
        pause = 0.0005
        while True:
            descriptor = self._try()
            if descriptor is not None:
                return descriptor
            if time.monotonic() >= until:
                raise self._locked(self._holder())
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads the waiters, no secret
            pause = min(pause * 1.5, 0.02)

    def _try(self) -> int | None:
        """A descriptor that holds the lock, or None when somebody else does."""
        try:
            private_folder(self.path.parent)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise write_error(self.path, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.fchmod(descriptor, 0o600)  # whatever the umask took away
            if os.fstat(descriptor).st_ino == self.path.stat().st_ino:
                # The pid only serves the message of whoever waits in vain: a full disk may refuse it.
                with contextlib.suppress(OSError):
                    os.pwrite(descriptor, b"%-12d\n" % os.getpid(), 0)
                return descriptor
        except (BlockingIOError, FileNotFoundError):
            pass  # held, or the folder was removed and made anew between open and flock
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def _holder(self) -> str:
        try:
            pid = self.path.read_text("ascii", "replace").strip()
        except OSError:
            pid = ""
        return f"process {pid}" if pid.isdigit() else "another process"

    def _locked(self, holder: str) -> StoreLocked:
        return StoreLocked(
            f"{visible(str(self.path))} has been locked by {holder} for {self._limit:g} seconds.",
            next_step="Try again; if it stays locked, stop that process.",
        )
