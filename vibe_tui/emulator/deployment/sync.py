"""The sync protocol: live queries over a websocket (``/api/<client version>/sync``)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import WSMsgType, web

from vibe_tui.emulator.deployment.routes_functions import FunctionRoutes
from vibe_tui.emulator.deployment.runtime import Runtime
from vibe_tui.emulator.deployment.session import Session
from vibe_tui.emulator.deployment.wire import BODY_LIMIT, Door


class Sync:
    """All open sessions of a deployment."""

    def __init__(
        self, door: Door, runtime: Runtime, functions: FunctionRoutes, on_use: Callable[[], None]
    ) -> None:
        self._door = door
        self._runtime = runtime
        self._functions = functions
        self._on_use = on_use
        self._sessions: dict[web.WebSocketResponse, Session] = {}
        runtime.changed.append(self._refresh)

    @property
    def connections(self) -> int:
        return len(self._sessions)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/{version}/sync", self._connect), web.get("/api/sync", self._connect)]

    def _refresh(self) -> None:
        for session in self._sessions.values():
            session.refresh()

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=30, max_msg_size=BODY_LIMIT)
        await socket.prepare(request)
        session = Session(socket, self._door, self._runtime, self._functions)
        self._sessions[socket] = session
        try:
            async with asyncio.TaskGroup() as tasks:
                background = [tasks.create_task(session.work()), tasks.create_task(session.ping())]
                async for frame in socket:
                    self._on_use()
                    if frame.type is WSMsgType.TEXT:
                        session.receive(frame.data)
                for task in background:
                    task.cancel()
        finally:
            del self._sessions[socket]
            session.close()
        return socket

    async def close(self) -> None:
        for socket in list(self._sessions):
            await socket.close(code=1001, message=b"The emulator stops")
