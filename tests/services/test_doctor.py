"""What `doctor` says about a machine, good or bad."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from vibe_tui.services.doctor import Check, examine
from vibe_tui.services.errors import VibeError

GOOD = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}


async def look(
    home: Path, *, node: str = "", environ: dict[str, str] | None = None, ports: tuple[int, ...] = ()
) -> dict[str, Check]:
    checks = await examine(
        home,
        node,
        GOOD | (environ or {}),
        redirect_ports=ports or range(43110, 43118),
        credentials=lambda: "a file",
        emulator=lambda: "",
    )
    for check in checks:
        assert check.detail
        assert check.ok or check.fix, f"{check.name} names no fix"
    return {check.name: check for check in checks}


async def test_a_machine_that_has_everything(toolchain: Path, tmp_path: Path) -> None:
    (tmp_path / "toolchain").symlink_to(toolchain.parent)
    checks = await look(tmp_path)
    bad = {name: check for name, check in checks.items() if not check.ok and check.required}
    assert bad == {}
    assert checks["Convex tools"].ok
    assert sys.version.split()[0] in checks["Python"].detail
    assert checks["Credentials"].detail == "kept in a file"
    assert "not running" in checks["Emulator"].detail


async def test_looking_changes_nothing(tmp_path: Path) -> None:
    checks = await look(tmp_path / "not" / "there")
    assert checks["State folder"].ok
    assert os.listdir(tmp_path) == []  # noqa: PTH208
    assert not checks["Convex tools"].ok
    assert not checks["Convex tools"].required
    assert "vibe-tui connect" in checks["Convex tools"].fix


@pytest.mark.parametrize("script", ["echo v18.0.0", "exit 1"])
async def test_a_bad_node_comes_with_the_command_that_fixes_it(tmp_path: Path, script: str) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\n{script}\n")
    node.chmod(0o755)
    checks = await look(tmp_path, node=str(node))
    assert not checks["Node.js"].ok
    assert checks["Node.js"].required
    assert "npm" not in checks


async def test_no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vibe_tui.services.node._wheel", lambda: None)
    monkeypatch.setattr("sys.prefix", "/nowhere")
    checks = await look(tmp_path, environ={"PATH": "/nowhere"})
    assert not checks["Node.js"].ok
    assert "pip install" in checks["Node.js"].fix
    assert not checks["git"].ok
    assert not checks["git"].required


async def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    folder = Path("/proc") if sys.platform == "linux" else tmp_path  # nobody, not even root, writes in /proc
    if folder == tmp_path:
        os.chmod(tmp_path, 0o500)  # noqa: PTH101
    check = (await look(folder / "home"))["State folder"]
    assert (check.ok, check.required) == (False, True)
    assert f"{folder}/home cannot be written" in check.detail
    assert f"chmod u+rwx {folder}" in check.fix
    assert "VIBE_TUI_HOME" in check.fix


async def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vibe_tui.services.doctor.FREE_BYTES", 10**18)  # more than any disk has
    checks = await look(tmp_path)
    assert not checks["Free space"].ok
    assert "df -h" in checks["Free space"].fix


async def test_ports(tmp_path: Path) -> None:
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
        busy = tuple(listener.getsockname()[1] for listener in listeners)
        one_free = (*busy, _free_port())
        checks = await look(tmp_path, ports=one_free)
        assert checks["Sign-in ports"].ok
        assert checks["Sign-in ports"].detail == f"busy: {busy[0]}, {busy[1]}"
        checks = await look(tmp_path, ports=busy)
        assert not checks["Sign-in ports"].ok
        assert f"{busy[0]}, {busy[1]}" in checks["Sign-in ports"].detail
        assert str(busy[0]) in checks["Sign-in ports"].fix


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


async def test_credentials_that_do_not_answer(tmp_path: Path) -> None:
    def unavailable() -> str:
        raise VibeError("The keyring does not answer.", next_step="Unlock it.")

    checks = await examine(tmp_path, "", GOOD, credentials=unavailable, emulator=lambda: "process 1")
    found = {check.name: check for check in checks}
    assert (found["Credentials"].ok, found["Credentials"].fix) == (False, "Unlock it.")
    assert found["Emulator"].detail == "process 1"


@pytest.mark.parametrize(
    ("environ", "ok"),
    [
        ({"TERM": "dumb"}, False),
        ({"TERM": ""}, False),
        ({"LANG": "C"}, False),
        ({"LANG": "C", "LC_ALL": "de_DE.utf8"}, True),
        ({}, True),
    ],
)
async def test_terminals(tmp_path: Path, environ: dict[str, str], ok: bool) -> None:
    check = (await look(tmp_path, environ=environ))["Terminal"]
    assert (check.ok, check.required) == (ok, False)


async def test_a_browser_over_ssh(tmp_path: Path) -> None:
    remote = {"SSH_CONNECTION": "x", "DISPLAY": ":0"}
    assert "no desktop here" in (await look(tmp_path, environ=remote))["Browser"].detail
    assert "lynx" in (await look(tmp_path, environ=remote | {"BROWSER": "lynx"}))["Browser"].detail
