"""Getting at a project's deployment without opening the project, which a page or dev server may have open."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from vibe_tui.services.convex.backend import DeploymentGone, NotConnectedYet
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.emulator_host import EmulatorHost
from vibe_tui.services.convex.provisioning import Provisioning
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
    """The deployment the project is connected to; an emulated one is started first and kept up meanwhile.

    on_line: receives what starting the emulator prints. Reads what is stored of the project, writes nothing.
    Raises NotConnectedYet, DeploymentGone, KeyMissing, and what starting the emulator raises.
    """
    provisioning = await asyncio.to_thread(_provisioning, home, settings, project)
    connection = await asyncio.to_thread(provisioning.connection)
    if not isinstance(connection, Connected):
        raise NotConnectedYet
    key = await asyncio.to_thread(provisioning.deploy_key)
    async with AsyncExitStack() as stack:
        url = connection.url
        if connection.backend == "emulator":
            emulator = EmulatorHost(home, settings, environ)
            await asyncio.to_thread(stack.enter_context, emulator.lease())
            deployments = (await emulator.ensure(on_line)).deployments
            if connection.deployment not in deployments:
                raise DeploymentGone(
                    f"The emulator has no deployment {connection.deployment} any more.",
                    next_step="Run `vibe-tui disconnect`, then `vibe-tui connect`. The code stays.",
                )
            url, _ = deployments[connection.deployment]
        yield await stack.enter_async_context(DeploymentApi(url, key, on_wait=on_wait))


async def stored_connection(home: Home, settings: Settings, project: Project) -> Connection:
    """What is stored of the project's connection; somebody may be changing it. Raises JournalUnreadable."""
    return await asyncio.to_thread(lambda: _provisioning(home, settings, project).connection())


def _provisioning(home: Home, settings: Settings, project: Project) -> Provisioning:
    return Provisioning(project, Projects(home).document(project.id), Credentials(home, settings.credentials))
