"""The mirror in real time: watches both sides, and syncs what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from vibe_tui.services.errors import VibeError
from vibe_tui.services.sandbox.local_tree import LocalTree, watch_local
from vibe_tui.services.sandbox.mirror import Mirror
from vibe_tui.services.sandbox.remote_files import RemoteFiles

_QUIET_SECONDS = 0.02
_SAVE_SECONDS = 2.0
_MANY = 100
"""More changed names than this are not asked about one by one."""


class LiveMirror:
    """Runs from `start` to `stop`. What it cannot do it tells `on_trouble` once, and stops: the caller sees
    to the sandbox, syncs everything, and starts it again.
    """

    def __init__(
        self, mirror: Mirror, local: LocalTree, remote: RemoteFiles, on_trouble: Callable[[VibeError], None]
    ) -> None:
        self._mirror = mirror
        self._local = local
        self._remote = remote
        self._on_trouble = on_trouble
        self._changed: set[str] = set()
        self._anything = False
        self._bell = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._folders: list[str] | None = None  # those watched in the sandbox
        self._unwatch: Callable[[], Awaitable[None]] | None = None

    @property
    def running(self) -> bool:
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    async def start(self) -> None:
        """Begin watching; raises what the sandbox raises. A full sync comes first by itself."""
        await self.stop()
        await self._watch_there()
        self._note(None)
        self._tasks = [
            asyncio.create_task(watch_local(self._local, self._note), name="watch the project's folder"),
            asyncio.create_task(self._work(), name="mirror"),
        ]

    async def stop(self) -> None:
        """End watching; what is being written is finished."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._unwatch_there()

    def _note(self, paths: frozenset[str] | None) -> None:
        if paths is None or len(self._changed) > _MANY:
            self._anything = True
        self._changed |= paths or frozenset()
        self._bell.set()

    async def _work(self) -> None:
        try:
            while True:
                await self._next()
                paths = None if self._anything else frozenset(self._changed)
                self._changed.clear()
                self._anything = False
                await self._mirror.sync(paths)
                if await asyncio.to_thread(self._local.folders) != self._folders:
                    await self._watch_there()
        except VibeError as problem:
            self._on_trouble(problem)

    async def _next(self) -> None:
        """Wait for changes; what both sides have is saved in a quiet moment."""
        try:
            async with asyncio.timeout(_SAVE_SECONDS):  # wait_for could lose a cancellation (Python 3.11)
                await self._bell.wait()
        except TimeoutError:
            await self._mirror.save()
            await self._bell.wait()
        await asyncio.sleep(_QUIET_SECONDS)  # a burst of events is one sync
        self._bell.clear()

    async def _watch_there(self) -> None:
        await self._unwatch_there()
        folders = await asyncio.to_thread(self._local.folders)
        self._unwatch = await self._remote.watch(folders, self._seen_there)
        self._folders = folders

    async def _unwatch_there(self) -> None:
        unwatch, self._unwatch = self._unwatch, None
        if unwatch is not None:
            await unwatch()

    def _seen_there(self, paths: frozenset[str] | None) -> None:
        if paths is None:
            self._folders = None  # the watch has ended: begin it anew after the sync
        self._note(paths)
