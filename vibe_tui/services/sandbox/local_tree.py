"""The project's folder as the mirror sees it: content hashes by path, and word of what changed."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from vibe_tui.services.errors import VibeError
from vibe_tui.services.sandbox.manifest import LEFT_ALONE, digest
from vibe_tui.services.sandbox.mirror_rules import LARGEST, MirrorRules
from vibe_tui.services.working_tree import FileMissing, TreeGone, WorkingTree

_SETTLED_NS = 50_000_000
"""A file changed less than this before it was hashed may change again without its time showing it."""
_STEP_MS = 20
_LONGEST_MS = 100
_LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Seen:
    identity: tuple[int, int, int]
    """Size, time of the last change, inode."""
    hash: str
    settled: bool


class LocalTree:
    """Hashes are remembered as long as a file's size and time do not change. Methods block."""

    def __init__(self, tree: WorkingTree) -> None:
        self.tree = tree
        self.rules = MirrorRules()
        self._seen: dict[str, _Seen] = {}

    def hashes(self, paths: Collection[str] | None) -> dict[str, str]:
        """The SHA-256 of each mirrored file: all, or those of these names and below them.

        Raises TreeGone: a folder that is not there must never look like an empty one.
        """
        if not self.tree.folder.is_dir():
            raise self.tree.gone()
        if paths is None or any(path.rpartition("/")[2] == ".gitignore" for path in paths):
            self.rules = MirrorRules()
            found = self._below("")
            self._seen = {path: seen for path, seen in self._seen.items() if path in found}
            if paths is None:
                return found
            return {path: hash for path, hash in found.items() if path in paths or _is_below(path, paths)}
        some: dict[str, str] = {}
        for path in paths:
            some |= self._at(path)
        return some

    def _at(self, path: str) -> dict[str, str]:
        try:
            there = os.lstat(self.tree.folder / path)
        except (FileNotFoundError, NotADirectoryError):
            self._seen.pop(path, None)
            return {}
        if stat.S_ISDIR(there.st_mode):
            return self._below(path) if self.rules.enters(path) else {}
        return self._file(path, there)

    def _below(self, folder: str) -> dict[str, str]:
        try:
            with os.scandir(self.tree.folder / folder) as listing:
                entries = list(listing)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        prefix = f"{folder}/" if folder else ""
        if any(one.name == ".gitignore" and one.is_file(follow_symlinks=False) for one in entries):
            self.rules.add(prefix, self.tree.folder / folder / ".gitignore")
        found: dict[str, str] = {}
        for entry in entries:
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                if self.rules.enters(path):
                    found |= self._below(path)
            else:
                try:
                    found |= self._file(path, entry.stat(follow_symlinks=False))
                except FileNotFoundError:
                    continue  # gone since it was listed
        return found

    def _file(self, path: str, there: os.stat_result) -> dict[str, str]:
        if not self.rules.mirrors(path):
            return {}
        if not stat.S_ISREG(there.st_mode) or there.st_size > LARGEST:
            return {path: LEFT_ALONE}
        identity = there.st_size, there.st_mtime_ns, there.st_ino
        seen = self._seen.get(path)
        if seen is None or not seen.settled or seen.identity != identity:
            settled = time.time_ns() - there.st_mtime_ns > _SETTLED_NS
            seen = self._seen[path] = _Seen(identity, self.hash(path), settled)
        return {path: seen.hash} if seen.hash else {}

    def hash(self, path: str) -> str:
        """Of the content as it is now; "" when there is no file."""
        try:
            return digest(self.tree.read(path, largest=LARGEST))
        except FileMissing:
            return ""
        except TreeGone:
            raise
        except VibeError:
            return LEFT_ALONE

    def folders(self) -> list[str]:
        """The project's own folders that are mirrored: those to be watched with all below."""
        try:
            with os.scandir(self.tree.folder) as listing:
                names = [one.name for one in listing if one.is_dir(follow_symlinks=False)]
        except FileNotFoundError:
            return []
        return sorted(name for name in names if self.rules.enters(name))


def _is_below(path: str, folders: Collection[str]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)


async def watch_local(local: LocalTree, on_changed: Callable[[frozenset[str] | None], None]) -> None:
    """Tell which paths below the folder changed, until cancelled; None: anything may have.

    Only mirrored folders are watched with all below: `node_modules` has too many.
    """
    root = local.tree.folder
    while True:
        folders = await asyncio.to_thread(local.folders)
        top = asyncio.create_task(_tell([root], False, root, on_changed), name="watch the top folder")
        below = asyncio.create_task(
            _tell([root / name for name in folders], True, root, on_changed), name="watch folders"
        )
        try:
            while await asyncio.to_thread(local.folders) == folders and not (top.done() or below.done()):
                await asyncio.wait({top, below}, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            top.cancel()
            below.cancel()
            await asyncio.wait({top, below})
        on_changed(None)


async def _tell(
    folders: list[Path], recursive: bool, root: Path, on_changed: Callable[[frozenset[str] | None], None]
) -> None:
    """Returns when it cannot watch on."""
    from watchfiles import awatch

    if not folders:
        await asyncio.Event().wait()  # until the caller ends it: others come with the top folder's watch
    try:
        async for changes in awatch(
            *folders,
            watch_filter=None,
            step=_STEP_MS,
            debounce=_LONGEST_MS,
            recursive=recursive,
            ignore_permission_denied=True,
        ):
            on_changed(_relative(root, {path for _, path in changes}))
            if not recursive and await asyncio.to_thread(_has_folder, {path for _, path in changes}):
                return  # a folder of the project's own came: it is to be watched too
    except OSError:  # a folder went while its watch was set up, or no watches are left
        await asyncio.sleep(_LOOK_SECONDS)


def _has_folder(paths: set[str]) -> bool:
    return any(Path(path).is_dir() for path in paths)


def _relative(root: Path, paths: set[str]) -> frozenset[str]:
    below = (Path(path) for path in paths)
    return frozenset(
        path.relative_to(root).as_posix() for path in below if path != root and path.is_relative_to(root)
    )
