"""Keeps the file tree as the disk is."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from vibe_tui.services.project_files import FilesState, FolderChanged, ProjectFiles
from vibe_tui.widgets.file_tree import Entry, FileTree

Do = Callable[[Coroutine[Any, Any, None]], object]
"""Runs a coroutine in the background and shows its expected failures."""


class FilesPresenter:
    """Lists folders when they are opened, and again when they change."""

    def __init__(self, tree: FileTree, do: Do) -> None:
        self._tree = tree
        self._do = do
        self._files: ProjectFiles | None = None
        self._shown: set[str] = {""}
        self._also: frozenset[str] = frozenset()

    def attach(self, files: ProjectFiles) -> Callable[[], None]:
        """Follow `files`; returns what ends that."""
        self._files = files
        files.follow(self._shown | self._also)
        for folder in sorted(self._shown):
            self._do(self._list(folder))
        return files.subscribe(self._take)

    def open_folder(self, path: str) -> None:
        self._shown.add(path)
        if self._files is not None:
            self._files.follow(self._shown | self._also)
            self._do(self._list(path))

    def also_follow(self, folders: frozenset[str]) -> None:
        """Folders that matter though the tree does not show them: those of open files."""
        self._also = folders
        if self._files is not None:
            self._files.follow(self._shown | self._also)

    def _take(self, what: FilesState | FolderChanged) -> None:
        if isinstance(what, FolderChanged) and what.path in self._shown:
            self._do(self._list(what.path))

    async def _list(self, path: str) -> None:
        assert self._files is not None
        listed = await self._files.list(path)
        self._tree.show_folder(path, [Entry(one.name, one.is_folder, one.ignored) for one in listed])
