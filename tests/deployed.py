"""A connected project, pushed with the real CLI: for tests of the deployment's own APIs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import Vibe, fresh_vibe
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.secret import Secret

APP = Path(__file__).parent / "services" / "convex" / "app"


@dataclass(frozen=True)
class Deployed:
    """vibe: the program, standing in the project's folder."""

    vibe: Vibe
    folder: Path
    url: str
    key: Secret

    def api(self) -> DeploymentApi:
        return DeploymentApi(self.url, self.key)

    def convex(self, *arguments: str) -> str:
        """What the unmodified Convex CLI prints on stdout."""
        import subprocess

        main = self.folder / "node_modules" / "convex" / "bin" / "main.js"
        ended = subprocess.run(
            ["node", str(main), *arguments],
            cwd=self.folder,
            env={**self.vibe.environment(), "CI": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout


@contextmanager
def deployed_project(root: Path, toolchain: Path) -> Iterator[Deployed]:
    """A fresh home with one project, connected and pushed."""
    with fresh_vibe(root, toolchain) as first:
        first.json("new", "shop")
        folder = first.cwd / "shop"
        for source in APP.iterdir():
            shutil.copy(source, folder / "convex")
        vibe = Vibe(first.home, folder)
        connection = vibe.json("connect", "--approve")["connection"]
        pushed = vibe.json("push")["push"]
        assert pushed["result"] == "deployed", pushed
        kept = json.loads((vibe.home / "credentials.json").read_text())["secrets"]
        yield Deployed(vibe, folder, connection["url"], Secret(kept[connection["key_ref"]]))
