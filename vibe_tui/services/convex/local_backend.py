"""Connecting to Convex's own local backend, which we start: a real backend on this computer, no account."""

from __future__ import annotations

from collections.abc import Callable

from vibe_tui.services.convex.connect import SignInPorts
from vibe_tui.services.convex.key_methods import KeyMethod, Opened
from vibe_tui.services.convex.local_backend_binary import LocalBackendMissing
from vibe_tui.services.convex.local_backend_host import LocalBackendHost
from vibe_tui.services.convex.site_url import site_url_of
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import BackendKind

KEY_NAME = "local backend's admin key"


class LocalBackendMethod(KeyMethod):
    """The project gets an instance of its own, with its own data, secret and admin key."""

    name = "local-backend"
    title = "Convex's local backend on this computer"
    needs = "the program `convex-local-backend`, on PATH or installed by `npx convex dev`; no account"
    kind: BackendKind = "local-backend"
    asks = None

    def __init__(self, host: LocalBackendHost) -> None:
        self._host = host

    def obstacle(self) -> VibeError | None:
        try:
            self._host.binary()
        except LocalBackendMissing as missing:
            return missing
        return None

    async def open(self, ports: SignInPorts, on_key: Callable[[], None]) -> Opened:
        """Raises LocalBackendMissing, LocalBackendFailed, HttpError."""
        key = await self._host.admin_key()
        on_key()
        running = await self._host.ensure()
        site_url = await site_url_of(running.url, key, ports.on_wait, must_answer=True)
        name = self._host.instance
        return Opened(key, running.url, "", name, running.url, site_url, project=name, key_name=KEY_NAME)
