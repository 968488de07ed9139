from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.deployed import Deployed, deployed_project
from vibe_tui.services.convex.deployment import DeploymentApi


@pytest.fixture(scope="session")
def deployed(toolchain: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Shared: a test that counts documents begins by emptying its table."""
    with deployed_project(tmp_path_factory.mktemp("deployed"), toolchain) as project:
        yield project


@pytest.fixture
async def api(deployed: Deployed) -> AsyncIterator[DeploymentApi]:
    async with deployed.api() as api:
        yield api
