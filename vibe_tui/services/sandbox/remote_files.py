"""The files of a sandbox elsewhere, as the mirror uses them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Protocol

OnChanged = Callable[[frozenset[str] | None], None]
"""Told the paths that changed, files and folders; None: anything may have."""


class RemoteFiles(Protocol):
    """Paths are relative to the project's folder in the sandbox, with `/` between their parts.

    Every method raises what the sandbox raises when it cannot be reached (services/sandbox/errors.py).
    """

    async def hashes(self, paths: Collection[str] | None, pruned: Collection[str]) -> dict[str, str]:
        """The SHA-256 of each regular file, by path.

        paths: only these files, and those below these folders; None: all. What does not exist is left out.
        pruned: folders of the project's own that are not looked into; `.git`, `node_modules` never are.
        """

    async def read(self, path: str, largest: int) -> bytes | None:
        """The file's content; None when it is gone or larger than this many bytes."""

    async def write(self, files: Mapping[str, bytes]) -> None:
        """Replace or create these files and the folders above them."""

    async def remove(self, paths: Collection[str]) -> None:
        """Remove these files, as far as they are there, and the folders that become empty."""

    async def watch(self, folders: Collection[str], on_changed: OnChanged) -> Callable[[], Awaitable[None]]:
        """Tell of changes in the project's own folder and, with all below, in `folders`, until the returned
        function is called. When watching ends otherwise, that is told as None once.
        """
