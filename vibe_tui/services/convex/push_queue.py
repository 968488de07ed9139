"""The one queue through which everything is pushed (DESIGN 2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from vibe_tui.services.clock import now
from vibe_tui.services.model import Push


class PushQueue:
    """Runs pushes one at a time.

    A request made while a push runs asks for exactly one more, however many requests there are; each
    caller gets the outcome of a push that began after its request, so none is lost. While the queue
    is held (a chat turn writes files) nothing begins.
    """

    def __init__(self, run: Callable[[], Coroutine[Any, Any, Push]]) -> None:
        self._run = run
        self._next: asyncio.Future[Push] | None = None
        self._worker: asyncio.Task[None] | None = None
        self._holders = 0
        self._free = asyncio.Event()
        self._free.set()

    def request(self) -> asyncio.Future[Push]:
        """Ask for a push; the future is the outcome of the next one to begin."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
            # Nobody may be waiting for it; that it failed is told through the dev server's state too.
            self._next.add_done_callback(lambda future: future.exception())
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name="push queue")
        return self._next

    @property
    def waiting(self) -> bool:
        """Whether a push is asked for that has not begun."""
        return self._next is not None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let no push begin meanwhile. Holds may nest; requests made meanwhile run at the release."""
        self._holders += 1
        self._free.clear()
        try:
            yield
        finally:
            self._holders -= 1
            if self._holders == 0:
                self._free.set()

    async def stop(self) -> None:
        """Stop the running push and drop the waiting one; whoever waits for them gets a stopped push."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.cancel()
            await asyncio.wait({worker})
        if self._next is not None:
            self._next.set_result(_stopped())
            self._next = None

    async def _work(self) -> None:
        while self._next is not None:
            await self._free.wait()
            current, self._next = self._next, None
            push = asyncio.create_task(self._run(), name="push")
            try:
                await asyncio.wait({push})
            finally:
                if not push.done():
                    push.cancel()
                    await asyncio.wait({push})
                _pass_on(push, current)


def _pass_on(push: asyncio.Task[Push], to: asyncio.Future[Push]) -> None:
    if push.cancelled():
        to.set_result(_stopped())
    elif (problem := push.exception()) is not None:
        to.set_exception(problem)
    else:
        to.set_result(push.result())


def _stopped() -> Push:
    return Push("stopped", 0.0, reason="The push was stopped.", finished_at=now())
