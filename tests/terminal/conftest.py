"""The real program in real terminals, as over SSH: no desktop, no browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import Vibe
from tests.terminal.harness import Terminal

SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22", "SSH_TTY": "/dev/pts/0"}

OpenPage = Callable[..., Terminal]


@pytest.fixture
def open_page() -> Iterator[OpenPage]:
    """open_page(vibe, "my-app", columns=80, rows=24): `vibe-tui my-app` in a terminal of its own."""
    opened: list[Terminal] = []

    def start(vibe: Vibe, *arguments: str, columns: int = 120, rows: int = 40) -> Terminal:
        environment = {**SSH, **vibe.environment()}
        terminal = Terminal(vibe.argv(*arguments), cwd=vibe.cwd, env=environment, columns=columns, rows=rows)
        opened.append(terminal)
        return terminal

    yield start
    for terminal in opened:
        terminal.close()
