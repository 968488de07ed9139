"""Whatever ends, stops or starves the page: the terminal is given back, and nothing is left running."""

from __future__ import annotations

import dataclasses
import random
import shlex
import signal
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Vibe, fresh_vibe
from tests.program import left_running, processes_of, pushing, within
from tests.terminal.conftest import OpenPage
from tests.terminal.harness import Terminal

pytestmark = pytest.mark.xdist_group("terminal signals")

READY = r"Convex: emulator · ● dev server running"


@pytest.fixture(scope="module")
def vibe(tmp_path_factory: pytest.TempPathFactory, toolchain: Path) -> Iterator[Vibe]:
    """A program that stands in a connected project."""
    with fresh_vibe(tmp_path_factory.mktemp("signals"), toolchain) as program:
        program.json("new", "app")
        inside = dataclasses.replace(program, cwd=program.cwd / "app")
        inside.json("connect", "--approve")
        yield inside
    assert within(5, lambda: processes_of(program) == {})


def in_the_middle_of_a_push(vibe: Vibe, page: Terminal) -> None:
    page.wait("Convex: emulator")
    page.press("f9")
    page.wait("dev server (starting|pushing)")
    assert within(30, lambda: page.read(0.05) or pushing(vibe))


def assert_free(vibe: Vibe) -> None:
    """Nothing runs, and the project is free and whole."""
    assert within(5, lambda: left_running(vibe) == {}), left_running(vibe)
    status = vibe.json("status")
    assert status["open_in"] is None
    assert status["connection"]["state"] == "connected"


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_in_the_middle_of_a_push(vibe: Vibe, open_page: OpenPage, number: signal.Signals) -> None:
    page = open_page(vibe, ".")
    in_the_middle_of_a_push(vibe, page)
    page.process.send_signal(number)
    assert page.exit_code(3) == 128 + number
    page.assert_given_back()
    assert_free(vibe)


def test_the_window_is_closed_in_the_middle_of_a_push(vibe: Vibe, open_page: OpenPage) -> None:
    page = open_page(vibe, ".")
    in_the_middle_of_a_push(vibe, page)
    page.hang_up()
    assert page.exit_code(3) == 128 + signal.SIGHUP
    assert_free(vibe)


def test_the_process_is_killed_in_the_middle_of_a_push(vibe: Vibe, open_page: OpenPage) -> None:
    page = open_page(vibe, ".")
    in_the_middle_of_a_push(vibe, page)
    page.process.kill()
    assert page.exit_code(3) == -signal.SIGKILL
    assert_free(vibe)


def test_ctrl_z_and_fg(vibe: Vibe, open_page: OpenPage) -> None:
    environment = {**vibe.environment(), "PS1": "shell> "}
    shell = Terminal(["bash", "--norc", "--noediting", "-i"], cwd=vibe.cwd, env=environment)
    try:
        shell.wait("shell>")
        shell.type(f"{shlex.join(vibe.argv('.'))}\n")
        shell.wait("Convex: emulator")
        shell.press("f2")  # in a text field Ctrl+Z is undo
        shell.settle()
        shell.press("ctrl+z")
        shell.wait("Stopped")
        assert not shell.mode(1049)
        assert not shell.mode(1000)
        assert not shell.mode(2004)
        shell.type("stty -a; echo back\n")
        shell.wait(r"[ ;]icanon")
        shell.type("fg\n")
        shell.wait("Convex: emulator")
        shell.press("f8")
        shell.wait("Status +● Connected")
        shell.press("esc")
        shell.wait_gone("Status +● Connected")
        shell.press("ctrl+q")
        shell.wait("shell>$")
        shell.type("echo code=$?\n")
        shell.wait("^code=0")
        shell.type("exit\n")
        assert shell.exit_code(5) == 0
        shell.assert_given_back()
    finally:
        shell.close()
    assert_free(vibe)


def test_a_resize_storm(vibe: Vibe, open_page: OpenPage) -> None:
    page = open_page(vibe, ".")
    page.wait("Convex: emulator")
    sizes = random.Random(3)
    extremes = [(1, 1), (5, 2), (300, 100), (2, 60), (200, 1)]
    for number in range(300):
        columns, rows = (
            extremes[number % 15] if number % 15 < 5 else (sizes.randint(1, 200), sizes.randint(1, 60))
        )
        page.resize(columns, rows)
        page.read(0.005)
        if number == 150:
            page.press("f8")
    page.resize(100, 30)
    page.wait("Status +● Connected")
    page.press("esc")
    page.wait("Enter sends")
    page.wait("● Convex Connected")
    page.resize(80, 24)
    page.wait("F2 Files  F3 Editor  F4 Logs  F5 Chat")
    page.press("ctrl+q")
    assert page.exit_code(10) == 0
    page.assert_given_back()
    assert_free(vibe)


def test_a_terminal_that_stops_reading_for_a_while(vibe: Vibe, open_page: OpenPage) -> None:
    page = open_page(vibe, ".", columns=200, rows=60)
    page.wait("Convex: emulator")
    page.press("f9", "f4")
    page.press(*["f6", "f8", "esc"] * 20)
    page.wait_until_stuck()
    page.wait("dev server running", 60)
    page.press("f8")
    page.wait("Status +● Connected")
    page.press("ctrl+q")
    assert page.exit_code(10) == 0
    page.assert_given_back()
    assert_free(vibe)


def test_a_signal_while_the_terminal_takes_nothing(vibe: Vibe, open_page: OpenPage) -> None:
    page = open_page(vibe, ".", columns=300, rows=100)
    page.wait("Convex: emulator")
    page.press(*["f6", "f8", "esc"] * 20)
    page.wait_until_stuck()
    page.process.terminate()
    assert page.process.wait(5) == 128 + signal.SIGTERM
    assert termios.tcgetattr(page.fd)[:4] == page.modes
    assert_free(vibe)
