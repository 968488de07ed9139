"""The dev server: a watcher on `convex/` and the one push queue (DESIGN 2).

Its state is live. *Running* means armed and the last push good; nothing about it is stored.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vibe_tui.services.clock import now
from vibe_tui.services.convex.heartbeat import Heartbeat
from vibe_tui.services.convex.push_queue import PushQueue
from vibe_tui.services.convex.reachability import Pulse
from vibe_tui.services.convex.watch import changes, fingerprint
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import DevServerState, Push
from vibe_tui.services.part import Part

Status = Literal["stopped", "starting", "pushing", "running", "failed", "unreachable"]
RETRY_SECONDS = (1.0, 2.0, 5.0, 10.0)
"""Between pushes that find the deployment unreachable though it seems to answer; the last one repeats."""


async def _seems_to_answer() -> Pulse:
    return "answers"


@dataclass(frozen=True, slots=True)
class PushStarted:
    at: str


@dataclass(frozen=True, slots=True)
class PushFinished:
    push: Push


DevServerEvent = PushStarted | PushFinished


class DevServer(Part[DevServerState, DevServerEvent]):
    """Watches `folder`, pushes through `run_push`, and says how it stands.

    run_push: does one whole push. A VibeError it raises ends that push as failed, with the error's words.
    pulse: how the deployment is now; cheap. wall: the time of day in seconds, which goes on in a sleep.
    """

    def __init__(
        self,
        folder: Path,
        run_push: Callable[[], Coroutine[Any, Any, Push]],
        pulse: Callable[[], Awaitable[Pulse]] = _seems_to_answer,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(DevServerState())
        self._folder = folder
        self._run_push = run_push
        self._queue = PushQueue(self._push_once)
        self._heartbeat = Heartbeat(pulse, wall=wall, on_slept=self._slept, on_pulse=self._felt)
        self._watcher: asyncio.Task[None] | None = None
        self._pushed = ""  # fingerprint of the tree that the last push began with
        self._failures_in_a_row = 0
        self._retry_at = 0.0  # on the monotonic clock
        self._woke = asyncio.Event()

    # --- commands -----------------------------------------------------------------------------------

    async def start(self) -> Push:
        """Arm the watcher and push once; returns that push's outcome. Armed already: only pushes."""
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch(), name="dev server watch")
            self._heartbeat.start()
            self._set("starting")
        return await self.push()

    async def push(self) -> Push:
        """Push what the tree holds now. Works stopped as well; the watcher is not armed by it."""
        return await asyncio.shield(self._queue.request())

    async def stop(self) -> None:
        """Disarm the watcher and stop a push that runs."""
        watcher, self._watcher = self._watcher, None
        await self._heartbeat.stop()
        if watcher is not None:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        await self._queue.stop()
        self._set("stopped")

    @contextmanager
    def hold(self) -> Iterator[None]:
        """No push begins meanwhile; when the watcher is armed, the release pushes what changed."""
        with self._queue.hold():
            yield

    @property
    def armed(self) -> bool:
        return self._watcher is not None

    # --- inside --------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        async with aclosing(changes(self._folder)) as hints:
            async for _ in hints:
                await self._push_if_changed()

    async def _push_if_changed(self) -> None:
        if self._queue.waiting:
            return  # a push that has yet to begin will take the change along
        if self._pushed and await asyncio.to_thread(fingerprint, self._folder) != self._pushed:
            self._queue.request()

    async def _push_once(self) -> Push:
        self._pushed = await asyncio.to_thread(fingerprint, self._folder)
        self._set("pushing")
        self._emit(PushStarted(now()))
        try:
            push = await self._run_anew_after_sleep()
        except VibeError as problem:
            self._finished(Push("failed", 0.0, reason=_sentence(problem), finished_at=now()))
            raise
        except asyncio.CancelledError:
            self._finished(Push("stopped", 0.0, reason="The push was stopped.", finished_at=now()))
            raise
        self._finished(push)
        return push

    def _finished(self, push: Push) -> None:
        status: Status
        if not self.armed:
            status = "stopped"
        elif push.ok:
            status = "running"
        else:
            status = "unreachable" if push.result == "unreachable" else "failed"
        self._failures_in_a_row = self._failures_in_a_row + 1 if push.result == "unreachable" else 0
        if self._failures_in_a_row:
            wait = RETRY_SECONDS[min(self._failures_in_a_row, len(RETRY_SECONDS)) - 1]
            self._retry_at = time.monotonic() + wait
        self._heartbeat.hurry(status == "unreachable")
        self._set(status, push)
        self._emit(PushFinished(push))

    async def _run_anew_after_sleep(self) -> Push:
        """One push; begun again when the machine slept meanwhile, as its connections are dead then."""
        while True:
            self._woke.clear()
            push = asyncio.create_task(self._run_push(), name="run push")
            woke = asyncio.create_task(self._woke.wait(), name="wait for a sleep's end")
            try:
                await asyncio.wait({push, woke}, return_when=asyncio.FIRST_COMPLETED)
                if push.done():
                    return push.result()
            finally:
                for task in (push, woke):
                    task.cancel()
                await asyncio.wait({push, woke})

    async def _slept(self) -> None:
        self._woke.set()
        self._retry_at = 0.0
        await self._push_if_changed()

    async def _felt(self, pulse: Pulse, *, surely: bool) -> None:
        """surely: it was so the last time, too."""
        status = self.state.status
        if status not in ("running", "failed", "unreachable"):
            return
        if pulse == "silent":
            self._retry_at = 0.0  # when it answers again, that is news
            if surely and status != "unreachable":
                self._heartbeat.hurry(True)
                self._set("unreachable")
        elif time.monotonic() >= self._retry_at and (
            status == "unreachable" or (status == "running" and pulse == "gone")
        ):
            self._queue.request()

    def _set(self, status: Status, last_push: Push | None = None) -> None:
        push = last_push or self.state.last_push
        since = self.state.since if status == self.state.status else now()
        self._become(DevServerState(status=status, armed=self.armed, since=since, last_push=push))


def _sentence(problem: VibeError) -> str:
    return f"{problem.message} {problem.next_step}".strip()
