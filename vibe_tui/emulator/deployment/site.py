"""The deployment's site: HTTP actions of convex/http.ts."""

from __future__ import annotations

import base64

from aiohttp import web

from vibe_tui.emulator.deployment.code import CodeStore
from vibe_tui.emulator.deployment.errors import Refusal
from vibe_tui.emulator.deployment.runtime import Caller, Runtime
from vibe_tui.emulator.deployment.wire import Door

_HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "content-length")


class Site:
    def __init__(self, door: Door, runtime: Runtime, code: CodeStore, *, url: str) -> None:
        self._door = door
        self._runtime = runtime
        self._code = code
        self._url = url

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/{path:.*}", self._action)]

    async def _action(self, request: web.Request) -> web.Response:
        if self._code.live is None or not self._code.live.http_routes:
            return web.Response(text="This Convex deployment does not have HTTP actions enabled.", status=404)
        body = await request.read()
        message = {
            "url": f"{self._url}{request.raw_path}",
            "method": request.method,
            "headers": [[n, v] for n, v in request.headers.items() if n.lower() not in _HOP_BY_HOP],
            "body": base64.b64encode(body).decode() if body else None,
        }
        outcome = await self._runtime.run_http(message, await self._caller(request), _route(request))
        if outcome.error:
            return web.json_response({"code": "HttpActionFailed", "message": outcome.error}, status=500)
        response = web.Response(body=base64.b64decode(outcome.value["body"]), status=outcome.value["status"])
        # aiohttp's own default would otherwise stay beside the action's.
        response.headers.popall("Content-Type", None)
        for name, value in outcome.value["headers"]:
            if name.lower() not in _HOP_BY_HOP:
                response.headers.add(name, value)
        return response

    async def _caller(self, request: web.Request) -> Caller:
        """As with Convex, a token that is not one of ours does not stop an HTTP action."""
        if request.headers.get("Authorization", "").startswith("Bearer "):
            try:
                caller = await self._door.caller(request)
            except Refusal:
                return Caller(origin="HttpEndpoint")
            return Caller(identity=caller.identity, origin="HttpEndpoint")
        return Caller(origin="HttpEndpoint")


def _route(request: web.Request) -> str:
    return f"{request.method} {request.path}"
