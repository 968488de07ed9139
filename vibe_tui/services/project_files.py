"""The project's files as the page follows them: listings, texts, and word of what changed on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vibe_tui.services.folder_listing import Listed, list_folder
from vibe_tui.services.folder_watch import FolderWatch
from vibe_tui.services.part import Part
from vibe_tui.services.working_tree import WorkingTree


@dataclass(frozen=True, slots=True)
class FilesState:
    folder: Path
    followed: frozenset[str] = frozenset()
    """Folders whose changes are told; "" is the project's own."""


@dataclass(frozen=True, slots=True)
class FolderChanged:
    """Something in this folder (not below it) appeared, went or changed."""

    path: str
    names: frozenset[str]
    """What changed, as far as the system said; by name."""


class ProjectFiles(Part[FilesState, FolderChanged]):
    """Reads and writes in threads; watches only the folders it was told to follow.

    A whole tree with `node_modules` is far too much to watch; the open folders are what is on show.
    """

    def __init__(self, tree: WorkingTree) -> None:
        super().__init__(FilesState(tree.folder))
        self.tree = tree
        self._watch = FolderWatch(tree.folder, lambda path, names: self._emit(FolderChanged(path, names)))

    async def list(self, path: str) -> list[Listed]:
        """The folder's entries, folders first. An unreadable or vanished folder is empty."""
        return await asyncio.to_thread(list_folder, self.tree.folder, path)

    async def read(self, path: str) -> str:
        """Raises PathRefused, FileMissing, NotText, TreeGone."""
        return await asyncio.to_thread(self.tree.read_text, path)

    async def write(self, path: str, text: str) -> None:
        """Raises PathRefused, TreeNotWritable, TreeGone."""
        await asyncio.to_thread(self.tree.write, path, text)

    def follow(self, paths: Iterable[str]) -> None:
        """Tell of changes in exactly these folders from now on."""
        followed = frozenset(paths)
        if followed != self.state.followed:
            self._become(FilesState(self.state.folder, followed))
            self._watch.follow(followed)

    async def close(self) -> None:
        await self._watch.close()
