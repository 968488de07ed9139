from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployed import Deployed, deployed_project


@pytest.fixture(scope="session")
def deployed(toolchain: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Shared: a test that counts documents begins by emptying its table."""
    with deployed_project(tmp_path_factory.mktemp("deployed"), toolchain) as project:
        yield project
