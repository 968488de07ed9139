"""Getting at a project's deployment without opening the project, which a page or dev server may have open."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from vibe_tui.services.convex.backend import NotConnectedYet
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.emulator_host import EmulatorHost
from vibe_tui.services.convex.local_backend_host import LocalBackendHost
from vibe_tui.services.convex.provisioning import Provisioning
from vibe_tui.services.convex.running_here import RunningHere
from vibe_tui.services.credentials import Credentials
from vibe_tui.services.http import OnWait, silent
from vibe_tui.services.model import Connected, Connection, Project
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
from vibe_tui.services.sandbox.base import OnLine
from vibe_tui.services.settings import Settings


@asynccontextmanager
async def reach(
    home: Home,
    settings: Settings,
    project: Project,
    *,
    on_line: OnLine,
    on_wait: OnWait = silent,
    environ: Mapping[str, str] = os.environ,
) -> AsyncIterator[DeploymentApi]:
    """The deployment the project is connected to; one of this computer is started and kept up meanwhile.

    on_line: receives what starting the emulator prints. Reads what is stored of the project, writes nothing.
    Raises NotConnectedYet, KeyMissing, and as RunningHere.up.
    """
    provisioning = await asyncio.to_thread(_provisioning, home, settings, project)
    connection = await asyncio.to_thread(provisioning.connection)
    if not isinstance(connection, Connected):
        raise NotConnectedYet
    key = await asyncio.to_thread(provisioning.deploy_key)
    async with AsyncExitStack() as stack:
        credentials = Credentials(home, settings.credentials)
        local_backend = LocalBackendHost(home, project.id, credentials, environ)
        here = RunningHere(EmulatorHost(home, settings, environ), local_backend, on_line)
        stack.callback(here.close)
        place = await here.up(connection)
        url = place.url if place else connection.url
        yield await stack.enter_async_context(DeploymentApi(url, key, on_wait=on_wait))


async def stored_connection(home: Home, settings: Settings, project: Project) -> Connection:
    """What is stored of the project's connection; somebody may be changing it. Raises JournalUnreadable."""
    return await asyncio.to_thread(lambda: _provisioning(home, settings, project).connection())


def _provisioning(home: Home, settings: Settings, project: Project) -> Provisioning:
    return Provisioning(project, Projects(home).document(project.id), Credentials(home, settings.credentials))
