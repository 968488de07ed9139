"""Calling functions over HTTP: /api/query, /api/mutation, /api/action, /api/function, /api/run."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

from aiohttp import web

from vibe_tui.emulator.deployment.code import Kind
from vibe_tui.emulator.deployment.errors import FunctionFailed, Refusal
from vibe_tui.emulator.deployment.runtime import Caller, Outcome, Runtime, normalised
from vibe_tui.emulator.deployment.system_mutations import SystemMutations
from vibe_tui.emulator.deployment.system_queries import SystemQueries
from vibe_tui.emulator.deployment.wire import Door, json_body

FUNCTION_FAILED = 560
"""The status Convex's own clients expect for "the function failed, the body says how"."""


def encode_ts(ts: int) -> str:
    """A timestamp as the protocols carry it: base64 of 8 bytes, little-endian."""
    return base64.b64encode(struct.pack("<Q", ts)).decode()


def plain_json(value: Any) -> Any:
    """Convex JSON -> format "json": integers as decimal strings, bytes as base64, special floats as text."""
    match value:
        case {"$integer": str(encoded), **rest} if not rest:
            return str(struct.unpack("<q", base64.b64decode(encoded))[0])
        case {"$bytes": str(encoded), **rest} if not rest:
            return encoded
        case {"$float": str(encoded), **rest} if not rest:
            number = struct.unpack("<d", base64.b64decode(encoded))[0]
            return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(str(number), number)
        case dict():
            return {name: plain_json(item) for name, item in value.items()}
        case list():
            return [plain_json(item) for item in value]
    return value


class FunctionRoutes:
    def __init__(self, door: Door, runtime: Runtime, system: SystemQueries) -> None:
        self._door = door
        self._runtime = runtime
        self._system = system
        self._changes = SystemMutations(runtime)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/query", self._query_get),
            web.post("/api/query", self._query),
            web.post("/api/query_at_ts", self._query),
            web.post("/api/query_ts", self._query_ts),
            web.post("/api/query_batch", self._query_batch),
            web.post("/api/mutation", self._mutation),
            web.post("/api/action", self._action),
            web.post("/api/function", self._function),
            web.post("/api/run/{path:.+}", self._run_by_path),
        ]

    async def call(self, caller: Caller, path: str, args: Any, kind: Kind | None) -> Outcome:
        """Run a function of the user, or, for admins, one of Convex's own."""
        if not path.startswith("_system/"):
            return await self._runtime.run(path, args, caller, kind)
        if not caller.admin:
            return Outcome(error="Server Error\nSystem functions need a deploy key.")
        path = normalised(path)
        try:
            if kind != "query" and self._changes.has(path):
                return Outcome(value=await self._changes.run(path, args))
            return Outcome(value=self._system.run(path, args))
        except FunctionFailed as failure:
            return Outcome(error=f"Server Error\n{failure.message}")

    async def _query_get(self, request: web.Request) -> web.Response:
        try:
            args = json.loads(request.query.get("args", ""))
        except ValueError as error:
            raise Refusal("BadJsonBody", "`args` is not valid JSON.") from error
        body = {"path": request.query.get("path"), "args": args, "format": request.query.get("format")}
        return await self._answer(request, body, "query")

    async def _query(self, request: web.Request) -> web.Response:
        return await self._answer(request, await json_body(request), "query")

    async def _mutation(self, request: web.Request) -> web.Response:
        return await self._answer(request, await json_body(request), "mutation")

    async def _action(self, request: web.Request) -> web.Response:
        return await self._answer(request, await json_body(request), "action")

    async def _function(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        self._door.admin(request)
        if body.get("componentPath"):
            raise Refusal("ComponentsUnsupported", "The emulator does not run components.")
        return await self._answer(request, body, None)

    async def _run_by_path(self, request: web.Request) -> web.Response:
        module, _, name = request.match_info["path"].rpartition("/")
        body = {**await json_body(request), "path": f"{module}:{name}" if module else name}
        return await self._answer(request, body, None)

    async def _query_ts(self, _request: web.Request) -> web.Response:
        return web.json_response({"ts": encode_ts(self._runtime.ts)})

    async def _query_batch(self, request: web.Request) -> web.Response:
        queries = (await json_body(request)).get("queries")
        if not isinstance(queries, list):
            raise Refusal("BadJsonBody", "`queries` has to be a list.")
        caller = await self._door.caller(request)
        results = [(await self._result(caller, query, "query"))[0] for query in queries]
        return web.json_response({"results": results})

    async def _answer(self, request: web.Request, body: dict[str, Any], kind: Kind | None) -> web.Response:
        result, failed = await self._result(await self._door.caller(request), body, kind)
        convex_client = request.headers.get("Convex-Client", "").startswith("npm-")
        return web.json_response(result, status=FUNCTION_FAILED if failed and convex_client else 200)

    async def _result(self, caller: Caller, body: Any, kind: Kind | None) -> tuple[dict[str, Any], bool]:
        path, args, encoded = _parsed(body)
        outcome = await self.call(caller, path, args, kind)
        if not outcome.error:
            value = outcome.value if encoded else plain_json(outcome.value)
            return {"status": "success", "value": value, "logLines": outcome.log_lines}, False
        result = {"status": "error", "errorMessage": outcome.error, "logLines": outcome.log_lines}
        if outcome.has_data:
            result["errorData"] = outcome.data if encoded else plain_json(outcome.data)
        return result, True


def _parsed(body: Any) -> tuple[str, Any, bool]:
    """Path, arguments, and whether values are Convex JSON. The JS client sends its arguments in a list."""
    if not isinstance(body, dict) or not isinstance(body.get("path"), str):
        raise Refusal("BadJsonBody", '`path` is missing: the function, for example "messages:list".')
    args = body.get("args", {})
    if isinstance(args, list):
        args = args[0] if args else {}
    if not isinstance(args, dict):
        raise Refusal("BadJsonBody", "`args` has to be an object.")
    format_ = body.get("format") or "json"
    if format_ not in ("json", "convex_json", "convex_encoded_json"):
        raise Refusal("BadFormat", f'Unknown format {format_!r}: use "json" or "convex_encoded_json".')
    return body["path"], args, format_ != "json"
