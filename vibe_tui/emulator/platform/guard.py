"""What every request to the platform passes: this computer's user only, at the address we listen on."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable

from aiohttp import web

from vibe_tui.emulator.peer import user_of
from vibe_tui.emulator.platform.answers import ApiError
from vibe_tui.emulator.platform.caller import Caller
from vibe_tui.emulator.platform.state_file import StateFile

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Guard:
    """A middleware: refuses strangers, demands a token for `/v1`, turns ApiError into its answer.

    owner: the user id that may connect, where the kernel tells who does.
    on_use(): called for each request that is let through.
    """

    def __init__(self, states: StateFile, *, owner: int, on_use: Callable[[], None]) -> None:
        self._states = states
        self._owner = owner
        self._on_use = on_use
        self._checked: weakref.WeakKeyDictionary[asyncio.Transport, bool] = weakref.WeakKeyDictionary()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            self._check_host(request)
            await self._check_peer(request)
            self._on_use()
            if request.path.startswith("/v1/"):
                Caller.of(request, self._states.state)
            return await handler(request)
        except ApiError as error:
            return error.response()
        except web.HTTPException as error:  # aiohttp's own 404, 405 and 413, in the API's shape
            if request.path.startswith(("/v1/", "/api/")):
                return ApiError(error.status, error.reason.replace(" ", ""), error.reason).response()
            raise

    def _check_host(self, request: web.Request) -> None:
        """Against DNS rebinding: a page of another site has its own name in the Host header."""
        assert request.transport is not None, "the request is still being answered"
        port = request.transport.get_extra_info("sockname")[1]
        hosts = request.headers.getall("Host", [])
        if hosts not in ([f"127.0.0.1:{port}"], [f"localhost:{port}"]):
            raise ApiError(421, "MisdirectedRequest", "The emulator answers at its loopback address only.")

    async def _check_peer(self, request: web.Request) -> None:
        """Loopback is open to every user of the machine; the emulator is not."""
        transport = request.transport
        assert transport is not None, "the request is still being answered"
        allowed = self._checked.get(transport)
        if allowed is None:
            peer, ours = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
            user = await asyncio.to_thread(user_of, peer[:2], ours[:2])
            allowed = self._checked[transport] = user in (None, self._owner)
        if not allowed:
            raise ApiError(403, "Forbidden", "The emulator belongs to another user of this computer.")
