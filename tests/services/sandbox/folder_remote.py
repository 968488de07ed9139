"""The files of a sandbox, as a folder of this computer: for what is the mirror's own doing."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path

from vibe_tui.services.sandbox.manifest import digest
from vibe_tui.services.sandbox.remote_files import OnChanged


class FolderRemote:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written: list[str] = []
        self.before_write: Callable[[], None] = lambda: None

    async def hashes(self, paths: Collection[str] | None, pruned: Collection[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for top, folders, files in os.walk(self.folder):
            below = Path(top).relative_to(self.folder)
            folders[:] = [name for name in folders if name not in {".git", "node_modules", *pruned}]
            for name in files:
                path = (below / name).as_posix()
                if paths is None or any(path == one or path.startswith(f"{one}/") for one in paths):
                    found[path] = digest((self.folder / path).read_bytes())
        return found

    async def read(self, path: str, largest: int) -> bytes | None:
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / path).read_bytes()
        return None

    async def write(self, files: Mapping[str, bytes]) -> None:
        self.before_write()
        for path, data in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_bytes(data)
        self.written += files

    async def remove(self, paths: Collection[str]) -> None:
        for path in paths:
            (self.folder / path).unlink(missing_ok=True)

    async def watch(self, folders: Collection[str], on_changed: OnChanged) -> Callable[[], Awaitable[None]]:
        from watchfiles import awatch

        async def follow() -> None:
            async for changes in awatch(self.folder, watch_filter=None, step=20, debounce=100):
                on_changed(frozenset(Path(path).relative_to(self.folder).as_posix() for _, path in changes))

        task = asyncio.create_task(follow())

        async def stop() -> None:
            task.cancel()
            await asyncio.wait({task})

        return stop
