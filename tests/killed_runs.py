"""Connects and disconnects in processes of their own, killed at a chosen request or write."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from connecting_setup import App, Running
from fault_server import FaultServer, Phase, Request

KILLED = -signal.SIGKILL


class KilledRuns:
    """Runs one connect or disconnect at a time in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.running: int | None = None

    async def run(self, app: App, do: str, *, kill_at_write: tuple[int, str] | None = None) -> int:
        """The exit code, negative after a signal."""
        assert self._process.stdin is not None and self._process.stdout is not None
        running = app.running or Running(app.host)
        order = {
            "do": do,
            "root": str(app.root),
            "host": running.host,
            "ports": app.ports,
            "token": app.token,
            "wants": app.wants,
            "client_id": running.client_id,
            "client_secret": running.client_secret.reveal(),
            "kill_at_write": kill_at_write,
        }
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self.running = int(await self._process.stdout.readline())
        try:
            return int(await self._process.stdout.readline())
        finally:
            self.running = None

    def kill_at(self, server: FaultServer, number: int, phase: Phase) -> None:
        """Kill the run before or after its number-th request to `server` is handled."""
        seen = 0

        async def watch(now: Phase, _request: Request) -> None:
            nonlocal seen
            seen += now == "before"
            if (seen, now) == (number, phase):
                assert self.running is not None
                os.kill(self.running, signal.SIGKILL)

        server.watch = watch

    def spare(self, server: FaultServer) -> None:
        server.watch = None


@asynccontextmanager
async def killed_runs() -> AsyncIterator[KilledRuns]:
    script = Path(__file__).with_name("killed_runs_nursery.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield KilledRuns(process)
    finally:
        process.kill()
        await process.wait()
