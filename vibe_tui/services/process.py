"""Run commands so that their output is streamed and nothing of them outlives us (DESIGN 5.19)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from vibe_tui.services.errors import VibeError
from vibe_tui.services.sandbox.base import Exit, OnLine
from vibe_tui.services.terminal_text import LineSplitter, visible

_SUPERVISOR = str(Path(__file__).with_name("supervisor.py"))
_CHUNK = 64 * 1024
_LINES_A_TURN = 200
"""Lines handed on before the event loop gets its next turn, so that a flood starves nobody."""
_SUPERVISOR_LIMIT = 6.0
"""Seconds the supervisor may take to end a command (TERM, 3 s, KILL) before we end both."""

_PASSED_ON = re.compile(
    r"PATH|HOME|LANG|LC_[A-Z]+|TZ|TMPDIR|XDG_[A-Z_]+"
    r"|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA"
    r"|(?i:https?_proxy|no_proxy|all_proxy)"
    r"|(?i:npm_config_(registry|cafile|ca|strict_ssl|proxy|https_proxy|noproxy|cache|userconfig|globalconfig))"
)


class CannotStart(VibeError):
    """The program is not there, may not be run, or its folder is gone."""

    code = "cannot_start"


def base_environment(
    extra: Mapping[str, str] | None = None, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The environment of every command: what it needs to run and to reach the network, and `extra`.

    An allow-list, because the caller's environment holds credentials that are not the command's business.
    """
    passed_on = {name: value for name, value in environ.items() if _PASSED_ON.fullmatch(name)}
    return passed_on | dict(extra or {})


async def spawn(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], on_line: OnLine, limit: float | None = None
) -> RunningProcess:
    """Start a command in `cwd` with exactly the environment `env`.

    Its stdin is empty; stdout and stderr share one pipe, so lines come in the order they were written.
    on_line is called on the event loop with clean, redacted lines and must not raise. A slow reader
    slows the command down; nothing piles up in memory. limit: seconds, after which it is stopped.

    Raises CannotStart.
    """
    running = RunningProcess(argv, cwd=cwd, env=env, on_line=on_line, limit=limit)
    await running.started()
    return running


async def run(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], on_line: OnLine, limit: float | None = None
) -> Exit:
    """Like :func:`spawn`, to its end. Cancelling stops the command first."""
    running = await spawn(argv, cwd=cwd, env=env, on_line=on_line, limit=limit)
    try:
        return await running.wait()
    except asyncio.CancelledError:
        await running.stop()
        raise


class RunningProcess:
    """A command started by :func:`spawn`; a `sandbox.base.Running`. What we and supervisor.py say to
    each other is described there."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        on_line: OnLine,
        limit: float | None,
    ) -> None:
        self._name = visible(Path(argv[0]).name)
        self._on_line = on_line
        self._limit = limit
        self._pid = 0
        self._stopped = self._timed_out = self._ended = False
        self._heard = b""
        self._wake = asyncio.Event()
        self._timers: list[asyncio.TimerHandle] = []
        self._began = time.monotonic()
        self._supervisor, self._control, self._output = _start_supervisor(cwd)
        loop = asyncio.get_running_loop()
        self._started: asyncio.Future[CannotStart | None] = loop.create_future()
        self._done = loop.create_task(self._run(_request(argv, env)))

    @property
    def pid(self) -> int:
        """The command's process id, which is also its group's."""
        return self._pid

    @property
    def ended(self) -> bool:
        """Nothing of it is left."""
        return self._done.done()

    async def started(self) -> None:
        """Return once the command runs. Raises CannotStart."""
        try:
            failure = await asyncio.shield(self._started)
        except asyncio.CancelledError:
            self._request_stop()
            raise
        if failure:
            raise failure

    async def wait(self) -> Exit:
        """How it ended, once nothing of it is left and all its lines were handed on."""
        return await asyncio.shield(self._done)

    async def stop(self) -> Exit:
        self._request_stop()
        return await self.wait()

    async def _run(self, request: bytes) -> Exit:
        loop = asyncio.get_running_loop()
        pump = loop.create_task(self._pump())
        if self._limit is not None:
            self._timers.append(loop.call_later(self._limit, self._time_is_over))
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # then the answer is empty
                await loop.sock_sendall(self._control, request)
            self._note_start(await self._answer())
            answer = await self._answer()
            seconds = time.monotonic() - self._began
            if not answer:
                self._kill()  # the supervisor was killed; what it watched must not go on
            self._ended = True
            self._wake.set()
            await pump
        finally:  # also when the loop is closing: then this ends the command
            self._request_stop()
            await asyncio.to_thread(self._supervisor.wait)
            pump.cancel()
            for timer in self._timers:
                timer.cancel()
            self._control.close()
            os.close(self._output)
        code = int(answer[1]) if answer[:1] == ["exit"] else None
        return Exit(code, seconds, timed_out=self._timed_out, stopped=self._stopped)

    def _note_start(self, answer: list[str]) -> None:
        failure: CannotStart | None = None
        match answer:
            case ["started", pid]:
                self._pid = int(pid)
            case ["failed", errno]:
                failure = CannotStart(
                    f"`{self._name}` could not be started: {os.strerror(int(errno)).lower()}.",
                    next_step="Run `vibe-tui doctor` to see what is missing.",
                )
            case _:
                failure = CannotStart(f"`{self._name}` was ended before it started.")
        self._started.set_result(failure)

    async def _answer(self) -> list[str]:
        """The words of the supervisor's next line; none when it has gone."""
        loop = asyncio.get_running_loop()
        while b"\n" not in self._heard:
            try:
                more = await loop.sock_recv(self._control, 256)
            except ConnectionResetError:
                more = b""
            if not more:
                return []
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode().split()

    async def _pump(self) -> None:
        """Hand the output on, line by line, until its end or until the command's end."""
        splitter = LineSplitter()
        while True:
            try:
                chunk = os.read(self._output, _CHUNK)
            except BlockingIOError:
                if self._ended:  # what an escaped program (macOS) may still write is not ours
                    break
                await self._readable()
                continue
            if not chunk:
                break
            await self._hand_on(splitter.feed(chunk))
        await self._hand_on(splitter.finish())

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        self._wake.clear()
        loop.add_reader(self._output, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            loop.remove_reader(self._output)

    async def _hand_on(self, lines: list[str]) -> None:
        for first in range(0, len(lines), _LINES_A_TURN):
            for line in lines[first : first + _LINES_A_TURN]:
                self._on_line(line)
            await asyncio.sleep(0)

    def _time_is_over(self) -> None:
        self._timed_out = not self._stopped
        self._request_stop()

    def _request_stop(self) -> None:
        if self._ended or self._stopped:
            return
        self._stopped = True
        with contextlib.suppress(OSError):  # the supervisor has gone already
            self._control.shutdown(socket.SHUT_WR)
        self._timers.append(asyncio.get_running_loop().call_later(_SUPERVISOR_LIMIT, self._kill))

    def _kill(self) -> None:
        """The way out when the supervisor itself hangs (somebody stopped it) or was killed."""
        self._supervisor.kill()
        if self._pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)


def _start_supervisor(cwd: Path) -> tuple[subprocess.Popen[bytes], socket.socket, int]:
    """Start it: (the process, our end of the control socket, the reading end of the output)."""
    if not cwd.is_dir():
        raise CannotStart(f"The folder {visible(str(cwd))} is gone.", next_step="Move it back and try again.")
    control, theirs = socket.socketpair()
    output, written = os.pipe()
    try:
        supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", _SUPERVISOR, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            cwd=cwd,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    except OSError as error:
        control.close()
        os.close(output)
        reason = (error.strerror or "unknown").lower()
        raise CannotStart(f"A process could not be started in {visible(str(cwd))}: {reason}.") from error
    finally:
        theirs.close()
        os.close(written)
    control.setblocking(False)
    os.set_blocking(output, False)
    return supervisor, control, output


def _request(argv: Sequence[str], env: Mapping[str, str]) -> bytes:
    fields = [str(len(argv)), *argv, *(f"{name}={value}" for name, value in env.items())]
    if any("\0" in field for field in fields):
        raise ValueError("embedded NUL in a command or its environment")
    body = b"\0".join(map(os.fsencode, fields))
    return len(body).to_bytes(4, "big") + body
