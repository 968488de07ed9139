"""The sandboxes of the loopback E2B: folders, processes, time."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HOME = "/home/user"


@dataclass
class Machine:
    id: str
    folder: Path
    template: str
    metadata: dict[str, str]
    pause_at_end: bool
    ends: float
    started: float = field(default_factory=time.time)
    state: str = "running"
    processes: dict[int, Process] = field(default_factory=dict)
    streams: set[asyncio.Event] = field(default_factory=set)
    """Set: the stream is to end, since the sandbox does not run any more."""

    @property
    def home(self) -> Path:
        return self.folder / "home" / "user"

    def inside(self, text: str) -> str:
        """A text with paths of the sandbox, with those of this computer."""
        return text.replace(HOME, str(self.home))

    def outside(self, path: Path) -> str:
        return str(path).replace(str(self.home), HOME, 1)

    def path(self, text: str) -> Path:
        if text.startswith("~"):
            text = HOME + text[1:]
        return Path(self.inside(text)) if text.startswith("/") else self.home / text

    def end_streams(self) -> None:
        for stream in self.streams:
            stream.set()

    def signal_all(self, number: int) -> None:
        for process in self.processes.values():
            process.signal_group(number)

    def described(self) -> dict[str, Any]:
        def moment(seconds: float) -> str:
            return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")

        return {
            "templateID": self.template, "sandboxID": self.id, "clientID": "loopback",
            "envdVersion": "0.6.13", "envdAccessToken": f"token-{self.id}", "domain": None,
            "startedAt": moment(self.started), "endAt": moment(self.ends), "cpuCount": 2,
            "memoryMB": 512, "diskSizeMB": 1024, "state": self.state, "metadata": self.metadata,
        }  # fmt: skip


class Process:
    """A real process in a session of its own; its output goes to who listens, and is lost otherwise."""

    def __init__(self, child: asyncio.subprocess.Process, config: dict[str, Any]) -> None:
        self.child = child
        self.config = config
        self.listeners: set[asyncio.Queue[dict[str, Any]]] = set()
        self.end: dict[str, Any] | None = None
        self.task = asyncio.create_task(self._follow())

    @classmethod
    async def start(cls, machine: Machine, config: dict[str, Any]) -> Process:
        home = str(machine.home)
        env = {"PATH": os.environ["PATH"], "HOME": home, "USER": "user", "LANG": "C.UTF-8"}
        env |= {name: machine.inside(value) for name, value in config.get("envs", {}).items()}
        args = [machine.inside(argument) for argument in config.get("args", [])]
        args = [one for one in args if one != "-l"]  # /etc/profile would take this computer's PATH away
        child = await asyncio.create_subprocess_exec(
            config["cmd"], *args, cwd=machine.path(config.get("cwd", HOME)), env=env,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        return cls(child, config)

    def signal_group(self, number: int) -> None:
        try:
            os.killpg(self.child.pid, number)
        except (ProcessLookupError, PermissionError):
            return

    async def _follow(self) -> None:
        from base64 import b64encode

        async def pump(stream: asyncio.StreamReader | None, name: str) -> None:
            assert stream is not None
            while chunk := await stream.read(65536):
                self._tell({"data": {name: b64encode(chunk).decode()}})

        await asyncio.gather(pump(self.child.stdout, "stdout"), pump(self.child.stderr, "stderr"))
        code = await self.child.wait()
        if code < 0:
            status = f"signal: {signal.strsignal(-code)}"
            self.end = {"exitCode": -1, "exited": False, "status": status, "error": status}
        else:
            self.end = {"exitCode": code, "exited": True, "status": f"exit status {code}"}
        self._tell({"end": self.end})

    def _tell(self, event: dict[str, Any]) -> None:
        for listener in self.listeners:
            listener.put_nowait(event)


class Machines:
    """All of them, and the clock that ends their time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.all: dict[str, Machine] = {}
        self.attempts: dict[str, str] = {}

    def make(self, template: str, metadata: dict[str, str], seconds: float, pause: bool) -> Machine:
        id = f"i{os.urandom(8).hex()}"
        machine = Machine(id, self.root / id, template, metadata, pause, time.time() + seconds)
        machine.home.mkdir(parents=True)
        self.all[id] = machine
        return machine

    def find(self, id: str) -> Machine | None:
        machine = self.all.get(id)
        if machine and machine.state == "running" and time.time() > machine.ends:
            if machine.pause_at_end:
                self.pause(machine)
            else:
                self.kill(machine)
        return self.all.get(id)

    def pause(self, machine: Machine) -> None:
        machine.state = "paused"
        machine.signal_all(signal.SIGSTOP)
        machine.end_streams()

    def resume(self, machine: Machine, seconds: float) -> None:
        machine.state = "running"
        machine.ends = time.time() + seconds
        machine.signal_all(signal.SIGCONT)

    def kill(self, machine: Machine) -> None:
        self.all.pop(machine.id, None)
        machine.signal_all(signal.SIGKILL)
        machine.end_streams()
        shutil.rmtree(machine.folder, ignore_errors=True)
