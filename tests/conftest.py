"""What tests of several parts share: the Convex toolchain, and the program as a subprocess."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
TOOLCHAINS = ROOT / ".build" / "toolchain"


@pytest.fixture(autouse=True)
def own_secrets() -> Iterator[None]:
    """What one test made a secret is an ordinary word in the next."""
    from vibe_tui.services import secret

    before = secret.known_values()
    yield
    secret._known.intersection_update(before)


@pytest.fixture(scope="session")
def toolchain() -> Path:
    """A folder whose `node_modules` is the product's own Convex toolchain, installed once per checkout."""
    from vibe_tui.services.node import find_node
    from vibe_tui.services.toolchain import ensure_toolchain

    return asyncio.run(ensure_toolchain(TOOLCHAINS, find_node(""), print, os.environ))


@dataclass(frozen=True)
class Vibe:
    """The `vibe-tui` command with a state folder of its own."""

    home: Path
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable
    said: list[str] = field(default_factory=list)
    """Everything that commands which ran to their end have printed."""

    def environment(self) -> dict[str, str]:
        user_home = self.home.parent / "user"
        user_home.mkdir(exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(user_home),
            "VIBE_TUI_HOME": str(self.home),
            **{key: value for key, value in os.environ.items() if key.lower().startswith("npm_config_")},
            **self.env,
        }

    def argv(self, *arguments: str) -> list[str]:
        return [self.python, "-m", "vibe_tui", *arguments]

    def __call__(
        self,
        *arguments: str,
        limit: float = 60,
        stdin: str | None = None,
        before: Callable[[], None] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end. before: called in the new process, to take something away from it."""
        ended = subprocess.run(
            self.argv(*arguments),
            cwd=self.cwd,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=limit,
            preexec_fn=before,
            **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}),
        )
        self.said.extend((ended.stdout, ended.stderr))
        return ended

    def json(self, *arguments: str, code: int = 0, limit: float = 60) -> dict[str, Any]:
        """Run with --json and give the object; its exit code must be `code`."""
        ended = self(*arguments, "--json", limit=limit)
        assert ended.returncode == code, f"exit {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        result: dict[str, Any] = json.loads(ended.stdout)
        return result

    def start(self, *arguments: str, **pipes: Any) -> subprocess.Popen[str]:
        """Run in the background; stdout and stderr share one pipe unless `pipes` say otherwise."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(
            self.argv(*arguments), cwd=self.cwd, env=self.environment(), text=True, **(streams | pipes)
        )


@contextmanager
def fresh_vibe(folder: Path, toolchain: Path | None) -> Iterator[Vibe]:
    """A fresh state folder below `folder`, with the toolchain installed already unless that is None.

    Its emulator is stopped at the end.
    """
    home = folder / "home"
    home.mkdir(mode=0o700)
    if toolchain:
        (home / "toolchain").symlink_to(toolchain.parent)
    work = folder / "work"
    work.mkdir()
    program = Vibe(home, work)
    try:
        yield program
    finally:
        program("emulator", "stop")


@pytest.fixture
def vibe(tmp_path: Path, toolchain: Path) -> Iterator[Vibe]:
    with fresh_vibe(tmp_path, toolchain) as program:
        yield program
