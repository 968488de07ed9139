"""A project's folder and its marker, the file that says which project the folder is.

The marker is text from outside (a folder may come from anybody): it only ever selects an entry of
our own index.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from vibe_tui.services.atomic import write_atomic, write_error
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible

MARKER = ".vibe-tui"


class FolderNotEmpty(VibeError):
    """A new project needs a folder of its own."""

    code = "folder_not_empty"


class FolderGone(VibeError):
    """The folder is not there."""

    code = "folder_gone"


def absolute(path: Path) -> Path:
    return Path(os.path.realpath(path.expanduser()))


def same_folder(one: Path, other: Path) -> bool:
    """Also true for one folder under two names."""
    with suppress(OSError):
        return one.samefile(other)
    return one == other


def marker_of(folder: Path) -> str | None:
    """The project id in the folder's marker; None when there is no marker that makes sense."""
    try:
        descriptor = os.open(folder / MARKER, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = os.read(descriptor, 64).strip()
    except OSError:  # a folder or a device by that name
        return None
    finally:
        os.close(descriptor)
    return text.decode() if re.fullmatch(rb"[0-9a-f]{12}", text) else None


def mark(folder: Path, id: str) -> None:
    """Raises StoreFull or StoreNotWritable."""
    write_atomic(folder / MARKER, f"{id}\n".encode(), 0o644)


def unmark(folder: Path, id: str) -> None:
    """Take the project's own marker away."""
    if marker_of(folder) == id:
        with suppress(OSError):  # in a read-only folder it stays: no project answers to it
            (folder / MARKER).unlink()


def make_empty_folder(folder: Path) -> None:
    """Make the folder, or accept one with nothing in it. Raises FolderNotEmpty or StoreNotWritable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            return
    except FileExistsError:
        pass  # a file: as much in the way as a full folder
    except OSError as error:
        raise write_error(folder, error) from error
    raise FolderNotEmpty(
        f"{visible(str(folder))} is not empty.",
        next_step="Choose another folder with --dir, or stand in it and run `vibe-tui connect`.",
    )
