"""Nothing is left running, whatever ends a command in the middle of a push; and the next push works."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Vibe, fresh_vibe
from tests.program import Output, emulator_of, left_running, processes_of, pushing, within

pytestmark = [
    pytest.mark.xdist_group("processes"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


@pytest.fixture(scope="module")
def vibe(tmp_path_factory: pytest.TempPathFactory, toolchain: Path) -> Iterator[Vibe]:
    """A program that stands in a connected project."""
    folder = tmp_path_factory.mktemp("processes")
    with fresh_vibe(folder, toolchain) as program:
        program.json("new", "app")
        inside = dataclasses.replace(program, cwd=program.cwd / "app")
        inside.json("connect", "--approve")
        yield inside
    assert within(5, lambda: processes_of(program) == {})


def push_begun(vibe: Vibe) -> subprocess.Popen[str]:
    process = vibe.start("push", "--json", stderr=subprocess.DEVNULL)
    assert within(30, lambda: pushing(vibe))
    return process


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda number: number.name
)
def test_a_signal_in_the_middle_of_a_push(vibe: Vibe, number: signal.Signals) -> None:
    process = push_begun(vibe)
    process.send_signal(number)
    said, _ = process.communicate(timeout=15)
    assert process.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 1)
    if number != signal.SIGKILL:
        assert left_running(vibe) == {}
        assert '"code": "interrupted"' in said
    assert within(8, lambda: left_running(vibe) == {}), left_running(vibe)
    assert vibe.json("status")["open_in"] is None


def test_a_push_after_all_that_works(vibe: Vibe) -> None:
    assert vibe.json("push")["push"]["result"] == "deployed"
    assert left_running(vibe) == {}


def test_the_emulator_is_killed_in_the_middle_of_a_push(vibe: Vibe) -> None:
    process = push_begun(vibe)
    emulator = emulator_of(vibe)
    assert emulator
    os.kill(emulator["pid"], signal.SIGKILL)
    said, _ = process.communicate(timeout=40)
    assert process.returncode == 1
    assert '"result": "unreachable"' in said
    assert "went away during the push" in said or "does not answer" in said
    assert within(8, lambda: processes_of(vibe) == {}), processes_of(vibe)

    assert vibe.json("push")["push"]["result"] == "deployed"
    assert vibe.json("status")["connection"]["state"] == "connected"


@pytest.mark.slow
def test_the_dev_server_outlives_the_emulator(vibe: Vibe) -> None:
    process = vibe.start("dev")
    output = Output(process)
    first = output.wait_for(lambda line: "✓ deployed" in line)
    emulator = emulator_of(vibe)
    assert emulator
    os.kill(emulator["pid"], signal.SIGKILL)
    (vibe.cwd / "convex" / "more.ts").write_text("export const more = 1;\n")
    output.wait_for(lambda line: "✓ deployed" in line, after=first + 1, limit=60)
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0
    assert left_running(vibe) == {}
