"""The project's sandbox in the cloud as its parts use it: it comes when it is needed, with the right files.

Before a command runs, everything changed here is there; when it has ended, everything it made is here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from itertools import chain, repeat
from typing import TypeVar

from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import SandboxKind
from vibe_tui.services.part import Part
from vibe_tui.services.sandbox.base import Command, Exit, OnLine, Running
from vibe_tui.services.sandbox.cloud import Cloud, CloudSandbox
from vibe_tui.services.sandbox.errors import SandboxAsleep, SandboxFailed, SandboxGone, SandboxUnreachable
from vibe_tui.services.sandbox.lifecycle import ExitPolicy, Lifecycle
from vibe_tui.services.sandbox.live_mirror import LiveMirror
from vibe_tui.services.sandbox.local_tree import LocalTree
from vibe_tui.services.sandbox.manifest import Manifest
from vibe_tui.services.sandbox.mirror import Mirror
from vibe_tui.services.sandbox.mirror_events import Mirrored, MirrorEvent, Sending
from vibe_tui.services.sandbox.state import SandboxState

T = TypeVar("T")
RETRY_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Between attempts to reach a sandbox again; the last one repeats."""
_LAST_SECONDS = 5.0
"""For bringing what changed last, and for telling the sandbox to stop; then it is left to its time."""


class MirroredSandbox(Part[SandboxState, MirrorEvent]):
    """A `sandbox.base.Sandbox`. Every method that needs it may make, resume or replace the sandbox first."""

    kind: SandboxKind = "e2b"

    def __init__(
        self,
        lifecycle: Lifecycle,
        local: LocalTree,
        manifest: Manifest,
        note: OnLine,
        *,
        on_exit: ExitPolicy,
        retry: tuple[float, ...] = RETRY_SECONDS,
    ) -> None:
        """note: told in lines what the sandbox does."""
        super().__init__(SandboxState())
        self._lifecycle = lifecycle
        self._local = local
        self._manifest = manifest
        self._note = note
        self._on_exit = on_exit
        self._retry = retry
        self._sandbox: CloudSandbox | None = None
        self._mirror: Mirror | None = None
        self._live: LiveMirror | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._reconnecting: asyncio.Task[None] | None = None
        self._waking = asyncio.Lock()
        self._lost = False  # what was last tried showed that it is not usable now
        self._prepare: OnLine | None = None  # told by preparations, once there was one
        self._prepared = False
        self._running: set[_MirroredRunning] = set()

    @property
    def cloud(self) -> Cloud:
        return self._lifecycle.cloud

    # --- Sandbox -------------------------------------------------------------------------------------

    async def prepare(self, on_line: OnLine) -> None:
        self._prepare = on_line
        await self._use(self._made_ready)

    async def _made_ready(self, sandbox: CloudSandbox) -> None:
        if self._prepare is not None and not self._prepared:
            await sandbox.prepare(self._prepare)
            self._prepared = True

    def convex(self, *arguments: str) -> tuple[str, ...]:
        assert self._sandbox is not None, "prepare() comes first"
        return self._sandbox.convex(*arguments)

    async def start(self, command: Command, on_line: OnLine) -> Running:
        async def begin(sandbox: CloudSandbox) -> Running:
            await self._made_ready(sandbox)  # one that was replaced meanwhile has nothing yet
            await self._sync()
            return await sandbox.start(command, on_line)

        running = _MirroredRunning(await self._use(begin), self._ended)
        self._lifecycle.job_began()
        self._running.add(running)
        return running

    async def write_env_file(self, text: str) -> None:
        await self._use(lambda sandbox: sandbox.write_env_file(text))

    async def read_env_file(self) -> str:
        """A project that has no sandbox yet has no such file: none is made for it."""
        if self._sandbox is None and not await self._lifecycle.exists():
            return ""
        return await self._use(lambda sandbox: sandbox.read_env_file())

    async def close(self) -> None:
        """Stop what runs, bring the last changes, then let the sandbox go as the exit policy says."""
        await asyncio.gather(*(running.stop() for running in list(self._running)), return_exceptions=True)
        sandbox, lost, mirror = self._sandbox, self._lost, self._mirror
        await self._let_loose()
        if sandbox is None:
            return
        try:
            async with asyncio.timeout(_LAST_SECONDS):
                if mirror is not None and not lost:
                    await mirror.sync()
                    await mirror.save()
                await self._lifecycle.let_go(sandbox, self._on_exit)
                await sandbox.close()
        except (TimeoutError, VibeError):
            self._note("The sandbox could not be told to stop; it pauses by itself when its time is over.")

    # --- commands of its own -------------------------------------------------------------------------

    async def wake(self) -> None:
        """Have it running, with the project's files in it."""
        await self._awake()

    async def pause(self) -> None:
        """Freeze it now; it comes back by itself when it is needed."""
        sandbox = self._sandbox
        if sandbox is None:
            id = await self._lifecycle.pause()
            self._become(SandboxState("paused" if id else "off", id))
            return
        await self._sync()
        await self._let_loose()
        await sandbox.pause()
        await sandbox.close()
        self._become(SandboxState("paused", sandbox.id))

    async def kill(self) -> None:
        """End it for good, once what was changed there is here. Raises what the sandbox raises."""
        await self._sync()
        sandbox = self._sandbox
        await self._let_loose()
        await self._lifecycle.kill()
        if sandbox is not None:
            with suppress(SandboxFailed):
                await sandbox.close()
        self._become(SandboxState())

    async def abandon(self) -> None:
        """Let go of it as it is, for good."""
        await self._let_loose()
        await self._lifecycle.forget()
        self._become(SandboxState())

    # --- waking --------------------------------------------------------------------------------------

    async def _awake(self) -> CloudSandbox:
        self._lifecycle.used()
        async with self._waking:
            if self._sandbox is not None and not self._lost:
                return self._sandbox
            await self._let_loose(keep_reconnecting=True)
            exists = await self._lifecycle.exists()
            self._become(SandboxState("waking" if exists else "creating"))
            try:
                return await self._obtain()
            except VibeError as problem:
                await self._let_loose(keep_reconnecting=True)
                self._failed(problem)
                raise
            except asyncio.CancelledError:
                self._lost = True
                self._become(SandboxState())
                raise

    async def _obtain(self) -> CloudSandbox:
        obtained = await self._lifecycle.obtain()
        sandbox = self._sandbox = obtained.sandbox
        self._lost = False
        self._note(f"Sandbox {sandbox.id} {'was made' if obtained.made else 'is back'}.")
        self._prepared = False
        if self._manifest.sandbox_id != sandbox.id:
            await asyncio.to_thread(self._manifest.load, sandbox.id)
        mirror = self._mirror = Mirror(self._local, sandbox.files, self._manifest, self._mirror_tells)
        await mirror.sync(trusted=False)
        await mirror.save()
        self._live = LiveMirror(mirror, self._local, sandbox.files, self._failed)
        await self._live.start()
        self._keeper = asyncio.create_task(self._keep(sandbox), name="keep the sandbox alive")
        self._become(SandboxState("running", sandbox.id))
        return sandbox

    async def _keep(self, sandbox: CloudSandbox) -> None:
        try:
            await self._lifecycle.keep_alive(
                sandbox, lambda ends: self._become(replace(self.state, status="running", ends=ends))
            )
        except SandboxFailed as problem:
            self._failed(problem)

    async def _let_loose(self, *, keep_reconnecting: bool = False) -> None:
        """Stop watching it and following it; it stays as it is."""
        tasks = [self._keeper] + ([] if keep_reconnecting else [self._reconnecting])
        self._keeper = None
        for task in tasks:
            if task is not None and task is not asyncio.current_task():
                task.cancel()
                await asyncio.wait({task})
        live, self._live = self._live, None
        self._sandbox, self._mirror, self._prepared = None, None, False
        if live is not None:
            with suppress(SandboxFailed):  # it is being left because it does not answer
                await live.stop()

    # --- trouble -------------------------------------------------------------------------------------

    async def _use(self, work: Callable[[CloudSandbox], Awaitable[T]]) -> T:
        """`work` on the sandbox. One that fell asleep or went since it was last used comes back, once."""
        for again in (True, False):
            sandbox = await self._awake()
            try:
                return await work(sandbox)
            except SandboxFailed as problem:
                self._failed(problem)
                if not (again and isinstance(problem, SandboxAsleep | SandboxGone)):
                    raise
        raise AssertionError("the second time ends in one way or the other")

    async def _sync(self) -> None:
        if self._mirror is not None and not self._lost:
            await self._mirror.sync()
            await self._mirror.save()

    def _failed(self, problem: VibeError) -> None:
        self._lost = True
        id, reason = self.state.id, f"{problem.message} {problem.next_step}".rstrip()
        match problem:
            case SandboxAsleep():
                self._become(SandboxState("paused", id))
            case SandboxGone():
                self._become(SandboxState("gone", id, reason=reason))
            case SandboxUnreachable():
                self._become(SandboxState("reconnecting", id, reason=reason))
                self._reconnect()
            case _:
                self._become(SandboxState("failed", id, reason=reason))
        self._note(reason)

    def _reconnect(self) -> None:
        if self._reconnecting is None or self._reconnecting.done():
            self._reconnecting = asyncio.create_task(self._try_again(), name="reach the sandbox again")

    async def _try_again(self) -> None:
        """Until it answers or is known to be asleep, gone or refused; a command may be quicker."""
        for pause in chain(self._retry, repeat(self._retry[-1])):
            await asyncio.sleep(pause)
            if self.state.status != "reconnecting":
                return
            with suppress(VibeError):
                await self._awake()

    # --- what happens --------------------------------------------------------------------------------

    async def _ended(self, running: _MirroredRunning) -> None:
        """A command has ended: bring what it made."""
        self._running.discard(running)
        self._lifecycle.job_ended()
        try:
            await self._sync()
        except SandboxFailed as problem:
            self._failed(problem)
            raise

    def _mirror_tells(self, event: MirrorEvent) -> None:
        match event:
            case Sending(done=done, of=of):
                self._become(replace(self.state, sending=(done, of) if done < of else None))
            case Mirrored():
                self._become(replace(self.state, sending=None))
                if event.sent or event.removed_there:
                    self._lifecycle.used()
                self._note(event.line)
            case _:
                self._note(event.line)
        self._emit(event)


class _MirroredRunning:
    """A command whose files come back before its end is told."""

    def __init__(self, running: Running, on_end: Callable[[_MirroredRunning], Awaitable[None]]) -> None:
        self._running = running
        self._on_end = on_end
        self._end: asyncio.Task[Exit] | None = None

    async def wait(self) -> Exit:
        if self._end is None:
            self._end = asyncio.create_task(self._wait(), name="wait for a command in the sandbox")
        return await asyncio.shield(self._end)

    async def _wait(self) -> Exit:
        try:
            return await self._running.wait()
        finally:
            await self._on_end(self)

    async def stop(self) -> Exit:
        await self._running.stop()
        return await self.wait()
