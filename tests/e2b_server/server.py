"""The loopback E2B itself: control plane and envd on one port of 127.0.0.1."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import stat
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from aiohttp import BodyPartReader, web

from tests.e2b_server.machines import Machine, Machines, Process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEY = "e2b_for_tests"
TEMPLATES = ("base", "expo-convex")


@dataclass
class Fault:
    """An answer given in the place of the right one, to requests whose path contains `path`."""

    path: str
    status: int
    message: str
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)


class E2BServer:
    """`faults`: answered first. `drop()` cuts every open stream; the processes go on."""

    def __init__(self, root: Path) -> None:
        self.machines = Machines(root)
        self.faults: list[Fault] = []
        self.address = ""
        self._open: set[asyncio.Transport] = set()

    @property
    def live(self) -> int:
        """Sandboxes that are not killed; for finding leaks."""
        return len(self.machines.all)

    def environ(self) -> dict[str, str]:
        return {"E2B_API_URL": self.address, "E2B_SANDBOX_URL": self.address, "E2B_API_KEY": KEY}

    def drop(self) -> None:
        for transport in self._open:
            transport.abort()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[E2BServer]:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.2, handler_cancellation=True)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            processes = [one for box in self.machines.all.values() for one in box.processes.values()]
            for machine in list(self.machines.all.values()):
                self.machines.kill(machine)
            await asyncio.gather(*(process.task for process in processes))
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        for fault in self.faults:
            if fault.times and fault.path in request.path:
                fault.times -= 1
                return _error(fault.status, fault.message, fault.headers)
        path = request.path.removeprefix("/v2")
        if path.startswith("/sandboxes"):
            return await self._control(request, path)
        machine = self.machines.find(request.headers.get("E2b-Sandbox-Id", ""))
        if machine is None or machine.state != "running":
            return _error(502, "The sandbox was not found")
        if path == "/health":
            return web.Response(status=204)
        if request.headers.get("X-Access-Token") != f"token-{machine.id}":
            return _error(401, "unauthorized access")
        if path == "/files":
            return await _files(machine, request)
        return await self._rpc(machine, request, path.rpartition("/")[2])

    async def _control(self, request: web.Request, path: str) -> web.Response:
        if request.headers.get("X-API-KEY") != KEY:
            return _error(401, "Invalid API key")
        body = await request.json() if request.can_read_body else {}
        _, _, id, action = [*path.split("/"), "", ""][:4]
        if not id:
            return self._create(request, body) if request.method == "POST" else self._list(request)
        machine = self.machines.find(id)
        if machine is None:
            return _error(404, f"Sandbox {id} not found")
        match request.method, action:
            case "GET", "":
                return web.json_response(machine.described())
            case "DELETE", "":
                self.machines.kill(machine)
            case "POST", "connect":
                was, seconds = machine.state, body.get("timeout", 300)
                if was == "paused":
                    self.machines.resume(machine, seconds)
                machine.ends = max(machine.ends, time.time() + seconds)
                return web.json_response(machine.described(), status=201 if was == "paused" else 200)
            case "POST", "timeout":
                if machine.state == "paused":
                    return _error(404, f"Sandbox {id} not found")
                machine.ends = time.time() + body["timeout"]
            case "POST", "pause":
                if machine.state == "paused":
                    return _error(409, "already paused")
                self.machines.pause(machine)
        return web.Response(status=204)

    def _create(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        if body["templateID"] not in TEMPLATES:
            return _error(404, f"template '{body['templateID']}' not found")
        attempt = request.headers.get("Idempotency-Key", "")
        machine = self.machines.all.get(self.machines.attempts.get(attempt, ""))
        if machine is None:
            machine = self.machines.make(
                body["templateID"], body.get("metadata", {}), body.get("timeout", 300),
                body.get("autoPause", False),
            )  # fmt: skip
            if attempt:
                self.machines.attempts[attempt] = machine.id
        return web.json_response(machine.described(), status=201)

    def _list(self, request: web.Request) -> web.Response:
        wanted = {unquote(k): unquote(v) for k, v in parse_qsl(request.query.get("metadata", ""))}
        found = [self.machines.find(id) for id in list(self.machines.all)]
        return web.json_response(
            [one.described() for one in found if one and wanted.items() <= one.metadata.items()]
        )

    # --- envd ----------------------------------------------------------------------------------------

    async def _rpc(self, machine: Machine, request: web.Request, method: str) -> web.StreamResponse:
        raw = await request.read()
        streamed = request.content_type == "application/connect+json"
        body = json.loads(raw[5:] if streamed else raw)
        pid = int(body.get("process", {}).get("pid", 0)) if method in ("Connect", "SendSignal") else 0
        match method:
            case "Start":
                if not machine.path(body["process"].get("cwd", "")).is_dir():
                    return await _refused(request, "invalid_argument", "cwd does not exist")
                process = await Process.start(machine, body["process"])
                machine.processes[process.child.pid] = process
                return await self._follow(machine, request, process)
            case "Connect":
                if pid not in machine.processes:
                    return await _refused(request, "not_found", f"process with pid {pid} not found")
                return await self._follow(machine, request, machine.processes[pid])
            case "List":
                alive = [
                    {"config": one.config, "pid": pid}
                    for pid, one in machine.processes.items()
                    if one.end is None
                ]
                return web.json_response({"processes": alive})
            case "SendSignal":
                if pid not in machine.processes:
                    return _connect_error(404, "not_found", "no such process")
                os.kill(pid, signal.SIGKILL)
                return web.json_response({})
            case "WatchDir":
                return await self._watch(machine, request, body)
        path = machine.path(body.get("path", ""))
        if method == "MakeDir":
            if path.is_dir():
                return _connect_error(409, "already_exists", "it exists")
            path.mkdir(parents=True)
        elif not path.exists():
            return _connect_error(404, "not_found", "no such file or directory")
        return web.json_response({"entry": _entry(machine, path)})

    async def _follow(self, machine: Machine, request: web.Request, process: Process) -> web.StreamResponse:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        process.listeners.add(queue)
        if process.end is not None:
            queue.put_nowait({"end": process.end})
        try:
            async with self._stream(machine, request) as (send, over):
                await send({"event": {"start": {"pid": process.child.pid}}})
                while (event := await _first(queue, over)) is not None:
                    await send({"event": event})
                    if "end" in event:
                        return await send(None)
                return await send(_CUT)
        finally:
            process.listeners.discard(queue)

    async def _watch(
        self, machine: Machine, request: web.Request, body: dict[str, Any]
    ) -> web.StreamResponse:
        from watchfiles import Change, awatch

        path = machine.path(body["path"])
        if not path.is_dir():
            return await _refused(request, "not_found", "no such directory")
        kinds = {Change.added: "CREATE", Change.modified: "WRITE", Change.deleted: "REMOVE"}
        async with self._stream(machine, request) as (send, over):
            await send({"start": {}})
            watching = awatch(
                path, watch_filter=None, step=20, debounce=100, stop_event=over,
                recursive=body.get("recursive", False),
            )  # fmt: skip
            async for changes in watching:
                for kind, name in changes:
                    name = Path(name).relative_to(path).as_posix()
                    await send({"filesystem": {"name": name, "type": f"EVENT_TYPE_{kinds[kind]}"}})
            return await send(_CUT)

    @asynccontextmanager
    async def _stream(
        self, machine: Machine, request: web.Request
    ) -> AsyncIterator[tuple[Any, asyncio.Event]]:
        """Gives what sends a message, or None or an error at the end; and what is set when it must end."""
        response = web.StreamResponse(headers={"Content-Type": "application/connect+json"})
        await response.prepare(request)
        over = asyncio.Event()
        machine.streams.add(over)
        transport = request.transport
        assert transport is not None
        self._open.add(transport)

        async def send(message: dict[str, Any] | None) -> web.StreamResponse:
            last = message is None or "error" in message
            text = json.dumps(message or {}).encode()
            await response.write(bytes([2 if last else 0]) + len(text).to_bytes(4, "big") + text)
            return response

        try:
            yield send, over
        finally:
            machine.streams.discard(over)
            self._open.discard(transport)


_CUT = {"error": {"code": "unavailable", "message": "the connection to sandbox ended before the end"}}


async def _first(queue: asyncio.Queue[dict[str, Any]], over: asyncio.Event) -> dict[str, Any] | None:
    tasks = [asyncio.ensure_future(queue.get()), asyncio.ensure_future(over.wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return tasks[0].result() if tasks[0].done() else None  # type: ignore[return-value]
    finally:
        for task in tasks:
            task.cancel()


async def _refused(request: web.Request, code: str, message: str) -> web.StreamResponse:
    text = json.dumps({"error": {"code": code, "message": message}}).encode()
    return web.Response(
        body=bytes([2]) + len(text).to_bytes(4, "big") + text,
        headers={"Content-Type": "application/connect+json"},
    )


def _connect_error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message}, status=status)


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"code": status, "message": message}, status=status, headers=headers)


def _entry(machine: Machine, path: Path) -> dict[str, Any]:
    state = path.stat()
    return {
        "name": path.name, "path": machine.outside(path), "size": str(state.st_size),
        "type": "FILE_TYPE_DIRECTORY" if path.is_dir() else "FILE_TYPE_FILE",
        "mode": stat.S_IMODE(state.st_mode), "permissions": stat.filemode(state.st_mode),
        "owner": "user", "group": "user", "modifiedTime": "2026-01-01T00:00:00Z",
    }  # fmt: skip


async def _files(machine: Machine, request: web.Request) -> web.Response:
    given = request.query.get("path", "")
    if request.method == "GET":
        path = machine.path(given)
        if not path.is_file():
            return _error(404, f"path '{given}' does not exist")
        return web.Response(body=path.read_bytes(), content_type="application/octet-stream")
    written = []
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        # aiohttp's own `filename` loses the slash at the beginning
        named = re.search(r'filename="([^"]*)"', part.headers["Content-Disposition"])
        path = machine.path(given or (named[1] if named else ""))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(await part.read()))
        written.append({"name": path.name, "type": "file", "path": machine.outside(path)})
    return web.json_response(written)
