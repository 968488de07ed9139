"""A hold on the emulator: while anybody has one, it does not end by itself."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import Self

from vibe_tui.services.atomic import private_folder, write_error


class EmulatorLease:
    """A context manager that holds a file in the emulator's `leases/` by flock.

    The kernel lets go of it however this process ends. Take it before `local_emulator.ensure`, so that the
    emulator cannot end in between. Raises StoreNotWritable or StoreFull.
    """

    def __init__(self, folder: Path) -> None:
        self._leases = folder / "leases"
        self._path: Path | None = None
        self._descriptor = -1

    def __enter__(self) -> Self:
        try:
            private_folder(self._leases)
            while self._path is None:
                self._take(self._leases / f"{os.getpid()}-{secrets.token_hex(6)}")
        except OSError as error:
            raise write_error(self._leases, error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._path = None

    def _take(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink == 0:  # the emulator swept it before we held it
            os.close(descriptor)
        else:
            self._path, self._descriptor = path, descriptor


def others_hold(folder: Path) -> bool:
    """Whether a process other than this one holds a lease. Raises OSError."""
    leases = folder / "leases"
    if not leases.is_dir():
        return False
    ours = f"{os.getpid()}-"
    return any(is_held(path) for path in leases.iterdir() if not path.name.startswith(ours))


def is_held(path: Path) -> bool:
    """Whether somebody holds this file by flock. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
