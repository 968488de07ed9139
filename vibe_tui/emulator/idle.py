"""When an emulator that nobody uses may end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


class Idle:
    """Notices that nothing used the emulator for `limit` seconds.

    in_use(): whether somebody holds a lease or a connection right now.
    """

    def __init__(self, limit: float, in_use: Callable[[], Awaitable[bool]]) -> None:
        self._limit = limit
        self._in_use = in_use
        self._last_use = time.monotonic()

    def touch(self) -> None:
        self._last_use = time.monotonic()

    async def wait(self) -> None:
        """Return once `limit` seconds have passed since the last use."""
        while True:
            left = self._last_use + self._limit - time.monotonic()
            # Leases give no notice when they end: look a few times per limit, so that its length is kept to.
            await asyncio.sleep(max(0.01, min(left, self._limit / 10)))
            if await self._in_use():
                self.touch()
            elif time.monotonic() - self._last_use >= self._limit:
                return
