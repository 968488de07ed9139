"""Watching a changing set of folders, each for itself and not what is below it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from vibe_tui.services.convex.watch import LOOK_SECONDS

_STEP_MS = 100
_LONGEST_MS = 500


class FolderWatch:
    """Calls back on the event loop's thread: `on_change(folder, names)`, relative to `root`."""

    def __init__(self, root: Path, on_change: Callable[[str, frozenset[str]], None]) -> None:
        self._root = root
        self._on_change = on_change
        self._task: asyncio.Task[None] | None = None

    def follow(self, folders: frozenset[str]) -> None:
        """Watch these folders and no others."""
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(self._watch(folders), name="watch folders") if folders else None

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _watch(self, folders: frozenset[str]) -> None:
        from watchfiles import awatch

        while True:
            there = [self._root / folder for folder in sorted(folders) if (self._root / folder).is_dir()]
            try:
                if there:
                    async for changes in awatch(
                        *there,
                        watch_filter=None,
                        debounce=_LONGEST_MS,
                        step=_STEP_MS,
                        recursive=False,
                        ignore_permission_denied=True,
                    ):
                        self._tell({Path(path) for _, path in changes})
            except OSError:  # a folder went while its watch was set up, or no watches are left: try later
                pass
            await asyncio.sleep(LOOK_SECONDS)

    def _tell(self, changed: set[Path]) -> None:
        names: defaultdict[str, set[str]] = defaultdict(set)
        for path in changed:
            if path.is_relative_to(self._root) and path != self._root:
                folder = path.parent.relative_to(self._root).as_posix()
                names["" if folder == "." else folder].add(path.name)
        for folder, some in names.items():
            self._on_change(folder, frozenset(some))
