"""What is known of the files that the newest checkpoint holds, so that only changed ones are read again."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vibe_tui.services.atomic import write_atomic, write_error

_VERSION = 1
_SETTLED = 2_000_000_000
"""Nanoseconds after which a change surely gives a file another time, also where times are coarse."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes with a file's content, and costs no reading."""

    text: str
    executable: bool
    size: int
    newest: int
    """Nanoseconds since the epoch: the later one of its two times."""

    @classmethod
    def of(cls, found: os.stat_result) -> Stamp:
        text = f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino} {found.st_dev}"
        newest = max(found.st_mtime_ns, found.st_ctime_ns)
        return cls(text, bool(found.st_mode & stat.S_IXUSR), found.st_size, newest)

    def settled(self, at: int) -> bool:
        """Whether a change after `at` (nanoseconds) cannot leave the stamp as it is."""
        return self.newest + _SETTLED < at


@dataclass(frozen=True, slots=True)
class Known:
    """The content of a file that is kept."""

    blob: str
    stamp: str
    """"": read it again."""


@dataclass(frozen=True, slots=True)
class Index:
    checkpoint: str
    """The id of the checkpoint that it tells of; it tells nothing beside any other one."""
    files: Mapping[str, Known]
    trees: tuple[str, ...]
    """The ids of its trees."""
    packs: Mapping[str, int]
    """Where the contents are: the names of files, and their sizes in bytes."""

    @property
    def blobs(self) -> set[str]:
        return {known.blob for known in self.files.values()}


NOTHING = Index("", {}, (), {})


def read_index(file: Path, newest: str) -> Index:
    """The index of the checkpoint `newest`; NOTHING when there is none that can be trusted. Blocking."""
    try:
        content: Any = json.loads(file.read_bytes())
        index = Index(
            str(content["checkpoint"]),
            {str(path): Known(str(blob), str(stamp)) for path, (blob, stamp) in content["files"].items()},
            tuple(map(str, content["trees"])),
            {str(name): int(size) for name, size in content["packs"].items()},
        )
        fits = content["version"] == _VERSION and newest and index.checkpoint == newest
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return NOTHING  # it only saves time
    return index if fits else NOTHING


def write_index(file: Path, index: Index) -> None:
    """Blocking. Raises StoreFull or StoreNotWritable."""
    content = {
        "version": _VERSION,
        "checkpoint": index.checkpoint,
        "trees": index.trees,
        "packs": dict(index.packs),
        "files": {path: (known.blob, known.stamp) for path, known in index.files.items()},
    }
    write_atomic(file, json.dumps(content).encode())


def forget_index(file: Path) -> None:
    """Blocking. Raises StoreNotWritable."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise write_error(file, error) from error
