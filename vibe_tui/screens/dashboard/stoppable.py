"""Work of a tab that the user, or leaving the tab, can stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from vibe_tui.screens.dashboard.tab import Host


class Stoppable:
    """One piece of work at a time. It ends with the screen too, and its failures are shown as any other's."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        return self._task is not None

    def start(self, work: Coroutine[Any, Any, None], stopped: Callable[[], object]) -> None:
        """stopped: called when `stop` has ended it. Does nothing while other work runs."""
        if self.is_running:
            work.close()
            return
        self._task = asyncio.create_task(work)
        self._host.do(self._watch(self._task, stopped))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _watch(self, task: asyncio.Task[None], stopped: Callable[[], object]) -> None:
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            self._task = None
        if task.cancelled():
            stopped()
        else:
            task.result()
