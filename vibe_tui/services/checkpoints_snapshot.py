"""What the project's files are now, as far as checkpoints hold them."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from vibe_tui.services.checkpoints_index import Index, Known, Stamp
from vibe_tui.services.checkpoints_repository import Kept, blob_id
from vibe_tui.services.errors import VibeError
from vibe_tui.services.tree_paths import protection
from vibe_tui.services.working_tree import FileMissing, TreeGone, WorkingTree

LARGEST = 10_000_000
"""Bytes of a file that a checkpoint holds."""


@dataclass(slots=True)
class Snapshot:
    files: dict[str, Kept] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    """What the next index says of the same files."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Files that no checkpoint can hold as they are, and why. Not those that never belong into one."""


def take_snapshot(tree: WorkingTree, index: Index, keep: Callable[[bytes], None] | None) -> Snapshot:
    """Look at every file that belongs into a checkpoint; read those that `index` does not know.

    Without what the project's `.gitignore` files name, what the assistant may not touch (`.env*`, keys,
    `node_modules` …), links and special files. keep: given the contents that
    the index's checkpoint does not hold. Blocking. Raises TreeGone.
    """
    snapshot = Snapshot()
    seen = index.blobs
    for path in tree.walk(skip_ignored=True):
        if protection(path):
            continue
        at = time.time_ns()
        stamp = _stamp(tree, path)
        if stamp is None:
            continue
        before = index.files.get(path)
        if before is not None and before.stamp == stamp.text:
            blob = before.blob
        elif stamp.size > LARGEST:
            snapshot.left_out[path] = f"it is larger than {LARGEST // 1_000_000} MB"
            continue
        else:
            try:
                content = tree.read(path, protected=True, largest=LARGEST)
            except TreeGone:
                raise
            except FileMissing:
                continue
            except VibeError as problem:
                snapshot.left_out[path] = problem.message
                continue
            blob = blob_id(content)
            if keep is not None and blob not in seen:
                seen.add(blob)
                keep(content)
        snapshot.files[path] = Kept(blob, stamp.executable)
        snapshot.known[path] = Known(blob, stamp.text if stamp.settled(at) else "")
    return snapshot


def _stamp(tree: WorkingTree, path: str) -> Stamp | None:
    """None: it has gone, or is no file any more."""
    try:
        found = (tree.folder / path).lstat()
    except OSError:
        return None
    return Stamp.of(found) if stat.S_ISREG(found.st_mode) else None
