"""Deployments that run on this computer because we start them: the emulator's, and Convex's local backend."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass

from vibe_tui.services.convex.emulator_host import EmulatorHost
from vibe_tui.services.convex.emulator_lease import EmulatorLease
from vibe_tui.services.convex.local_backend_host import LocalBackendHost
from vibe_tui.services.convex.local_emulator import EmulatorInfo
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import BackendKind, Connected
from vibe_tui.services.sandbox.base import OnLine


class DeploymentGone(VibeError):
    code = "deployment_gone"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a deployment answers now; ports may change from start to start."""

    host: str
    """Of the platform."""
    url: str
    site_url: str


class RunningHere:
    """Starts them when they are needed, and keeps up what was started until it is closed.

    on_line: receives what starting the emulator prints.
    """

    def __init__(self, emulator: EmulatorHost, local_backend: LocalBackendHost, on_line: OnLine) -> None:
        self._emulator = emulator
        self._local_backend = local_backend
        self._on_line = on_line
        self._leases = ExitStack()
        self._held: set[BackendKind] = set()

    def close(self) -> None:
        """Let go; what runs ends by itself once nobody uses it."""
        self._leases.close()

    async def up(self, connection: Connected) -> Place | None:
        """Where its deployment is, started first if need be; None: it does not run because of us.

        Raises DeploymentGone, LocalBackendMissing, LocalBackendFailed, and what starting the emulator raises.
        """
        if connection.backend == "emulator":
            info = await self.emulator_up()
            if connection.deployment not in info.deployments:
                raise DeploymentGone(
                    f"The emulator has no deployment {connection.deployment} any more.",
                    next_step="Run `vibe-tui disconnect`, then `vibe-tui connect`. The code stays.",
                )
            return Place(info.host, *info.deployments[connection.deployment])
        if connection.backend == "local-backend":
            await self._hold("local-backend", self._local_backend.lease())
            running = await self._local_backend.ensure()
            return Place(running.url, running.url, running.site_url)
        return None

    async def emulator_up(self) -> EmulatorInfo:
        await self._hold("emulator", self._emulator.lease())
        return await self._emulator.ensure(self._on_line)

    async def address(self, connection: Connected) -> str:
        """Where its deployment is now, "" when it does not run; starts nothing."""
        if connection.backend == "emulator":
            return await asyncio.to_thread(self._emulator.address, connection.deployment)
        if connection.backend == "local-backend":
            running = await asyncio.to_thread(self._local_backend.running)
            return running.url if running else ""
        return connection.url

    async def _hold(self, kind: BackendKind, lease: EmulatorLease) -> None:
        if kind not in self._held:
            await asyncio.to_thread(self._leases.enter_context, lease)
            self._held.add(kind)
