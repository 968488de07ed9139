"""The files of the emulator's folder, and how they are written."""

from __future__ import annotations

import fcntl
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EmulatorFolder:
    """Where the emulator keeps everything. Only its user can look inside (0700)."""

    root: Path

    @property
    def lock(self) -> Path:
        """Held by flock for as long as an emulator runs on this folder."""
        return self.root / "emulator.lock"

    @property
    def published(self) -> Path:
        """How to reach the running emulator; removed when it ends."""
        return self.root / "emulator.json"

    @property
    def state(self) -> Path:
        """Teams, projects, deployments and digests of tokens."""
        return self.root / "state.json"

    @property
    def log(self) -> Path:
        return self.root / "emulator.log"

    @property
    def leases(self) -> Path:
        """One file per user of the emulator, held by flock."""
        return self.root / "leases"

    def deployment(self, name: str) -> Path:
        return self.root / "deployments" / name

    def make(self) -> None:
        """Create the folder and what is always in it. Raises OSError."""
        for folder in (self.root, self.leases, self.root / "deployments"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def sweep(self) -> None:
        """Remove temporary files that a killed emulator left. Only the holder of the lock may do this."""
        for leftover in self.root.glob(".*.tmp"):
            leftover.unlink(missing_ok=True)


def write_atomic(path: Path, data: bytes) -> None:
    """Replace `path` (0600): readers see the old or the new file, also after a power cut. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def try_lock(path: Path) -> int | None:
    """An open descriptor that holds `path` by flock, or None when somebody else holds it. Raises OSError.

    The kernel gives the lock back when the process ends, however it ends.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
