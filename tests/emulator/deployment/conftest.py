"""A pushed sample app: pushed once with the real CLI, then copied to a fresh deployment per test."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.emulator.deployment.deployment_client import APP, KEY, Cli, Client, make_project, open_deployment
from vibe_tui.emulator.deployment import Deployment


@pytest.fixture(scope="session")
def pushed(toolchain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a deployment the sample app was pushed to."""
    root = tmp_path_factory.mktemp("pushed")

    async def push() -> None:
        deployment = open_deployment(root / "data", toolchain)
        await deployment.start()
        try:
            project = make_project(root / "app", toolchain, APP)
            ended = await Cli(project, deployment).push()
            assert ended.code == 0, ended.stderr
        finally:
            await deployment.stop()

    asyncio.run(push())
    return root / "data"


@pytest.fixture
def folder(pushed: Path, tmp_path: Path) -> Path:
    shutil.copytree(pushed, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
async def deployment(folder: Path, toolchain: Path) -> AsyncIterator[Deployment]:
    """Runs the sample app, without data."""
    deployment = open_deployment(folder, toolchain)
    await deployment.start()
    yield deployment
    await deployment.stop()


@pytest.fixture
async def empty(tmp_path: Path, toolchain: Path) -> AsyncIterator[Deployment]:
    """Nothing was pushed to it."""
    deployment = open_deployment(tmp_path / "empty", toolchain)
    await deployment.start()
    yield deployment
    await deployment.stop()


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
def client(deployment: Deployment, session: ClientSession) -> Client:
    """Calls public functions of the sample app."""
    return Client(session, deployment.url)


@pytest.fixture
def admin(deployment: Deployment, session: ClientSession) -> Client:
    return Client(session, deployment.url, f"Convex {KEY}")


@pytest.fixture
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions may run for a second and a half only."""
    monkeypatch.setattr("vibe_tui.emulator.deployment.runtime.TRANSACTION_LIMIT", 1.5)
