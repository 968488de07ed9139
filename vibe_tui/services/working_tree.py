"""The project's files: read, written and listed without ever leaving the project's folder.

Paths come from outside (a model, an editor, a file name), so they are checked as text first and then
walked one folder at a time, each opened beneath the one before and never through a symbolic link.
What was checked is therefore what is used, whatever else happens in the folder at the same time.

Everything here blocks; call it in a thread.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible
from vibe_tui.services.tree_paths import protection, refusal

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NEVER_LISTED = {".git", "node_modules"}
_TEMPORARY = ".env.vibe-tui-"
"""How our temporary files begin. They may hold what `.env.local` holds, so git must ignore them too."""
_LEFT_BEHIND = 60.0
"""Seconds after which a temporary file is known to be of a writer that was killed."""
_SECOND_NAME = "it has a second name (hard link), maybe outside the project"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class PathRefused(VibeError):
    """The path is not one of a file that may be touched here."""

    code = "path_refused"


class FileMissing(VibeError):
    """There is no such file."""

    code = "file_missing"


class NotText(VibeError):
    """The file is not UTF-8 text."""

    code = "not_text"


class TooLarge(VibeError):
    """The file is larger than whoever asks may take."""

    code = "too_large"


class TreeGone(VibeError):
    """The project's folder is not where it was."""

    code = "tree_gone"


class TreeNotWritable(VibeError):
    """The file could not be written; it is as it was."""

    code = "tree_not_writable"


class DiskFull(TreeNotWritable):
    """There is no space left, or a quota is used up; the file is as it was."""

    code = "disk_full"


class WorkingTree:
    """The files below one folder. Paths are relative to it, with `/` between their parts.

    protected=True is for the assistant: it also refuses what may hold secrets or is not the app's code
    (`.env*`, keys, `.npmrc`, `.git`, `node_modules`, `convex/_generated`), under a second name too.

    Every method raises PathRefused for a path that leaves the folder or goes through a link, and
    TreeGone when the folder itself is gone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, path: str, protected: bool = False, *, largest: int | None = None) -> bytes:
        """The file's content. largest: bytes. Raises FileMissing or TooLarge."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe must not block us
        with self._parent(path, protected) as (parent, name), _explained(path, reading=True):
            descriptor = os.open(name, flags, dir_fd=parent)
            try:
                there = os.fstat(descriptor)
                if not stat.S_ISREG(there.st_mode):
                    raise _refused(path, "it is not a file")
                if protected and there.st_nlink > 1:
                    raise _refused(path, _SECOND_NAME)
                with os.fdopen(descriptor, "rb", closefd=False) as file:
                    data = file.read(-1 if largest is None else largest + 1)
                if largest is not None and len(data) > largest:
                    raise TooLarge(f"{visible(path)} is larger than {largest:,} bytes.")
                return data
            finally:
                os.close(descriptor)

    def read_text(self, path: str, protected: bool = False, *, largest: int | None = None) -> str:
        """The file's content, line endings as they are. Raises FileMissing, NotText or TooLarge."""
        data = self.read(path, protected, largest=largest)
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            raise NotText(f"{visible(path)} is not text ({len(data)} bytes).")
        return text

    def write(
        self, path: str, text: str | bytes, protected: bool = False, *, mode: int | None = None
    ) -> None:
        """Replace or create the file and the folders above it, at once and durably.

        mode: its permissions; None keeps those of the file that is there (a new one: as the umask says).
        Raises TreeNotWritable or DiskFull; the file is then as it was.
        """
        with self._parent(path, protected, create=True) as (parent, name), _explained(path, reading=False):
            there = _stat(name, parent)
            if there is not None:
                if stat.S_ISLNK(there.st_mode):
                    raise _refused_link(path)
                if not stat.S_ISREG(there.st_mode):
                    raise _refused(path, "it is not a file")
                if there.st_nlink > 1:
                    raise _refused(path, _SECOND_NAME)
                mode = stat.S_IMODE(there.st_mode) if mode is None else mode
            _replace(parent, name, text.encode() if isinstance(text, str) else text, mode)

    def delete(self, path: str, protected: bool = False) -> None:
        """Remove the file, or the link, of this name. Raises FileMissing or TreeNotWritable."""
        with self._parent(path, protected) as (parent, name), _explained(path, reading=False):
            os.unlink(name, dir_fd=parent)

    def delete_empty_folders(self, path: str) -> None:
        """Remove the folders above `path` that hold nothing any more; the project's own stays."""
        folder = path.rpartition("/")[0]
        while folder:
            try:
                with self._parent(folder, protected=False) as (parent, name):
                    os.rmdir(name, dir_fd=parent)
            except (OSError, PathRefused, FileMissing):
                return  # it holds something, or is not ours to remove
            folder = folder.rpartition("/")[0]

    def exists(self, path: str, protected: bool = False) -> bool:
        """Whether anything of this name is there: a file, a folder or a link."""
        try:
            with self._parent(path, protected) as (parent, name), _explained(path, reading=True):
                return _stat(name, parent) is not None
        except FileMissing:
            return False

    def walk(self, *, skip_ignored: bool = False) -> Iterator[str]:
        """The paths of all files, sorted within each folder, folder by folder as they are asked for.

        Without `.git`, `node_modules`, links, special files and names that could not be read here.
        skip_ignored: also without what the project's `.gitignore` files name.
        """
        if not self.folder.is_dir():
            raise self.gone()
        yield from _walk(self.folder, "", [], skip_ignored)

    @contextlib.contextmanager
    def _parent(self, path: str, protected: bool, create: bool = False) -> Iterator[tuple[int, str]]:
        """The opened folder that holds `path`, and the name in it."""
        reason = refusal(path) or (protection(path) if protected else "")
        if reason:
            raise _refused(path, reason)
        *folders, name = path.split("/")
        try:
            # The project's own folder may be reached through links: the user chose it.
            opened = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise self.gone() from error
        try:
            for folder in folders:
                with _explained(path, reading=not create):
                    if create:
                        with contextlib.suppress(FileExistsError):
                            os.mkdir(folder, dir_fd=opened)
                    below = os.open(folder, _FOLDER, dir_fd=opened)
                os.close(opened)
                opened = below
            yield opened, name
        finally:
            os.close(opened)

    def gone(self) -> TreeGone:
        """What to raise when the folder is not there."""
        return TreeGone(
            f"The project's folder {visible(str(self.folder))} is gone.",
            next_step="Move it back, or forget the project.",
        )


def _refused(path: str, reason: str) -> PathRefused:
    return PathRefused(
        f"{visible(path)} cannot be used: {reason}.", next_step="Use the path of a file inside the project."
    )


def _refused_link(path: str) -> PathRefused:
    return PathRefused(
        f"{visible(path)} cannot be used: it is a symbolic link.",
        next_step="Put a file in the place of the link.",
    )


@contextlib.contextmanager
def _explained(path: str, *, reading: bool) -> Iterator[None]:
    """Turn an OSError about `path` into the sentence it means."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileMissing(f"There is no file {visible(path)} in the project.") from error
    except (NotADirectoryError, IsADirectoryError) as error:
        raise _refused(path, "a part of it is a link, or a file where a folder is needed") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _refused_link(path) from error
        if error.errno in _FULL:
            raise DiskFull(
                f"There is no space left to save {visible(path)}; nothing of it was changed.",
                next_step="Free some disk space (or quota), then try again.",
            ) from error
        does = "read" if reading else "written"
        raise TreeNotWritable(
            f"{visible(path)} cannot be {does}: {(error.strerror or 'unknown reason').lower()}.",
            next_step="Check who may use the project's folder.",
        ) from error


def _stat(name: str, parent: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _replace(parent: int, name: str, data: bytes, mode: int | None) -> None:
    _sweep(parent)
    temporary = f"{_TEMPORARY}{os.urandom(6).hex()}.local"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o666 if mode is None else 0o600, dir_fd=parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if mode is not None:
                os.fchmod(descriptor, mode)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
    except BaseException:  # also a KeyboardInterrupt must not leave the temporary file
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=parent)
        raise
    os.fsync(parent)


def _sweep(parent: int) -> None:
    """Remove the temporary files of writers that were killed."""
    for name in os.listdir(parent):
        if name.startswith(_TEMPORARY):
            with contextlib.suppress(OSError):
                if time.time() - os.stat(name, dir_fd=parent, follow_symlinks=False).st_mtime > _LEFT_BEHIND:
                    os.unlink(name, dir_fd=parent)


def _walk(
    folder: Path, prefix: str, ignores: list[tuple[str, GitIgnoreSpec]], skip_ignored: bool
) -> Iterator[str]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return  # gone since it was listed, or not ours to read
    if skip_ignored and any(
        entry.name == ".gitignore" and entry.is_file(follow_symlinks=False) for entry in entries
    ):
        ignores = [*ignores, (prefix, read_ignores(folder / ".gitignore"))]
    for entry in entries:
        path = prefix + entry.name
        if entry.name in _NEVER_LISTED or refusal(path):
            continue
        if entry.is_dir(follow_symlinks=False):
            if not is_ignored(f"{path}/", ignores):
                yield from _walk(folder / entry.name, f"{path}/", ignores, skip_ignored)
        elif entry.is_file(follow_symlinks=False) and not is_ignored(path, ignores):
            yield path


def read_ignores(file: Path) -> GitIgnoreSpec:
    """The rules of one `.gitignore`; none when it has gone or cannot be read, as for git. Blocking."""
    from pathspec import GitIgnoreSpec

    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    return GitIgnoreSpec.from_lines(lines)


def is_ignored(path: str, ignores: list[tuple[str, GitIgnoreSpec]]) -> bool:
    """As git decides it: the nearest `.gitignore` that says anything about the path.

    path: relative to the project, a folder's with `/` at its end. ignores: (the folder's path with `/` at
    its end, its rules), the outermost first.
    """
    for prefix, spec in reversed(ignores):
        verdict = spec.check_file(path.removeprefix(prefix)).include
        if verdict is not None:
            return verdict
    return False
