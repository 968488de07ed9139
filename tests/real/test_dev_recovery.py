"""`vibe-tui dev` while its deployment ends, moves, hangs and comes back: real processes, real pushes."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from local_backend_stand_in import install

from tests.conftest import Vibe, fresh_vibe
from tests.program import Output, emulator_of, events, processes_of, within

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dev recovery"), pytest.mark.timeout(180)]

ANSWER = """import { query } from "./_generated/server";
export const answer = query({ args: {}, handler: async () => "%s" });
"""


@dataclasses.dataclass
class Dev:
    vibe: Vibe
    output: Output

    def edit(self, answer: str) -> None:
        (self.vibe.cwd / "convex" / "answer.ts").write_text(ANSWER % answer)

    def status(self) -> str:
        """The state that it told last."""
        said = events(list(self.output.lines))
        return next(
            (event["status"] for event in reversed(said) if event.get("of") == "dev_server_state"), ""
        )

    def url(self) -> str:
        return str(self.vibe.json("status")["connection"]["url"])

    def answers(self, wanted: str, url: str) -> bool:
        body = json.dumps({"path": "answer:answer", "args": {}, "format": "json"}).encode()
        request = urllib.request.Request(f"{url}/api/query", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=2) as found:
                return bool(json.load(found).get("value") == wanted)
        except OSError:
            return False


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, toolchain: Path) -> Iterator[Vibe]:
    with fresh_vibe(tmp_path_factory.mktemp("recovery"), toolchain) as program:
        yield program


def running(vibe: Vibe, name: str, *connect: str, stdin: str | None = None) -> Iterator[Dev]:
    vibe.json("new", name)
    vibe = dataclasses.replace(vibe, cwd=vibe.cwd / name)
    connected = vibe("connect", *connect, stdin=stdin)
    assert connected.returncode == 0, connected.stderr
    process = vibe.start("dev", "--stream-json", stderr=subprocess.DEVNULL)
    dev = Dev(vibe, Output(process))
    try:
        assert within(60, lambda: dev.status() == "running"), dev.output.lines
        yield dev
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


@pytest.fixture
def dev(program: Vibe, request: pytest.FixtureRequest) -> Iterator[Dev]:
    yield from running(program, "emulated", "--approve")


def test_an_emulator_that_was_killed_comes_back_at_another_port(dev: Dev) -> None:
    old = dev.url()
    info = emulator_of(dev.vibe)
    assert info is not None
    os.kill(info["pid"], signal.SIGKILL)
    port = int(old.rpartition(":")[2])
    with socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        assert within(5, lambda: _bound(busy, port))
        busy.listen()
        dev.edit("moved")
        began = time.monotonic()
        assert within(30, lambda: dev.url() != old and dev.answers("moved", dev.url()))
        print(f"recovered {time.monotonic() - began:.1f} s after the edit")
        assert f"EXPO_PUBLIC_CONVEX_URL={dev.url()}" in (dev.vibe.cwd / ".env.local").read_text()
    assert within(10, lambda: dev.status() == "running")


@pytest.fixture
def self_hosted(program: Vibe) -> Iterator[Dev]:
    """Connected to a deployment that the dev server knows by its address alone."""
    program.json("new", "other")
    other = dataclasses.replace(program, cwd=program.cwd / "other")
    connection: dict[str, Any] = other.json("connect", "--approve")["connection"]
    key = json.loads((program.home / "credentials.json").read_text())["secrets"][connection["key_ref"]]
    yield from running(program, "own", "--with", "self-hosted", "--url", connection["url"], stdin=f"{key}\n")


def test_a_deployment_that_hangs_then_goes_then_comes_back(self_hosted: Dev) -> None:
    dev, url = self_hosted, self_hosted.url()
    info = emulator_of(dev.vibe)
    assert info is not None
    os.kill(info["pid"], signal.SIGSTOP)
    try:
        dev.edit("while it hung")
        assert within(20, lambda: dev.status() == "unreachable")
    finally:
        os.kill(info["pid"], signal.SIGCONT)
    hung = recovery(dev, "while it hung", url)
    assert within(5, lambda: dev.status() == "running")

    dev.vibe.json("emulator", "stop")
    dev.edit("while it was away")
    assert within(20, lambda: dev.status() == "unreachable")
    away = dataclasses.replace(dev.vibe, cwd=dev.vibe.cwd.parent / "other")
    away.json("functions")  # starts the emulator again, at the port it had
    gone = recovery(dev, "while it was away", url)
    assert max(hung, gone) < 4, "the push begins at once, however long it takes on this machine"


@pytest.fixture
def local(program: Vibe, toolchain: Path) -> Iterator[Dev]:
    install(program.home.parent / "bin", toolchain)
    path = f"{program.home.parent / 'bin'}:{program.environment()['PATH']}"
    vibe = dataclasses.replace(program, env={"PATH": path})
    yield from running(vibe, "local", "--with", "local-backend")


def test_a_local_backend_that_was_killed_is_started_again(local: Dev) -> None:
    url = local.url()
    (keeper,) = [pid for pid, line in processes_of(local.vibe).items() if "local_backend_keeper" in line]
    os.kill(keeper, signal.SIGKILL)
    local.edit("after a kill")
    began = time.monotonic()
    assert within(
        30, lambda: local.answers("after a kill", url) or local.answers("after a kill", local.url())
    )
    print(f"the local backend was back with the edit after {time.monotonic() - began:.1f} s")
    assert within(10, lambda: local.status() == "running")


def recovery(dev: Dev, wanted: str, url: str) -> float:
    """Seconds from now until the push begins that brings this answer."""
    began = time.monotonic()
    assert within(20, lambda: dev.status() == "pushing" or dev.answers(wanted, url))
    pushing = time.monotonic() - began
    assert within(30, lambda: dev.answers(wanted, url))
    print(f"the push began after {pushing:.1f} s, its code was live after {time.monotonic() - began:.1f} s")
    return pushing


def _bound(listener: socket.socket, port: int) -> bool:
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True
