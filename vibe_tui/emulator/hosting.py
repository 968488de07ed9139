"""The deployments that run inside this process."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from vibe_tui.emulator.deployment import Deployment
from vibe_tui.emulator.files import EmulatorFolder
from vibe_tui.emulator.platform.records import DeploymentRecord

_log = logging.getLogger(__name__)


class Hosting:
    """Starts, stops and removes deployments.

    authorise(name, key): whether the key may administer the deployment of that name.
    on_use(): called on each request to any deployment.
    on_change(): awaited after one was added or removed.
    """

    def __init__(
        self,
        folder: EmulatorFolder,
        *,
        node: str,
        toolchain: Path,
        authorise: Callable[[str, str], bool],
        on_use: Callable[[], None],
        on_change: Callable[[], Awaitable[None]],
    ) -> None:
        self._folder = folder
        self._node = node
        self._toolchain = toolchain
        self._authorise = authorise
        self._on_use = on_use
        self._on_change = on_change
        self._running: dict[str, Deployment] = {}

    async def start(self, record: DeploymentRecord, *, project: str, team: str) -> None:
        """Run a deployment, on its former ports if they are free, and note its ports in `record`.

        Raises what the deployment raises: OSError when it cannot listen or its data cannot be read.
        """
        folder = self._folder.deployment(record.name)
        await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        deployment = Deployment(
            folder,
            name=record.name,
            node=self._node,
            toolchain=self._toolchain,
            authorise=lambda key: self._authorise(record.name, key),
            port=record.port,
            site_port=record.site_port,
            project=project,
            team=team,
            on_use=self._on_use,
        )
        await deployment.start()
        self._running[record.name] = deployment
        record.port, record.site_port = deployment.port, deployment.site_port
        await self._on_change()

    def running(self, name: str) -> Deployment | None:
        return self._running.get(name)

    @property
    def addresses(self) -> dict[str, tuple[str, str]]:
        """Name → (url, site url) of every deployment that runs."""
        return {name: (it.url, it.site_url) for name, it in self._running.items()}

    @property
    def connections(self) -> int:
        """Open websockets of all deployments."""
        return sum(deployment.connections for deployment in self._running.values())

    async def stop(self, name: str) -> None:
        deployment = self._running.pop(name, None)
        if deployment is not None:
            await deployment.stop()

    async def stop_all(self) -> None:
        results = await asyncio.gather(*map(self.stop, list(self._running)), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                _log.error("A deployment did not stop cleanly", exc_info=result)

    async def remove(self, name: str) -> None:
        """Stop a deployment and delete its data. Raises OSError when something of it cannot be deleted."""
        await self.stop(name)
        folder = self._folder.deployment(name)
        if await asyncio.to_thread(folder.exists):
            await asyncio.to_thread(shutil.rmtree, folder)
        await self._on_change()
