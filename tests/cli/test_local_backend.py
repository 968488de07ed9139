"""`vibe-tui connect --with local-backend`, whole, with a stand-in for Convex's program."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_backend_stand_in import install

from tests.conftest import Vibe, fresh_vibe
from tests.program import processes_of, within

pytestmark = pytest.mark.xdist_group("local backend")


@pytest.fixture
def program(tmp_path: Path, toolchain: Path) -> Iterator[Vibe]:
    with fresh_vibe(tmp_path, toolchain) as program:
        program.json("new", "app")
        yield dataclasses.replace(program, cwd=program.cwd / "app")


def test_without_the_program_it_is_said_how_to_get_it(program: Vibe) -> None:
    refused = program.json("connect", "--with", "local-backend", code=1)["error"]
    assert refused["code"] == "local_backend_missing"
    assert "put it on PATH" in refused["next_step"]
    assert program.json("status")["connection"]["state"] == "not connected"


@pytest.mark.slow
def test_from_connecting_to_deleting(program: Vibe, toolchain: Path) -> None:
    version = Path(program.environment()["HOME"], ".cache", "convex", "binaries", "precompiled-2026-08-22-x")
    install(version, toolchain)
    connection = program.json("connect", "--with", "local-backend")["connection"]
    assert (connection["backend"], connection["dashboard_host"]) == ("local-backend", "")
    assert connection["url"].startswith("http://127.0.0.1:")
    assert program.json("push")["push"]["result"] == "deployed"
    env = (program.cwd / ".env.local").read_text()
    assert f"CONVEX_SELF_HOSTED_URL={connection['url']}\n" in env
    assert "Convex's local backend on this computer" in program("status").stdout
    assert "opens this deployment only" in program("status").stdout
    (keeper,) = [pid for pid, line in processes_of(program).items() if "local_backend_keeper" in line]
    # Ended, and needed again: it comes back by itself, with its data.
    assert program("env", "set", "COLOUR", stdin="red").returncode == 0

    os.kill(keeper, signal.SIGTERM)
    assert within(10, lambda: keeper not in processes_of(program))
    assert program.json("env", "list")["variables"].keys() == {"COLOUR"}
    again = program.json("connect", "--with", "local-backend")["connection"]
    assert again["deployment"] == connection["deployment"]

    refused = program.json("deploy", "--production", code=1)["error"]
    assert refused["code"] == "no_production"
    kept = set(json.loads((program.home / "credentials.json").read_text())["secrets"].values())
    assert not any(secret in "".join(program.said) for secret in kept)
    assert "stay on this computer" in program("disconnect").stdout
    assert within(10, lambda: not any("local_backend" in line for line in processes_of(program).values()))
    assert json.loads((program.home / "credentials.json").read_text())["secrets"] == {}
    assert "CONVEX" not in (program.cwd / ".env.local").read_text()

    program.json("connect", "--with", "local-backend")
    assert program.json("env", "list")["variables"].keys() == {"COLOUR"}, "the data had stayed"
    data = list(program.home.glob("projects/*/local-backend"))
    assert program("disconnect", "--delete-project").returncode == 1, "its name was not typed"
    deleted = program("disconnect", "--delete-project", "--yes")
    assert "deleting its data" in deleted.stdout
    assert not data[0].exists()
