"""One project's sandbox in the cloud: found or made, kept alive while it is used, let go at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from vibe_tui.services.in_thread import in_thread
from vibe_tui.services.sandbox.cloud import Cloud, CloudSandbox
from vibe_tui.services.sandbox.errors import SandboxGone
from vibe_tui.services.sandbox.sandbox_record import SandboxRecord

ExitPolicy = Literal["pause", "kill", "leave"]


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds."""

    life: float = 900.0
    """A sandbox that is not extended pauses after this; thus also when this program dies."""
    beat: float = 240.0
    """Between two looks whether it is still used."""
    idle: float = 600.0
    """Without a command and without the user doing anything for this long, its time is not extended."""


@dataclass(frozen=True, slots=True)
class Obtained:
    sandbox: CloudSandbox
    made: bool
    """It is new and empty."""


class Lifecycle:
    """Knows the sandbox's id and when it was last used. What it raises, `cloud` and the store raise."""

    def __init__(
        self,
        cloud: Cloud,
        record: SandboxRecord,
        project: str,
        times: Times,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.cloud = cloud
        self._record = record
        self._project = project
        self._times = times
        self._clock = clock
        self._used = clock()
        self._jobs = 0

    async def exists(self) -> bool:
        """Whether a sandbox is known, whatever its state."""
        return bool((await asyncio.to_thread(self._record.read)).id)

    async def obtain(self) -> Obtained:
        """The project's sandbox, running: the one it had, one whose creation was cut off, or a new one."""
        self.used()
        kept = await asyncio.to_thread(self._record.read)
        if kept.id:
            try:
                return Obtained(await self.cloud.connect(kept.id, self._times.life), made=False)
            except SandboxGone:
                await in_thread(self._record.forget)
        elif kept.attempt and (cut_off := await self._cut_off()):
            await in_thread(lambda: self._record.made(cut_off))
            return await self.obtain()
        attempt = await in_thread(self._record.begin)
        # A creation is not cut short: nobody would know of the sandbox it makes all the same.
        made = asyncio.ensure_future(self._make(attempt))
        try:
            return Obtained(await asyncio.shield(made), made=True)
        except asyncio.CancelledError:
            await asyncio.wait({made})
            if not made.cancelled() and made.exception() is None:
                await made.result().close()
            raise

    async def _make(self, attempt: str) -> CloudSandbox:
        sandbox = await self.cloud.create(self._project, attempt, self._times.life)
        await in_thread(lambda: self._record.made(sandbox.id))
        return sandbox

    async def _cut_off(self) -> str:
        """The sandbox of a creation whose answer never came; "" when it was not made."""
        ours = [one for one in await self.cloud.ours() if one.project == self._project]
        return max(ours, key=lambda one: one.started).id if ours else ""

    # --- its time ------------------------------------------------------------------------------------

    def used(self) -> None:
        """The user did something, or a command runs."""
        self._used = self._clock()

    def job_began(self) -> None:
        self._jobs += 1

    def job_ended(self) -> None:
        self._jobs -= 1
        self.used()

    @property
    def in_use(self) -> bool:
        return self._jobs > 0 or self._clock() - self._used < self._times.idle

    async def keep_alive(self, sandbox: CloudSandbox, on_extended: Callable[[float], None]) -> None:
        """Extend its time for as long as it is used, until cancelled.

        on_extended: told when it will pause, seconds since the epoch. Raises what the sandbox raises.
        """
        while True:
            if self.in_use:
                await sandbox.extend(self._times.life)
                on_extended(time.time() + self._times.life)
            await asyncio.sleep(self._times.beat)

    # --- the end -------------------------------------------------------------------------------------

    async def let_go(self, sandbox: CloudSandbox, policy: ExitPolicy) -> None:
        """What the exit policy says: pause, kill, or leave it to its time."""
        if policy == "pause":
            await sandbox.pause()
        elif policy == "kill":
            await self.kill()

    async def pause(self) -> str:
        """Freeze it from outside, when nobody here follows it; its id, "" when there is none."""
        kept = await asyncio.to_thread(self._record.read)
        if kept.id:
            await self.cloud.pause(kept.id)
        return kept.id

    async def forget(self) -> None:
        """Let it be nobody's; it is found among the leftovers."""
        await in_thread(self._record.forget)

    async def kill(self) -> None:
        kept = await asyncio.to_thread(self._record.read)
        if kept.id:
            await self.cloud.kill(kept.id)
        await in_thread(self._record.forget)
