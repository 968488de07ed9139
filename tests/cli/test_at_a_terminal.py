"""What is asked at a terminal, and that Ctrl-C is always an answer."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pty
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Vibe, fresh_vibe
from tests.program import left_running, within

pytestmark = pytest.mark.xdist_group("terminal")


@pytest.fixture(scope="module")
def vibe(tmp_path_factory: pytest.TempPathFactory, toolchain: Path) -> Iterator[Vibe]:
    """A program that stands in a connected project."""
    with fresh_vibe(tmp_path_factory.mktemp("terminal"), toolchain) as program:
        program.json("new", "app")
        inside = dataclasses.replace(program, cwd=program.cwd / "app")
        inside.json("connect", "--approve")
        yield inside


class Terminal:
    """A command at a pseudo-terminal of its own."""

    def __init__(self, vibe: Vibe, *arguments: str) -> None:
        self._ours, theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        self.shown = ""
        self.process = subprocess.Popen(
            vibe.argv(*arguments),
            cwd=vibe.cwd,
            env=vibe.environment(),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(theirs)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def shows(self, text: str, limit: float = 30) -> bool:
        return within(limit, lambda: text in self._read())

    def hang_up(self) -> None:
        os.close(self._ours)
        self._ours = -1

    def end(self, limit: float = 30) -> int:
        """The exit code."""
        if self._ours >= 0:
            assert within(limit, self._ended), self.shown
            os.close(self._ours)
        return self.process.wait(limit)

    def _ended(self) -> bool:
        self._read()  # a command whose output nobody takes never ends
        return self.process.poll() is not None

    def _read(self) -> str:
        with contextlib.suppress(BlockingIOError, OSError):  # nothing yet, or the other end has closed
            while chunk := os.read(self._ours, 65536):
                self.shown += chunk.decode(errors="replace")
        return self.shown


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def schema(vibe: Vibe) -> str:
    return (vibe.cwd / "convex" / "schema.ts").read_text()


def test_a_plan_is_shown_and_refused(vibe: Vibe) -> None:
    before = schema(vibe)
    terminal = Terminal(vibe, "ask", "Add a letters table")
    assert terminal.shows("Apply this plan? [y/N]")
    assert "Plan:" in terminal.shown
    terminal.type("n\n")
    assert terminal.end() == 1
    assert schema(vibe) == before


def test_a_plan_is_approved(vibe: Vibe) -> None:
    terminal = Terminal(vibe, "ask", "Add a letters table")
    assert terminal.shows("Apply this plan? [y/N]")
    terminal.type("y\n")
    assert terminal.end(60) == 0
    assert "✓ deployed in" in terminal.shown
    assert "letters: defineTable" in schema(vibe)


@pytest.mark.parametrize("how", ["ctrl-c", "the terminal goes away"])
def test_a_question_does_not_keep_the_command_from_ending(vibe: Vibe, how: str) -> None:
    terminal = Terminal(vibe, "ask", "Add an envelopes table")
    assert terminal.shows("Apply this plan? [y/N]")
    if how == "ctrl-c":
        terminal.type("\x03")
    else:
        terminal.hang_up()
    assert terminal.end(5) == 1
    assert "Traceback" not in terminal.shown
    assert "envelopes" not in schema(vibe)
    assert left_running(vibe) == {}


@pytest.mark.parametrize(
    "end", [lambda process: process.send_signal(signal.SIGHUP), None], ids=["hup", "gone"]
)
def test_the_terminal_goes_away_under_the_dev_server(
    vibe: Vibe, end: Callable[[subprocess.Popen[bytes]], None] | None
) -> None:
    terminal = Terminal(vibe, "dev")
    assert terminal.shows("Dev server running", 60)
    if end:
        end(terminal.process)
    else:
        terminal.hang_up()
    terminal.end(10)
    assert within(5, lambda: left_running(vibe) == {})


def test_deleting_the_convex_project_wants_its_name(vibe: Vibe) -> None:
    project = vibe.json("status")["connection"]["project"]
    terminal = Terminal(vibe, "disconnect", "--delete-project")
    assert terminal.shows("Type its name to go on:")
    terminal.type("app\n")
    assert terminal.end() == 1
    assert "Nothing was deleted." in terminal.shown
    assert vibe.json("status")["connection"]["state"] == "connected"

    terminal = Terminal(vibe, "disconnect", "--delete-project")
    assert terminal.shows("Type its name to go on:")
    terminal.type(f"{project}\n")
    assert terminal.end() == 0
    assert vibe.json("status")["connection"]["state"] == "not connected"
