"""The emulator inside one process: the platform's listener, and the deployments it hosts."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from pathlib import Path

from aiohttp import web

from vibe_tui.emulator import leases
from vibe_tui.emulator.files import EmulatorFolder
from vibe_tui.emulator.hosting import Hosting
from vibe_tui.emulator.idle import Idle
from vibe_tui.emulator.log import ACCESS, AccessLog
from vibe_tui.emulator.platform import tokens
from vibe_tui.emulator.platform.application import application
from vibe_tui.emulator.platform.authorize_request import CLIENT_ID
from vibe_tui.emulator.platform.provisioning import finish_removals
from vibe_tui.emulator.platform.state_file import StateFile
from vibe_tui.emulator.publisher import Publisher

_log = logging.getLogger(__name__)

IDLE_LIMIT = 600.0
"""Seconds without a lease, a request or a websocket after which the emulator ends by itself."""


class Server:
    """Owns everything that runs. Its folder must be held by the caller's lock.

    node: the Node program for the deployments. toolchain: the folder with their `node_modules`.
    owner: the only user id that may connect.
    """

    def __init__(
        self,
        folder: EmulatorFolder,
        *,
        node: str,
        toolchain: Path,
        idle_limit: float = IDLE_LIMIT,
        owner: int | None = None,
    ) -> None:
        self._folder = folder
        self._states = StateFile(folder.state)
        self._idle = Idle(idle_limit, self._in_use)
        self._hosting = Hosting(
            folder,
            node=node,
            toolchain=toolchain,
            authorise=lambda name, key: tokens.may_administer(self._states.state, name, key),
            on_use=self._idle.touch,
            on_change=self._refresh,
        )
        # New at each start: sign-ins do not outlive the process, and so it need not be stored.
        client_secret = secrets.token_urlsafe(32)
        self._publisher = Publisher(
            folder.published,
            client_id=CLIENT_ID,
            client_secret=client_secret,
            addresses=lambda: self._hosting.addresses,
        )
        app = application(
            self._states,
            self._hosting,
            client_secret=client_secret,
            owner=os.getuid() if owner is None else owner,
            on_use=self._idle.touch,
        )
        self._runner = web.AppRunner(app, access_log=ACCESS, access_log_class=AccessLog, shutdown_timeout=1.0)
        self.port = 0

    async def start(self) -> None:
        """Raises StateUnreadable, ApiError (the state cannot be saved) and OSError."""
        await self._states.load()
        listener = _listen(self._states.state.port)
        self.port = listener.getsockname()[1]
        await self._start_deployments()
        await finish_removals(self._states, self._hosting)
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
        await self._publisher.open(self.port)
        _log.info("Listening on port %d with %d deployments", self.port, len(self._hosting.addresses))

    async def stop(self) -> None:
        """Also when the start failed half-way."""
        await self._publisher.close()
        await self._runner.cleanup()
        await self._hosting.stop_all()

    async def until_idle(self) -> None:
        await self._idle.wait()

    async def _start_deployments(self) -> None:
        """One that cannot start is reported in the log and does not keep the others from it."""
        async with self._states.change() as draft:
            draft.port = self.port
            starts = []
            for record in draft.deployments:
                project = draft.project_of(record)
                team = draft.team_of(project)
                starts.append(self._hosting.start(record, project=project.slug, team=team.slug))
            results = await asyncio.gather(*starts, return_exceptions=True)
            for record, result in zip(draft.deployments, results, strict=True):
                if isinstance(result, BaseException):
                    _log.error("%s could not be started", record.name, exc_info=result)

    async def _in_use(self) -> bool:
        if self._hosting.connections > 0:
            return True
        try:
            return await asyncio.to_thread(leases.held, self._folder.leases)
        except FileNotFoundError:
            return False  # the folder is gone, and with it every way to find this emulator
        except OSError as error:
            _log.warning("The leases cannot be read, so they count as held: %s", error)
            return True

    async def _refresh(self) -> None:
        await self._publisher.refresh()


def _listen(preferred: int) -> socket.socket:
    """A listener on 127.0.0.1, at the preferred port or, if that is busy, at any free one. Raises OSError."""
    try:
        return socket.create_server(("127.0.0.1", preferred))
    except OSError:
        if preferred == 0:
            raise
    return socket.create_server(("127.0.0.1", 0))
