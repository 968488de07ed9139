"""The Node child that runs the pushed code (see node/executor.mjs), and the line protocol to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vibe_tui.emulator.deployment.errors import FunctionFailed, Refusal

_PROGRAM = Path(__file__).parent / "node" / "executor.mjs"
_STOPPED = "The process that runs the functions stopped."
_LINE_LIMIT = 256 * 1024 * 1024
_SCRUBBED = ("PATH", "HOME", "LANG", "TZ")
SILENCE = 12.0
"""Seconds the child's event loop may be blocked before it is stopped."""


LogLines = list[dict[str, Any]]
"""Convex's LogLineJson: messages, level, timestamp (ms), isTruncated."""


class ExecutorStopped(FunctionFailed):
    """The child ended while the call ran; nothing of an unfinished transaction is kept.

    final: for a reason that repeating the call would meet again.
    """

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


@dataclass(frozen=True, slots=True)
class Program:
    """How to start a child. toolchain: a folder with node_modules; storage: where file bytes are."""

    node: str
    toolchain: Path
    name: str
    cloud_url: str
    storage: Path


@dataclass(frozen=True, slots=True)
class Messages:
    """What the child tells besides answers. `commit` finishes before any later message is looked at."""

    commit: Callable[[dict[str, Any]], Awaitable[None]]
    upload: Callable[[str], None]


class Executor:
    """One child process, in its own process group."""

    def __init__(self, program: Program, messages: Messages | None = None) -> None:
        self._program = program
        self._messages = messages
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._lines: dict[int, LogLines] = {}
        self._last_id = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._stderr = b""
        self._why = (_STOPPED, False)

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    async def start(self) -> None:
        """Raises ExecutorStopped when Node cannot be started."""
        program = self._program
        self._why, self._stderr = (_STOPPED, False), b""
        try:
            self._process = await asyncio.create_subprocess_exec(
                program.node,
                "--enable-source-maps",
                "--max-old-space-size=1024",
                str(_PROGRAM),
                str(program.toolchain),
                program.name,
                program.cloud_url,
                str(program.storage),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={name: os.environ[name] for name in _SCRUBBED if name in os.environ},
                start_new_session=True,
                limit=_LINE_LIMIT,
            )
        except OSError as error:
            raise ExecutorStopped(f"Node could not be started ({error.strerror}).", final=True) from error
        self._tasks = [
            asyncio.create_task(self._read(self._process)),
            asyncio.create_task(self._read_stderr(self._process)),
            asyncio.create_task(self._watch()),
        ]

    async def request(self, op: str, limit: float, *, lines: LogLines | None = None, **fields: Any) -> Any:
        """Send one operation and wait for its result, at most `limit` seconds.

        lines: what the user's code logs meanwhile is added here.
        Raises FunctionFailed (the user's code threw), Refusal (a push is invalid) or ExecutorStopped
        (time is over, or the child ended; it is gone then).
        """
        if self._process is None or self._process.stdin is None:
            raise self._stopped()
        self._last_id += 1
        id_ = self._last_id
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[id_] = future
        self._lines[id_] = [] if lines is None else lines
        message = json.dumps({"id": id_, "op": op, **fields}, separators=(",", ":"))
        self._process.stdin.write(message.encode() + b"\n")
        try:
            async with asyncio.timeout(limit):
                return await future
        except TimeoutError:
            self._why = ("The function was interrupted: another one did not finish in time.", False)
            await self.stop()
            message = f"Function execution timed out (maximum duration: {limit:g}s)."
            raise ExecutorStopped(message, final=True) from None
        finally:
            del self._waiting[id_], self._lines[id_]

    async def stop(self) -> None:
        """Kill the process group and wait until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        self._kill_group(process)
        await process.wait()
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()
        await asyncio.gather(*(t for t in self._tasks if t is not current), return_exceptions=True)
        self._fail_all()

    @staticmethod
    def _kill_group(process: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def _stopped(self) -> ExecutorStopped:
        message, final = self._why
        return ExecutorStopped(message, final=final)

    def _fail_all(self) -> None:
        for future in list(self._waiting.values()):
            if not future.done():
                future.set_exception(self._stopped())
                future.exception()  # its caller may have been cancelled: do not warn about it

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            try:
                message = json.loads(line)
            except ValueError:
                continue  # user code wrote to descriptor 1
            if isinstance(message, dict) and not await self._handle(message):
                break
        if self._process is process:
            self._process = None
            self._kill_group(process)
            await process.wait()
            if b"heap out of memory" in self._stderr:
                self._why = ("The functions used too much memory.", True)
            self._fail_all()

    async def _handle(self, message: dict[str, Any]) -> bool:
        """False: the child must not go on."""
        match message, self._messages:
            case {"id": int(id_), **rest}, _:
                self._settle(id_, rest)
            case {"commit": dict(commit)}, Messages() as messages:
                try:
                    await messages.commit(commit)
                except OSError as error:
                    # What the child has in memory is not on disk: it must not answer from it.
                    self._why = (
                        f"The change could not be stored ({error.strerror}); nothing was written.",
                        True,
                    )
                    return False
            case {"log": int(id_), "line": dict(line)}, _ if id_ in self._lines:
                self._lines[id_].append(line)
            case {"upload": str(token)}, Messages() as messages:
                messages.upload(token)
        return True

    def _settle(self, id_: int, answer: dict[str, Any]) -> None:
        future = self._waiting.get(id_)
        if future is None or future.done():
            return
        error = answer.get("error")
        if error is None:
            future.set_result(answer.get("result"))
        elif error.get("code"):
            future.set_exception(Refusal(error["code"], error["message"]))
        else:
            future.set_exception(
                FunctionFailed(error["message"], error.get("data"), has_data="data" in error)
            )

    async def _read_stderr(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while chunk := await process.stderr.read(65536):
            self._stderr = (self._stderr + chunk)[-4096:]

    async def _watch(self) -> None:
        """A call's own limit does not cover an action that loops: ask the event loop whether it lives."""
        while self._process is not None:
            await asyncio.sleep(SILENCE / 4)
            if not self._waiting:
                continue
            try:
                await self.request("ping", SILENCE)
            except ExecutorStopped:
                return
