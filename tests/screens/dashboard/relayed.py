"""A project whose backend "of its own" is the emulated deployment behind a server that can misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.deployed import Deployed
from tests.fault_server import FaultServer, relay_to

NAME = "mine"


@asynccontextmanager
async def own_backend(deployed: Deployed) -> AsyncIterator[FaultServer]:
    """The server; the project NAME is connected to it while it is there."""
    vibe = deployed.vibe
    made = await asyncio.to_thread(vibe, "new", NAME, "--dir", str(deployed.folder.parent / NAME))
    assert made.returncode == 0 or "name" in made.stderr  # made by a test before
    async with relay_to(deployed.url) as relay, FaultServer(relay) as server:
        connect = ("connect", "--project", NAME, "--with", "self-hosted", "--url", server.host)
        connected = await asyncio.to_thread(vibe, *connect, stdin=f"{deployed.key.reveal()}\n")
        assert connected.returncode == 0, connected.stdout + connected.stderr
        try:
            yield server
        finally:
            await asyncio.to_thread(vibe, "disconnect", "--project", NAME, "--forget")
