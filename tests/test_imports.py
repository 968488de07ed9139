"""What quick commands must not load: each of these costs more than the command itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import Vibe

HEAVY = {"textual", "openai", "e2b", "authlib", "httpx", "httpx2", "aiohttp", "asyncio", "ssl", "keyring"}
RUN = """
import sys
from vibe_tui.cli import run
try:
    code = run(sys.argv[1:])
except SystemExit as end:  # --version and --help
    code = end.code
print(code, *sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [("status", "--project", "app"), ("projects",), ("--version",), ("--help",), ("new", "--help")],
)
def test_quick_commands_load_nothing_heavy(vibe: Vibe, arguments: tuple[str, ...]) -> None:
    vibe.json("new", "app")
    ended = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=vibe.cwd,
        env=vibe.environment(),
        capture_output=True,
        text=True,
    )
    code, *modules = ended.stderr.split()
    assert code == "0", ended.stderr
    assert HEAVY & set(modules) == set()


@pytest.mark.parametrize("module", ["vibe_tui.app", "vibe_tui.services.workspace"])
def test_the_page_and_an_open_project_load_no_client_library(module: str) -> None:
    """They are loaded when a sign-in, a model or a cloud sandbox needs them."""
    script = f"import sys, {module}; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"openai", "e2b", "authlib", "httpx", "httpx2"} & set(ended.stdout.split()) == set()
