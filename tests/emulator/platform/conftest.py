"""A platform that listens, in this process; its deployments are real, and start Node only when used."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar

from tests.emulator.platform.platform_client import PlatformClient
from vibe_tui.emulator.files import EmulatorFolder
from vibe_tui.emulator.server import Server


@pytest.fixture
def folder(tmp_path: Path) -> EmulatorFolder:
    folder = EmulatorFolder(tmp_path / "emulator")
    folder.make()
    return folder


@pytest.fixture
async def server(folder: EmulatorFolder) -> AsyncIterator[Server]:
    server = Server(folder, node="node", toolchain=folder.root)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def platform(folder: EmulatorFolder, server: Server) -> AsyncIterator[PlatformClient]:
    published = json.loads(folder.published.read_bytes())
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield PlatformClient(
            f"http://127.0.0.1:{server.port}", published["client_id"], published["client_secret"], session
        )
