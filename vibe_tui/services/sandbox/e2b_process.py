"""A command in an E2B sandbox, followed by one task until its end, through dropped and silent streams.

Why it is done so: finite stream timeouts of the SDK cancel the caller's task (Python 3.12 and newer) and kill
the remote shell; cancelling a wait of the SDK spoils its handle; its kill ends the shell alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibe_tui.services.sandbox.base import Exit, OnLine
from vibe_tui.services.sandbox.e2b_errors import (
    NotRunning,
    RemoteFileMissing,
    WhyNotRunning,
    asked,
    translated,
)
from vibe_tui.services.sandbox.errors import SandboxFailed, SandboxUnreachable
from vibe_tui.services.terminal_text import LineSplitter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from e2b import AsyncCommandHandle, AsyncSandbox

MARKER = "VIBE_RUN_ID"
"""The environment variable by which a command's whole tree is found again."""
_MOST_BUFFERED = 50_000
_LINES_A_TURN = 200
_END_SECONDS = 6.0
"""How long the end may take to be told after everything was killed."""
_STOP = """
all() { grep -lsaz '^VIBE_RUN_ID=%s$' /proc/[0-9]*/environ | grep -o '[0-9][0-9]*'; }
send() { for one in $(all); do kill -$1 $one 2>/dev/null; done; }
send TERM
for turn in $(seq 30); do [ -z "$(all)" ] && exit 0; sleep 0.1; done
for turn in $(seq 20); do send KILL; [ -z "$(all)" ] && exit 0; sleep 0.05; done
"""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds."""

    silence: float = 60.0
    """Without output for this long, it is asked whether the command still runs."""
    answer: float = 5.0
    """For the answer to that."""
    retry: tuple[float, ...] = (0.2, 1.0, 2.0, 5.0, 10.0, 20.0)
    """Before each attempt to follow the command again; then it is given up."""


class E2BRunning:
    """A `sandbox.base.Running`. `wait` raises SandboxFailed when the command was lost."""

    def __init__(
        self,
        remote: AsyncSandbox,
        on_line: OnLine,
        patience: Patience,
        why_not_running: WhyNotRunning,
    ) -> None:
        """why_not_running: whether the sandbox sleeps or is gone, asked once it is known not to run."""
        self._remote = remote
        self._on_line = on_line
        self._patience = patience
        self._why_not_running = why_not_running
        self._id = os.urandom(8).hex()
        self._stdout, self._stderr = LineSplitter(), LineSplitter()
        self._buffer: deque[str] = deque(maxlen=_MOST_BUFFERED)
        self._bell = asyncio.Event()
        self._heard = self._began = time.monotonic()
        self._stopped = self._timed_out = self._ended = False
        self._timer: asyncio.TimerHandle | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._following: asyncio.Task[Exit] | None = None
        self.pid = 0

    async def begin(self, line: str, cwd: str, env: Mapping[str, str], limit: float | None) -> None:
        """Start it. Raises SandboxFailed."""
        async with asked(self._why_not_running):
            handle = await self._remote.commands.run(
                line,
                background=True,
                envs={**env, MARKER: self._id},
                cwd=cwd,
                on_stdout=self._hear_stdout,
                on_stderr=self._hear_stderr,
                timeout=0,
                request_timeout=30,
                retain_output=False,
            )
        self.pid = handle.pid
        if limit is not None:
            self._timer = asyncio.get_running_loop().call_later(limit, self._time_is_over)
        self._following = asyncio.create_task(self._run(handle), name="follow a command in the sandbox")

    @property
    def ended(self) -> bool:
        return self._following is not None and self._following.done()

    async def wait(self) -> Exit:
        assert self._following is not None, "begin() comes first"
        return await asyncio.shield(self._following)

    async def stop(self) -> Exit:
        self._request_stop()
        return await self.wait()

    async def let_go(self) -> None:
        """Follow it no longer; it goes on, or is frozen with the sandbox."""
        if self._following is not None and not self._following.done():
            self._following.cancel()
            await asyncio.wait({self._following})

    # --- output --------------------------------------------------------------------------------------

    def _hear_stdout(self, text: str) -> None:
        self._hear(self._stdout, text)

    def _hear_stderr(self, text: str) -> None:
        self._hear(self._stderr, text)

    def _hear(self, splitter: LineSplitter, text: str) -> None:
        """Only keeps it: what is slow or fails here would end the stream, or hold the command up."""
        self._heard = time.monotonic()
        self._buffer.extend(splitter.feed(text.encode("utf-8", "replace")))
        self._bell.set()

    async def _pump(self) -> None:
        while True:
            await self._bell.wait()
            self._bell.clear()
            while self._buffer:
                for _ in range(min(_LINES_A_TURN, len(self._buffer))):
                    self._on_line(self._buffer.popleft())
                await asyncio.sleep(0)
            if self._ended:
                return

    # --- following -----------------------------------------------------------------------------------

    async def _run(self, handle: AsyncCommandHandle[None]) -> Exit:
        pump = asyncio.create_task(self._pump(), name="output of a command in the sandbox")
        try:
            code = await self._follow(handle)
            self._buffer.extend(self._stdout.finish() + self._stderr.finish())
            self._ended = True
            self._bell.set()
            await pump
        finally:
            pump.cancel()
            if self._timer is not None:
                self._timer.cancel()
        if self._stopping is not None:
            await asyncio.wait({self._stopping})
        seconds = time.monotonic() - self._began
        return Exit(code, seconds, timed_out=self._timed_out, stopped=self._stopped)

    async def _follow(self, handle: AsyncCommandHandle[None]) -> int | None:
        """Its exit code; None: killed by a signal."""
        while True:
            try:
                return await self._end_of(handle)
            except SandboxUnreachable as problem:
                if self._stopping is not None and self._stopping.done():
                    return None
                found = await self._again(problem)
                if found is None:
                    return None
                handle = found
            except NotRunning:
                raise await self._why_not_running() from None

    async def _end_of(self, handle: AsyncCommandHandle[None]) -> int | None:
        """Follow one stream. Raises SandboxUnreachable when it was dropped or has fallen silent for good."""
        from e2b import CommandExitException

        waiting = asyncio.ensure_future(handle.wait())
        try:
            while not waiting.done():
                await asyncio.wait({waiting}, timeout=min(self._patience.silence, 1.0))
                if waiting.done():
                    break
                if self._stopping is not None and self._stopping.done():
                    await asyncio.wait({waiting}, timeout=_END_SECONDS)
                    if not waiting.done():
                        raise SandboxUnreachable("The end of the command was not told.")
                elif time.monotonic() - self._heard > self._patience.silence:
                    await self._prove_alive()
            with translated():
                try:
                    return waiting.result().exit_code
                except CommandExitException as end:
                    return end.exit_code if end.exit_code >= 0 else None
        finally:
            if not waiting.done():
                await handle.disconnect()
                await asyncio.wait({waiting})

    async def _prove_alive(self) -> None:
        """The stream is silent: raise SandboxUnreachable unless the command is known to run."""
        for attempt in (1, 2):
            try:
                with translated():
                    processes = await self._remote.commands.list(request_timeout=self._patience.answer)
            except SandboxUnreachable:
                if attempt == 2:
                    raise
                continue
            if all(one.pid != self.pid for one in processes):
                raise SandboxUnreachable("The end of the command was not told.")
            break
        self._heard = time.monotonic()

    async def _again(self, problem: SandboxFailed) -> AsyncCommandHandle[None] | None:
        """Attach to the running command once more; None when it has ended meanwhile, nobody knows how."""
        for pause in self._patience.retry:
            await asyncio.sleep(pause)
            with contextlib.suppress(SandboxUnreachable):
                try:
                    with translated():
                        handle = await self._remote.commands.connect(
                            self.pid,
                            timeout=0,
                            request_timeout=self._patience.answer,
                            on_stdout=self._hear_stdout,
                            on_stderr=self._hear_stderr,
                            retain_output=False,
                        )
                except RemoteFileMissing:
                    self._say("… the connection broke, and the command ended meanwhile …")
                    return None
                self._heard = time.monotonic()
                self._say("… the connection broke; output is missing here …")
                return handle
        raise problem

    def _say(self, line: str) -> None:
        self._buffer.append(line)
        self._bell.set()

    # --- ending it -----------------------------------------------------------------------------------

    def _time_is_over(self) -> None:
        self._timed_out = not self._stopped
        self._request_stop()

    def _request_stop(self) -> None:
        if self._stopped or self.ended:
            return
        self._stopped = True
        self._stopping = asyncio.create_task(self._kill_tree(), name="stop a command in the sandbox")

    async def _kill_tree(self) -> None:
        with contextlib.suppress(SandboxFailed), translated():
            await self._remote.commands.run(_STOP % self._id, timeout=15, request_timeout=10)
