"""Feels the deployment's pulse now and then, and notices that the machine slept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from vibe_tui.services.convex.reachability import Pulse

LOOK_SECONDS = 1.0
"""Between two looks at the clocks, and at a deployment that did not answer."""
REST_SECONDS = 10.0
"""Between two looks at a deployment that answered."""
SLEPT_SECONDS = 5.0
"""A time of day that is further ahead of the monotonic clock than before means a sleep."""


class OnPulse(Protocol):
    def __call__(self, pulse: Pulse, *, surely: bool) -> Awaitable[None]:
        """surely: the pulse was the same the last time, moments ago."""


class Heartbeat:
    """pulse: how the deployment is. wall: the time of day in seconds; it goes on while the machine sleeps,
    which the monotonic clock does not. on_slept, on_pulse: told. None of these raises.
    """

    def __init__(
        self,
        pulse: Callable[[], Awaitable[Pulse]],
        *,
        wall: Callable[[], float],
        on_slept: Callable[[], Awaitable[None]],
        on_pulse: OnPulse,
    ) -> None:
        self._pulse = pulse
        self._wall = wall
        self._on_slept = on_slept
        self._on_pulse = on_pulse
        self._last: Pulse | None = None
        self._next = 0.0
        self._hurrying = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._next = time.monotonic() + REST_SECONDS
        self._task = asyncio.create_task(self._beat(), name="dev server heartbeat")

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def hurry(self, wanted: bool) -> None:
        """Look every second, or at rest."""
        self._hurrying = wanted
        self._last = None
        self._next = time.monotonic() + (0.0 if wanted else REST_SECONDS)

    async def _beat(self) -> None:
        ahead = self._ahead()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            before, ahead = ahead, self._ahead()
            if ahead - before > SLEPT_SECONDS:
                self._next = 0.0
                await self._on_slept()
            if time.monotonic() >= self._next:
                await self._feel()

    async def _feel(self) -> None:
        before, self._last = self._last, await self._pulse()
        calm = self._last == "answers" and not self._hurrying
        self._next = time.monotonic() + (REST_SECONDS if calm else 0.0)
        await self._on_pulse(self._last, surely=before == self._last)

    def _ahead(self) -> float:
        return self._wall() - time.monotonic()
