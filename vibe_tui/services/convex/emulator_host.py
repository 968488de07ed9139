"""The emulator as the product uses it: with this machine's Node and the Convex toolchain."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from vibe_tui.services.convex import local_emulator
from vibe_tui.services.convex.emulator_lease import EmulatorLease
from vibe_tui.services.convex.local_emulator import EmulatorInfo
from vibe_tui.services.node import Node, find_node
from vibe_tui.services.paths import Home
from vibe_tui.services.process import spawn
from vibe_tui.services.sandbox.base import Exit, OnLine
from vibe_tui.services.settings import Settings
from vibe_tui.services.toolchain import ensure_toolchain


class EmulatorHost:
    """Starts the emulator of this home when it is needed."""

    def __init__(self, home: Home, settings: Settings, environ: Mapping[str, str]) -> None:
        self._home = home
        self._settings = settings
        self._environ = environ

    async def ensure(self, on_line: OnLine) -> EmulatorInfo:
        """The running emulator, started first if need be.

        Raises NodeMissing, NodeTooOld, ToolchainFailed and EmulatorFailed.
        """
        node, toolchain = await self.tools(on_line)
        return await local_emulator.ensure(self._home.emulator, node=str(node.path), toolchain=toolchain)

    async def tools(self, on_line: OnLine) -> tuple[Node, Path]:
        """The Node and the Convex toolchain it runs with, installed first if need be."""
        node = await asyncio.to_thread(find_node, self._settings.node, self._environ)
        return node, await ensure_toolchain(self._home.toolchains, node, on_line, self._environ)

    def runs(self) -> bool:
        """Whether the emulator runs. Blocking, but cheap."""
        return local_emulator.running(self._home.emulator) is not None

    def address(self, deployment: str) -> str:
        """Where this deployment is now; "" when it does not run. Blocking, but cheap."""
        info = local_emulator.running(self._home.emulator)
        return info.deployments.get(deployment, ("", ""))[0] if info else ""

    def lease(self) -> EmulatorLease:
        """Keeps the emulator from stopping for want of users, until it is released or we die."""
        return EmulatorLease(self._home.emulator)

    async def run_in_foreground(self, on_line: OnLine) -> Exit:
        """Run the emulator until it ends; cancelling ends it. Its log goes to `on_line`."""
        node, toolchain = await self.tools(on_line)
        await asyncio.to_thread(self._home.prepare)
        running = await spawn(
            local_emulator.command(
                self._home.emulator, node=str(node.path), toolchain=toolchain, foreground=True
            ),
            cwd=self._home.root,
            env=local_emulator.environment(),
            on_line=on_line,
            limit=None,
        )
        try:
            return await running.wait()
        finally:
            await asyncio.shield(running.stop())
