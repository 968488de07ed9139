"""The project as a zip file: everything in it, except what is secret, installed or ours.

Everything here blocks; call it in a thread.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from vibe_tui.services.errors import VibeError
from vibe_tui.services.secret import known_values
from vibe_tui.services.terminal_text import visible
from vibe_tui.services.tree_paths import unpackable_name
from vibe_tui.services.working_tree import TreeGone

_CHUNK = 1024 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_LEFT_OUT = {"node_modules", ".git", ".expo", ".vibe-tui"}


class ArchiveExists(VibeError):
    """There is a file of that name already."""

    code = "archive_exists"


class ArchiveFailed(VibeError):
    """The zip could not be written; there is none, or the old one is as it was."""

    code = "archive_failed"


class ArchiveCancelled(VibeError):
    """It was cancelled; there is no zip, or the old one is as it was."""

    code = "cancelled"


@dataclass(frozen=True, slots=True)
class Archive:
    """A finished zip."""

    path: Path
    files: int
    bytes: int
    """The size of the zip."""
    skipped: tuple[str, ...]
    """What was left out for a reason the user may not expect: "path: reason"."""


def export(
    folder: Path,
    target: Path,
    *,
    replace: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Archive:
    """Write everything below `folder` to the zip file `target`, below the folder's own name.

    Without `.env*` (`.env.example` stays), `node_modules`, `.git`, `.expo`, our marker, links and special
    files, names that other systems cannot unpack, and files that hold a secret known to this process.
    The zip appears under its name when it is whole. on_progress: files done, files in all.

    Raises ArchiveExists (unless replace), ArchiveCancelled, ArchiveFailed, TreeGone.
    """
    if not folder.is_dir():
        raise TreeGone(
            f"The project's folder {visible(str(folder))} is gone.",
            next_step="Move it back, or forget the project.",
        )
    if not replace and target.exists():
        raise ArchiveExists(
            f"{visible(str(target))} exists already.", next_step="Choose another name, or replace it."
        )
    temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}.part")
    try:
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                own = {_identity(place.stat()) for place in (temporary, target) if place.exists()}
                files, skipped = _Writer(folder, own, on_progress, cancelled).write(file)
                file.flush()
                os.fsync(descriptor)
            size = temporary.stat().st_size
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise _failure(target, error) from error
    return Archive(target, files, size, tuple(skipped))


class _Writer:
    """One zip being written."""

    def __init__(
        self,
        folder: Path,
        own: set[tuple[int, int]],
        on_progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """own: what is being written, which may lie inside of the folder."""
        self._folder = folder
        self._own = own
        self._on_progress = on_progress
        self._cancelled = cancelled
        self._top = folder.name if unpackable_name(folder.name) else "app"
        self._secret = _finder(known_values())

    def write(self, file: BinaryIO) -> tuple[int, list[str]]:
        total = sum(1 for _ in self._entries([]))
        skipped: list[str] = []
        files = 0
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for done, (path, parent) in enumerate(self._entries(skipped), start=1):
                reason = self._add(archive, path, parent)
                if reason:
                    skipped.append(f"{visible(path)}: {reason}")
                else:
                    files += 1
                self._on_progress(done, max(done, total))
        return files, skipped

    def _entries(self, skipped: list[str]) -> Iterator[tuple[str, int]]:
        """The path of each file that belongs into the zip, and its opened parent folder; sorted."""

        def unreadable(error: OSError) -> None:
            name = os.path.relpath(error.filename, self._folder)
            skipped.append(f"{visible(name)}: {(error.strerror or 'unreadable').lower()}")

        for place, folders, files, parent in os.fwalk(self._folder, onerror=unreadable):
            prefix = PurePosixPath(place).relative_to(self._folder)
            kept = []
            for name in sorted(folders + files):
                path = str(prefix / name)
                kind, reason = self._kind(name, parent)
                if reason:
                    skipped.append(f"{visible(path)}: {reason}")
                elif kind == "folder":
                    kept.append(name)
                elif kind == "file":
                    yield path, parent
            folders[:] = kept

    def _kind(self, name: str, parent: int) -> tuple[str, str]:
        """What the entry is ("file", "folder", or "" when it is left out), and why it is left out if that
        may surprise."""
        try:
            found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        except FileNotFoundError:
            return "", ""
        folded = name.casefold()
        is_env = folded.startswith(".env") and folded != ".env.example"
        if is_env or folded in _LEFT_OUT or _identity(found) in self._own:
            return "", ""
        if stat.S_ISLNK(found.st_mode):
            return "", "a symbolic link"
        if not unpackable_name(name):
            return "", "its name cannot be unpacked on every system"
        if stat.S_ISDIR(found.st_mode):
            return "folder", ""
        return ("file", "") if stat.S_ISREG(found.st_mode) else ("", "not a file")

    def _add(self, archive: zipfile.ZipFile, path: str, parent: int) -> str:
        """Add the file; or say why not."""
        self._stop_if_cancelled()
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            source = os.fdopen(os.open(PurePosixPath(path).name, flags, dir_fd=parent), "rb")
        except OSError as error:
            return (error.strerror or "unreadable").lower()
        with source:
            found = os.fstat(source.fileno())
            if not stat.S_ISREG(found.st_mode):
                return "not a file"
            if self._secret and self._holds_secret(source):
                return "it holds a secret"
            source.seek(0)
            entry = zipfile.ZipInfo(f"{self._top}/{path}", _date(found.st_mtime))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | found.st_mode & 0o777) << 16
            entry.file_size = left = found.st_size  # a file that grows meanwhile ends where it ended
            with archive.open(entry, "w") as copy:
                while left and (chunk := self._read(source, min(left, _CHUNK))):
                    copy.write(chunk)
                    left -= len(chunk)
        return ""

    def _holds_secret(self, source: BinaryIO) -> bool:
        assert self._secret
        finder, overlap = self._secret
        before = b""
        while chunk := self._read(source, _CHUNK):
            if finder.search(before + chunk):
                return True
            before = (before + chunk)[-overlap:]
        return False

    def _read(self, source: BinaryIO, size: int) -> bytes:
        self._stop_if_cancelled()
        return source.read(size)

    def _stop_if_cancelled(self) -> None:
        if self._cancelled():
            raise ArchiveCancelled("Cancelled; nothing was written.")


def _finder(values: frozenset[str]) -> tuple[re.Pattern[bytes], int] | None:
    """What finds any of the values, and how much of a chunk the next one needs to find those cut in two."""
    spelled = [value.encode() for value in values]
    if not spelled:
        return None
    return re.compile(b"|".join(map(re.escape, spelled))), max(map(len, spelled))


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _date(seconds: float) -> tuple[int, int, int, int, int, int]:
    """Local time, within what a zip can say."""
    return max((1980, 1, 1, 0, 0, 0), min((2107, 12, 31, 23, 59, 58), time.localtime(seconds)[:6]))


def _failure(target: Path, error: OSError) -> ArchiveFailed:
    if error.errno in _FULL:
        return ArchiveFailed(
            f"There is no space left for {visible(str(target))}; nothing was written.",
            next_step="Free some disk space (or quota), or choose another place, then try again.",
        )
    return ArchiveFailed(
        f"{visible(str(target))} cannot be written: {(error.strerror or 'unknown reason').lower()}.",
        next_step="Choose a place that exists and that you may write to.",
    )
