"""Which files are mirrored between the project's folder and a sandbox elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from vibe_tui.services.tree_paths import is_secret_file, refusal
from vibe_tui.services.working_tree import is_ignored, read_ignores

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

LARGEST = 32 * 1024 * 1024
"""Bytes of one file; larger ones stay where they are."""
NEVER = frozenset({".git", "node_modules", ".vibe-tui"})
"""Names that are mirrored nowhere in the tree."""
_GENERATED = ("convex", "_generated")
_BUILT = (
    *(".expo", ".next", ".turbo", ".cache", ".vercel", "android", "build", "coverage", "dist", "ios"),
    *("out", "tmp", "web-build"),
)
"""What builds usually make in the project's folder; often huge, so not even looked at when git ignores it."""


def is_generated(path: str) -> bool:
    """Whether the Convex CLI writes it, in the sandbox: then the sandbox's version counts."""
    return tuple(path.split("/")[:2]) == _GENERATED


class MirrorRules:
    """The rules of one tree at one moment: its `.gitignore` files, and what is never mirrored.

    Generated code is mirrored even when git ignores it: the editor and the type check need it.
    """

    def __init__(self, ignores: Iterable[tuple[str, GitIgnoreSpec]] = ()) -> None:
        """ignores: (a folder's path with `/` at its end, its rules), outer folders before inner ones."""
        self._ignores = list(ignores)
        self._folders: dict[str, bool] = {"": True}

    def add(self, prefix: str, file: Path) -> None:
        """Take the rules of a `.gitignore` in. Blocking."""
        self._ignores.append((prefix, read_ignores(file)))
        self._ignores.sort(key=lambda one: one[0].count("/"))
        self._folders = {"": True}

    def mirrors(self, path: str) -> bool:
        """Whether a file of this path, relative to the project, is mirrored."""
        if refusal(path) or "\N{REPLACEMENT CHARACTER}" in path or is_secret_file(path):
            return False
        folder, _, name = path.rpartition("/")
        if not self.enters(folder) or _never(name):
            return False
        return is_generated(path) or not is_ignored(path, self._relevant(path))

    def enters(self, folder: str) -> bool:
        """Whether anything below this folder may be mirrored; "" is the project's own."""
        known = self._folders.get(folder)
        if known is None:
            above, _, name = folder.rpartition("/")
            known = self.enters(above) and not _never(name) and not refusal(folder)
            if known and not is_generated(folder):
                known = not is_ignored(f"{folder}/", self._relevant(folder))
            self._folders[folder] = known
        return known

    def pruned(self) -> list[str]:
        """Folders of builds that git ignores, by their names in the project's folder."""
        return [name for name in _BUILT if not self.enters(name)]

    def _relevant(self, path: str) -> list[tuple[str, GitIgnoreSpec]]:
        return [one for one in self._ignores if path.startswith(one[0])]


def _never(name: str) -> bool:
    return name in NEVER or name.startswith(".env")
