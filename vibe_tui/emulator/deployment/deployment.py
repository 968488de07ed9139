"""One emulated Convex deployment: composition, listeners, start and stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from vibe_tui.emulator.deployment import dashboard
from vibe_tui.emulator.deployment.child import Child
from vibe_tui.emulator.deployment.code import CodeStore
from vibe_tui.emulator.deployment.database import Database
from vibe_tui.emulator.deployment.environment import Environment
from vibe_tui.emulator.deployment.executor import Program
from vibe_tui.emulator.deployment.files import private_folder
from vibe_tui.emulator.deployment.identity import Identities
from vibe_tui.emulator.deployment.jobs import Jobs
from vibe_tui.emulator.deployment.logs import Logs
from vibe_tui.emulator.deployment.routes_admin import AdminRoutes
from vibe_tui.emulator.deployment.routes_functions import FunctionRoutes
from vibe_tui.emulator.deployment.routes_push import PushRoutes
from vibe_tui.emulator.deployment.runtime import Runtime
from vibe_tui.emulator.deployment.site import Site
from vibe_tui.emulator.deployment.storage import FileStorage
from vibe_tui.emulator.deployment.sync import Sync
from vibe_tui.emulator.deployment.system_queries import SystemQueries
from vibe_tui.emulator.deployment.wire import BODY_LIMIT, Door, cors, errors_as_json, local_only

_LOCALHOST = "127.0.0.1"


class Deployment:
    """One emulated Convex deployment: its data folder, its two loopback listeners, its Node child.

    authorise: does the key after "Authorization: Convex " administer this deployment?
    port, site_port: preferred ports; 0 or busy: any free one. on_use: called at each request and message.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        node: str,
        toolchain: Path,
        authorise: Callable[[str], bool],
        port: int = 0,
        site_port: int = 0,
        project: str = "",
        team: str = "",
        on_use: Callable[[], None] = lambda: None,
    ) -> None:
        self._folder = folder
        self._name, self._project, self._team = name, project, team
        self._node, self._toolchain = node, toolchain
        self._authorise = authorise
        self._on_use = on_use
        self._port, self._site_port = port, site_port
        self._runners: list[web.AppRunner] = []
        self._database = Database(folder)
        self._code = CodeStore(folder)
        self._environment = Environment(folder)
        self._logs = Logs(folder)
        self._files = FileStorage(folder, self._database)

    @property
    def port(self) -> int:
        return self._port

    @property
    def site_port(self) -> int:
        return self._site_port

    @property
    def url(self) -> str:
        return f"http://{_LOCALHOST}:{self._port}"

    @property
    def site_url(self) -> str:
        return f"http://{_LOCALHOST}:{self._site_port}"

    @property
    def connections(self) -> int:
        """Open websockets."""
        return self._sync.connections

    async def start(self) -> None:
        """Load the data and listen. Raises JournalDamaged, OSError."""
        await asyncio.to_thread(private_folder, self._folder)
        await self._database.open()
        for part in (self._code, self._environment, self._logs, self._files):
            await asyncio.to_thread(part.open)
        api, site = web.Application(client_max_size=BODY_LIMIT), web.Application(client_max_size=BODY_LIMIT)
        api.middlewares.extend([local_only(lambda: self._port, self._on_use), cors, errors_as_json])
        site.middlewares.extend([local_only(lambda: self._site_port, self._on_use), errors_as_json])
        # The ports are part of what the routes answer, so they are taken before the routes are made.
        sockets = [_bind(self._port), _bind(self._site_port)]
        self._port, self._site_port = (s.getsockname()[1] for s in sockets)
        self._compose(api, site)
        await self._jobs.start()
        await self._jobs.code_changed()
        for app, listener in zip((api, site), sockets, strict=True):
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
            self._runners.append(runner)
            await runner.setup()
            await web.SockSite(runner, listener).start()

    def _compose(self, api: web.Application, site: web.Application) -> None:
        program = Program(self._node, self._toolchain, self._name, self.url, self._files.folder)
        self._child = Child(
            program,
            self._database,
            self._code,
            self._environment,
            site_url=self.site_url,
            upload=self._files.allow,
        )
        self._runtime = Runtime(self._child, self._database, self._code, self._environment, self._logs)
        self._files.runtime = self._runtime
        self._jobs = Jobs(self._folder, self._runtime, self._database, self._code)
        self._system = SystemQueries(
            self._database, self._code, self._environment, url=self.url, site_url=self.site_url
        )
        door = Door(self._authorise, Identities(self._auth_providers))
        functions = FunctionRoutes(door, self._runtime, self._system)
        self._sync = Sync(door, self._runtime, functions, self._on_use)
        push = PushRoutes(
            door,
            self._child,
            self._runtime,
            self._code,
            self._database,
            self._environment,
            site_url=self.site_url,
            on_push=self._jobs.code_changed,
        )
        admin = AdminRoutes(
            door, self._runtime, self._environment, self._logs, url=self.url, site_url=self.site_url
        )
        for part in (functions, self._sync, push, admin, self._files):
            api.add_routes(part.routes())
        site.add_routes(Site(door, self._runtime, self._code, url=self.site_url).routes())

    def _auth_providers(self) -> list[dict[str, Any]]:
        return self._code.live.auth_at(self.site_url) if self._code.live else []

    async def stop(self) -> None:
        """Close the doors, then end the Node child; data is on disk at any time."""
        if not self._runners:
            return
        await self._sync.close()
        await self._jobs.stop()
        await self._child.close()
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
        await self._logs.flush()
        await self._database.close()

    async def dashboard(self) -> dashboard.DashboardView:
        live = self._code.live
        pushed = live.folder / "push.json" if live else None
        return dashboard.DashboardView(
            name=self._name,
            project=self._project,
            team=self._team,
            url=self.url,
            site_url=self.site_url,
            tables=dashboard.tables_of(self._database, self._system),
            functions=dashboard.functions_of(self._code),
            logs=dashboard.logs_of(self._logs),
            variables=dashboard.variables_of(self._environment),
            last_push=dashboard.iso((await asyncio.to_thread(pushed.stat)).st_mtime) if pushed else None,
        )


def _bind(port: int) -> socket.socket:
    """A listening socket on the port, or on any free one when it is taken."""
    for wanted in {port: None, 0: None}:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_LOCALHOST, wanted))
            listener.listen(128)
        except OSError:
            listener.close()
            if wanted == 0:
                raise
        else:
            return listener
    raise AssertionError("port 0 either binds or raises")
