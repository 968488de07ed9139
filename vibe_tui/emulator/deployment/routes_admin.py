"""What the CLI and the dashboard ask of a deployment besides functions and pushes."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from vibe_tui.emulator.deployment.environment import Environment
from vibe_tui.emulator.deployment.errors import Refusal
from vibe_tui.emulator.deployment.logs import Logs
from vibe_tui.emulator.deployment.runtime import Runtime
from vibe_tui.emulator.deployment.wire import Door, json_body

_LONG_POLL = 60.0


class AdminRoutes:
    def __init__(
        self,
        door: Door,
        runtime: Runtime,
        environment: Environment,
        logs: Logs,
        *,
        url: str,
        site_url: str,
    ) -> None:
        self._door = door
        self._runtime = runtime
        self._environment = environment
        self._logs = logs
        self._urls = {"convexCloudUrl": url, "convexSiteUrl": site_url}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/version", self._version),
            web.get("/api/v1/get_canonical_urls", self._canonical_urls),
            web.get("/api/v1/deployment_info", self._deployment_info),
            web.get("/api/v1/list_environment_variables", self._list_variables),
            web.post("/api/v1/update_environment_variables", self._update_variables),
            web.post("/api/update_environment_variables", self._update_variables),
            web.get("/api/stream_function_logs", self._stream_logs),
            web.get("/api/stream_udf_execution", self._stream_logs),
        ]

    async def _version(self, _request: web.Request) -> web.Response:
        return web.Response(text="emulator")

    async def _canonical_urls(self, request: web.Request) -> web.Response:
        self._door.admin(request)
        return web.json_response(self._urls)

    async def _deployment_info(self, request: web.Request) -> web.Response:
        self._door.admin(request)
        return web.json_response({"kind": "selfHosted"})

    async def _list_variables(self, request: web.Request) -> web.Response:
        self._door.admin(request)
        return web.json_response({"environmentVariables": self._environment.values})

    async def _update_variables(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        self._door.admin(request, body)
        await self._runtime.change_environment(_changes(body))
        return web.Response()

    async def _stream_logs(self, request: web.Request) -> web.Response:
        self._door.admin(request)
        try:
            cursor = float(request.query.get("cursor", "0"))
        except ValueError as error:
            raise Refusal("BadCursor", "The log cursor has to be a number.") from error
        # Cursor 0 asks for the history: there is nothing to wait for.
        entries, new_cursor = await self._logs.after(cursor, 0 if cursor <= 0 else _LONG_POLL)
        return web.json_response({"entries": entries, "newCursor": new_cursor})


def _changes(body: dict[str, Any]) -> dict[str, str | None]:
    changes: dict[str, str | None] = {}
    entries = body.get("changes")
    for entry in entries if isinstance(entries, list) else [None]:
        match entry:
            case {"name": str(name), "value": str(value)}:
                changes[name] = value
            case {"name": str(name), "value": None}:
                changes[name] = None
            case {"name": str(name), **rest} if "value" not in rest:
                changes[name] = None
            case _:
                raise Refusal("BadJsonBody", "`changes` has to be a list of {name, value}.")
    return changes
