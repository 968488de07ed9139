"""How the tests talk to a deployment: HTTP, and the unmodified Convex CLI."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from vibe_tui.emulator.deployment import Deployment

KEY = "dev:test-deployment-1|not-a-secret"
APP = Path(__file__).parent / "app"


def open_deployment(folder: Path, toolchain: Path, port: int = 0, site_port: int = 0) -> Deployment:
    return Deployment(
        folder,
        name="test-deployment-1",
        node="node",
        toolchain=toolchain,
        authorise=lambda key: key == KEY,
        port=port,
        site_port=site_port,
        project="test",
        team="tests",
    )


@dataclass(frozen=True)
class Client:
    session: ClientSession
    url: str
    authorization: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": self.authorization} if self.authorization else {}

    async def call(self, kind: str, path: str, /, **args: Any) -> dict[str, Any]:
        """The whole answer, in Convex JSON."""
        body = {"path": path, "args": args, "format": "convex_encoded_json"}
        return await self.post(f"/api/{kind}", body)

    async def query(self, path: str, /, **args: Any) -> Any:
        return succeeded(await self.call("query", path, **args))

    async def mutation(self, path: str, /, **args: Any) -> Any:
        return succeeded(await self.call("mutation", path, **args))

    async def action(self, path: str, /, **args: Any) -> Any:
        return succeeded(await self.call("action", path, **args))

    async def function(self, path: str, /, **args: Any) -> Any:
        return succeeded(await self.call("function", path, **args))

    async def post(self, path: str, body: Any, status: int = 200) -> Any:
        async with self.session.post(self.url + path, json=body, headers=self.headers) as response:
            assert response.status == status, await response.text()
            return await response.json(content_type=None)

    async def get(self, path: str, status: int = 200) -> Any:
        async with self.session.get(self.url + path, headers=self.headers) as response:
            assert response.status == status, await response.text()
            return await response.json(content_type=None)

    async def set_variables(self, **values: str | None) -> None:
        changes = [{"name": name, "value": value} for name, value in values.items()]
        await self.post("/api/v1/update_environment_variables", {"changes": changes})


def succeeded(answer: dict[str, Any]) -> Any:
    assert answer["status"] == "success", answer
    return answer["value"]


async def until(condition: Callable[[], Awaitable[Any]], limit: float = 10) -> Any:
    """Poll until the condition gives something true; that."""
    deadline = time.monotonic() + limit
    while not (result := await condition()):
        assert time.monotonic() < deadline, "it did not become true in time"
        await asyncio.sleep(0.02)
    return result


# --- the CLI --------------------------------------------------------------------------------------------


def make_project(folder: Path, toolchain: Path, source: Path | None = None) -> Path:
    """A folder the CLI can push from, with the files of `source`."""
    if source is not None:
        shutil.copytree(source, folder)
    else:
        (folder / "convex").mkdir(parents=True)
        shutil.copy(APP / "package.json", folder)
    (folder / "node_modules").symlink_to(toolchain / "node_modules")
    return folder


def write(project: Path, **modules: str) -> None:
    """Write modules of convex/: name=source."""
    for name, source in modules.items():
        (project / "convex" / f"{name}.ts").write_text(source)


@dataclass(frozen=True)
class Ended:
    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Cli:
    """`npx convex ...` in a project that is connected to the deployment."""

    project: Path
    deployment: Deployment
    key: str = KEY

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        (self.project / ".env.local").write_text(
            f"CONVEX_SELF_HOSTED_URL={self.deployment.url}\nCONVEX_SELF_HOSTED_ADMIN_KEY={self.key}\n"
        )
        return await asyncio.create_subprocess_exec(
            "node",
            str(self.project / "node_modules" / "convex" / "bin" / "main.js"),
            *arguments,
            cwd=self.project,
            env={"PATH": os.environ["PATH"], "HOME": str(self.project), "CI": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def __call__(self, *arguments: str) -> Ended:
        process = await self.start(*arguments)
        try:
            async with asyncio.timeout(60):
                stdout, stderr = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        return Ended(process.returncode or 0, stdout.decode(), stderr.decode())

    async def push(self) -> Ended:
        return await self("dev", "--once", "--tail-logs", "disable")
