"""What all HTTP doors of a deployment share: who may knock, how errors look, CORS, keys."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from vibe_tui.emulator.deployment.errors import Refusal, bad_key
from vibe_tui.emulator.deployment.identity import Identities
from vibe_tui.emulator.deployment.runtime import Caller

BODY_LIMIT = 256 * 1024 * 1024
_CORS = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Convex-Client",
    "Access-Control-Max-Age": "86400",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def error_response(refusal: Refusal) -> web.Response:
    return web.json_response({"code": refusal.code, "message": refusal.message}, status=refusal.status)


def local_only(port: Callable[[], int], on_use: Callable[[], None]) -> Any:
    """Middleware: a page from elsewhere must not reach us through a host name of its own (DNS rebinding)."""

    @web.middleware
    async def check_host(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host not in (f"127.0.0.1:{port()}", f"localhost:{port()}"):
            message = "This emulated deployment answers only to 127.0.0.1 and localhost."
            return error_response(Refusal("MisdirectedRequest", message, 421))
        on_use()
        return await handler(request)

    return check_host


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return error_response(refusal)
    except web.HTTPNotFound:
        message = f"The emulator has no {request.method} {request.path}."
        return error_response(Refusal("NotFound", message, 404))
    except web.HTTPMethodNotAllowed:
        return error_response(
            Refusal("MethodNotAllowed", f"{request.path} is not for {request.method}.", 405)
        )
    except web.HTTPRequestEntityTooLarge:
        return error_response(Refusal("TooLarge", "The request is too large.", 413))


@web.middleware
async def cors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Any page may call public functions, as with Convex; the deployment's key is never in a cookie."""
    origin = request.headers.get("Origin")
    if origin is None:
        return await handler(request)
    response = web.Response(headers=_CORS) if request.method == "OPTIONS" else await handler(request)
    if not response.prepared:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Vary"] = "Origin"
    return response


async def json_body(request: web.Request) -> dict[str, Any]:
    """The request's JSON object (brotli is undone). Raises Refusal."""
    try:
        body = await request.json()
    except ValueError as error:
        raise Refusal("BadJsonBody", "The request body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise Refusal("BadJsonBody", "The request body has to be a JSON object.")
    return body


class Door:
    """Tells callers apart by the Authorization header, and the pushes' `adminKey`."""

    def __init__(self, authorise: Callable[[str], bool], identities: Identities) -> None:
        self._authorise = authorise
        self._identities = identities

    def admin_key(self, key: str) -> Caller:
        """A key, or ``<key>:<identity in base64>`` to act as a user. Raises Refusal (403)."""
        if self._authorise(key):
            return Caller(admin=True)
        plain, separator, encoded = key.rpartition(":")
        if separator and self._authorise(plain):
            try:
                identity = json.loads(base64.b64decode(encoded, validate=True))
            except (binascii.Error, ValueError):
                raise bad_key() from None
            return Caller(admin=True, identity=identity if isinstance(identity, dict) else None)
        raise bad_key()

    def admin(self, request: web.Request, body: dict[str, Any] | None = None) -> Caller:
        """Raises Refusal (403) unless the header or the body has a good key."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Convex" and key:
            return self.admin_key(key)
        if body is not None and isinstance(body.get("adminKey"), str):
            return self.admin_key(body["adminKey"])
        raise bad_key()

    async def user(self, token: str) -> dict[str, Any]:
        """The identity of a signed-in user. Raises Refusal (401)."""
        return await self._identities.check(token)

    async def caller(self, request: web.Request) -> Caller:
        """Anybody: nobody in particular, a signed-in user, or an admin. Raises Refusal."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Convex":
            return self.admin_key(token)
        if scheme == "Bearer" and token:
            return Caller(identity=await self.user(token))
        return Caller()
