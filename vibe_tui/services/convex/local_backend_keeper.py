"""Keeps one local backend running in the background while somebody uses it.

`python -m vibe_tui.services.convex.local_backend_keeper FOLDER BINARY INSTANCE IDLE`, the secret on stdin.
Returns when the backend answers (0), when another keeper has the folder (3), or with what went wrong on
stderr (1). What goes on in the background ends the backend when nobody has held a lease for a while, when a
signal tells it to, and with itself, also after kill -9 (services/supervisor.py).
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NoReturn

from vibe_tui.services.atomic import write_atomic
from vibe_tui.services.convex.emulator_lease import others_hold
from vibe_tui.services.log_store import LogStore
from vibe_tui.services.process import CannotStart, RunningProcess, base_environment, spawn
from vibe_tui.services.secret import Secret

LOCK, PUBLISHED, PORTS = "backend.lock", "backend.json", "ports.json"
ALREADY_RUNNING = 3
ANSWER_LIMIT = 40.0
_LOOK_SECONDS = 1.0
_LOCK_TRIES = 20
_READY = b"ready"


class Keeper:
    """One backend, from its start to its end. idle: seconds without a lease after which it ends."""

    def __init__(self, folder: Path, binary: str, instance: str, idle: float, secret: Secret) -> None:
        self._folder = folder
        self._binary = binary
        self._instance = instance
        self._idle = idle
        self._secret = secret
        self._log = LogStore(folder / "backend.log", keep=200)

    async def run(self, report: Report) -> None:
        """Raises CannotStart before it has reported."""
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        port, site_port = await asyncio.to_thread(self._ports)
        backend = await self._start(port, site_port)
        try:
            await self._answers(backend, port)
            document = {"pid": os.getpid(), "port": port, "site_port": site_port}
            text = json.dumps(document).encode()
            await asyncio.to_thread(write_atomic, self._folder / PORTS, text)
            await asyncio.to_thread(write_atomic, self._folder / PUBLISHED, text)
            report.say(_READY)
            await self._until_unused(backend, ended)
        finally:
            (self._folder / PUBLISHED).unlink(missing_ok=True)
            await backend.stop()
            await self._log.aclose()

    async def _start(self, port: int, site_port: int) -> RunningProcess:
        arguments = (
            *("--instance-name", self._instance, "--instance-secret", self._secret.reveal()),
            *("--interface", "127.0.0.1", "--port", str(port), "--site-proxy-port", str(site_port)),
            *("--local-storage", str(self._folder / "storage"), "--disable-beacon"),
            str(self._folder / "db.sqlite3"),
        )
        environment = base_environment({"DISABLE_BEACON": "true"})
        return await spawn(
            [self._binary, *arguments],
            cwd=self._folder,
            env=environment,
            on_line=lambda line: self._log.append([line]),
        )

    async def _answers(self, backend: RunningProcess, port: int) -> None:
        """Return once it answers under its own name, as the Convex CLI asks."""
        end = time.monotonic() + ANSWER_LIMIT
        while not backend.ended and time.monotonic() < end:
            if await asyncio.to_thread(_name_at, port) == self._instance:
                return
            await asyncio.sleep(0.05)
        lines, _, _ = self._log.read(0, 200)
        said = next((line.text for line in reversed(lines) if line.text.strip()), "it said nothing")
        raise CannotStart(f"{said.strip().rstrip('.')}.")

    async def _until_unused(self, backend: RunningProcess, ended: asyncio.Event) -> None:
        last_use = time.monotonic()
        while not backend.ended and not ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), min(_LOOK_SECONDS, self._idle))
            if not await asyncio.to_thread(self._folder.is_dir):
                return  # its data are gone, and with them every way to find it
            if await asyncio.to_thread(others_hold, self._folder):
                last_use = time.monotonic()
            elif time.monotonic() - last_use >= self._idle:
                return

    def _ports(self) -> tuple[int, int]:
        """Those of the last time where they are free, else any."""
        try:
            kept = json.loads((self._folder / PORTS).read_bytes())
            wanted = [int(kept["port"]), int(kept["site_port"])]
        except (OSError, ValueError, KeyError, TypeError):
            wanted = [0, 0]
        trials = [_bound(port) for port in wanted]
        ports = [trial.getsockname()[1] for trial in trials]
        for trial in trials:
            trial.close()
        return ports[0], ports[1]


class Report:
    """The background's end of a pipe to whoever started it: says one thing, once."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def say(self, what: bytes) -> None:
        if self._descriptor is not None:
            os.write(self._descriptor, what)
            os.close(self._descriptor)
            self._descriptor = None


def _bound(port: int) -> socket.socket:
    """A socket on this port, or on any free one."""
    for wanted in (port, 0):
        trial = socket.socket()
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", wanted))
        except OSError:
            trial.close()
            if wanted == 0:
                raise
        else:
            return trial
    raise AssertionError("port 0 either binds or raises")


def _name_at(port: int) -> str:
    """Which backend answers there; "" when none does."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/instance_name")
        answer = connection.getresponse()
        return answer.read(200).decode(errors="replace") if answer.status == 200 else ""
    except (OSError, HTTPException):
        return ""
    finally:
        connection.close()


def _lock(folder: Path) -> int | None:
    """None when another keeper has it; whoever only looks holds it for an instant."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return descriptor
    os.close(descriptor)
    return None


def _in_background(keeper: Keeper, folder: Path, report: Report) -> NoReturn:
    code = 1
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nowhere, number)
        if _lock(folder) is None:
            code = ALREADY_RUNNING
        else:
            (folder / PUBLISHED).unlink(missing_ok=True)  # of one that was killed
            asyncio.run(keeper.run(report))
            code = 0
    except CannotStart as problem:
        report.say(problem.message.encode())
    except OSError as problem:
        report.say(f"{problem.strerror or problem}".encode())
    finally:
        os._exit(code)  # never back into the starter's code


def main(folder: Path, binary: str, instance: str, idle: float) -> int:
    keeper = Keeper(folder, binary, instance, idle, Secret(sys.stdin.read().strip()))
    reading, writing = os.pipe()
    child = os.fork()  # nothing has started a thread yet
    if child == 0:
        os.close(reading)
        _in_background(keeper, folder, Report(writing))
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    if said == _READY:
        return 0
    _, status = os.waitpid(child, 0)
    print(said.decode(errors="replace") or "it ended at once.", file=sys.stderr)
    return os.waitstatus_to_exitcode(status) or 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])))
