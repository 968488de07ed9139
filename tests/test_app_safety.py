"""The app in a real terminal: nothing dangerous leaves it, and it gives the terminal back."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import stat
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

APP = """
import sys
from pathlib import Path
from textual.screen import Screen
from textual.widgets import Input, Static
from vibe_tui.app import VibeApp, run
from vibe_tui.services.secret import Secret

HERE = Path(sys.argv[1])
HOSTILE = [
    "\\x1b]52;c;UFdORUQ=\\x07", "\\x1b]0;PWNTITLE\\x07", "\\x1b[2J\\x1b[H", "\\x9b2J", "\\x9d0;PWN\\x9c",
    "\\x00\\x08\\x7f", "\\u202e\\u2066\\u200b\\ufeff\\xad\\u2028", "\\U000e0041", "\\ud800",
]


class Page(Screen):
    def compose(self):
        for text in HOSTILE:
            yield Static(f"<{text}>", markup=False)
        yield Static("[link='https://x.example/\\x07\\x1b]0;PWNLINK\\x07']here[/link]")
        yield Input()

    def key_f12(self):
        api = Secret("hunter2-hunter2")
        value = api.reveal()
        raise RuntimeError(f"no luck with {value} \\x1b]0;PWNCRASH\\x07")


async def close():
    (HERE / "closed").write_text("yes")


app = VibeApp(Page, crash_folder=HERE / "crashes")
app.on_shutdown = close
sys.exit(run(app))
"""


class Terminal:
    """A pseudo-terminal with a program in it."""

    def __init__(self, argv: list[str], folder: Path, columns: int, rows: int) -> None:
        self.output = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            environment = {
                **os.environ,
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                "PYTHONPATH": str(Path(__file__).parents[1]),
                "PS1": "ready> ",
            }
            os.chdir(folder)
            os.execvpe(argv[0], argv, environment)  # noqa: S606
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.modes = termios.tcgetattr(self.fd)
        self._status: int | None = None

    def read_until(self, wanted: Callable[[bytes], object], seconds: float = 15.0) -> None:
        end = time.monotonic() + seconds
        while not wanted(self.output):
            assert time.monotonic() < end, self.output[-2000:]
            if select.select([self.fd], [], [], 0.05)[0]:
                try:
                    self.output += os.read(self.fd, 65536)
                except OSError:  # Linux says so when the other side is closed
                    assert wanted(self.output), self.output[-2000:]

    def wait_until_stuck(self) -> None:
        """Wait until the output that is not read has not grown for half a second."""
        unread, since, end = -1, 0.0, time.monotonic() + 10
        while unread <= 0 or time.monotonic() - since < 0.5:
            assert time.monotonic() < end
            now = struct.unpack("i", fcntl.ioctl(self.fd, termios.FIONREAD, b"\0" * 4))[0]
            if now != unread:
                unread, since = now, time.monotonic()
            select.select([], [], [], 0.02)

    def read_all(self) -> None:
        """Read until the program has ended."""
        while self.exit_code(0) is None:
            self._drain(0.05)
        self._drain(0)

    def _drain(self, seconds: float) -> None:
        while select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return
            if not data:
                return
            self.output += data

    def type(self, keys: str) -> None:
        os.write(self.fd, keys.encode())

    def exit_code(self, seconds: float) -> int | None:
        """The exit code, or None when the program has not ended in time."""
        end = time.monotonic() + seconds
        while self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() >= end:
                return None
            else:
                select.select([], [], [], 0.02)
        return self._status

    def close(self) -> None:
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    script = tmp_path / "page.py"
    script.write_text(APP)
    terminals: list[Terminal] = []

    def start(*argv: str, columns: int = 80, rows: int = 24) -> Terminal:
        page = [sys.executable, str(script), str(tmp_path)]
        terminals.append(Terminal([*argv] or page, tmp_path, columns, rows))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


def is_painted(output: bytes) -> bool:
    return b"<" in output and b"\x1b[?1049h" in output and b"here" in output


def is_given_back(terminal: Terminal) -> bool:
    """The terminal's modes are those of before, and the page's screen and mouse are switched off."""
    last = {
        mode: terminal.output.rfind(b"\x1b[?%dl" % mode) > terminal.output.rfind(b"\x1b[?%dh" % mode)
        for mode in (1049, 1000, 1003, 2004, 1004)
    }
    cursor = terminal.output.rfind(b"\x1b[?25h") > terminal.output.rfind(b"\x1b[?25l")
    modes = termios.tcgetattr(terminal.fd)
    return all(last.values()) and cursor and modes[:4] == terminal.modes[:4]


def test_no_control_character_of_a_text_reaches_the_terminal(start: Callable[..., Terminal]) -> None:
    terminal = start()
    terminal.read_until(is_painted)
    terminal.type("\x11")
    terminal.read_all()
    assert terminal.exit_code(0) == 0
    text = terminal.output.decode("utf-8")
    text = re.sub("\x1b\\]22;[a-z]+\x07", "", text)  # Textual's own: the shape of the pointer
    assert "\x1b]" not in text  # no title, no clipboard, no link
    assert "\x1b[2J" not in text
    assert not re.search("[\x00\x07\x08\x7f-\x9f\xad\u2028\u202e\u2066\u200b\ufeff\U000e0041]", text)
    assert "\ufffd" in text  # the lone surrogate


def test_a_quit_awaits_the_hook_and_gives_the_terminal_back(
    start: Callable[..., Terminal], tmp_path: Path
) -> None:
    terminal = start()
    terminal.read_until(is_painted)
    terminal.type("\x11")
    terminal.read_until(lambda output: b"\x1b[?1004l" in output)
    assert is_given_back(terminal)
    terminal.read_all()
    assert terminal.exit_code(5) == 0
    assert (tmp_path / "closed").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_app_in_order(
    start: Callable[..., Terminal], tmp_path: Path, number: signal.Signals
) -> None:
    terminal = start()
    terminal.read_until(is_painted)
    os.kill(terminal.pid, number)
    terminal.read_until(lambda output: b"\x1b[?1004l" in output)
    assert is_given_back(terminal)
    terminal.read_all()
    assert terminal.exit_code(5) == 128 + number
    assert (tmp_path / "closed").exists()


def test_the_app_ends_when_its_terminal_is_closed(start: Callable[..., Terminal], tmp_path: Path) -> None:
    terminal = start()
    terminal.read_until(is_painted)
    os.close(terminal.fd)
    assert terminal.exit_code(5) is not None
    assert (tmp_path / "closed").exists()


def test_a_signal_while_the_app_starts_ends_it_too(start: Callable[..., Terminal]) -> None:
    terminal = start()
    terminal.read_until(lambda output: b"\x1b[?1049h" in output)
    os.kill(terminal.pid, signal.SIGTERM)
    terminal.read_until(lambda output: b"\x1b[?1004l" in output)
    assert is_given_back(terminal)
    terminal.read_all()
    assert terminal.exit_code(5) == 128 + signal.SIGTERM


def test_the_app_ends_when_its_terminal_takes_no_output(start: Callable[..., Terminal]) -> None:
    terminal = start(columns=900, rows=200)  # a frame is more than a terminal holds unread
    terminal.read_until(lambda output: b"here" in output)
    terminal.wait_until_stuck()
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.exit_code(6) == 128 + signal.SIGTERM
    assert termios.tcgetattr(terminal.fd)[:4] == terminal.modes[:4]


def test_a_crash_tells_no_secret(start: Callable[..., Terminal], tmp_path: Path) -> None:
    terminal = start()
    terminal.read_until(is_painted)
    terminal.type("\x1b[24~")
    terminal.read_all()
    assert terminal.exit_code(5) == 1
    after = terminal.output[terminal.output.rfind(b"\x1b[?1049l") :]
    assert b"RuntimeError: no luck with ***" in after
    assert b"hunter2" not in terminal.output
    assert b"\x1b]0;" not in terminal.output
    (report,) = (tmp_path / "crashes").iterdir()
    assert str(report).encode() in after.replace(b"\r\n", b"")
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert stat.S_IMODE(report.parent.stat().st_mode) == 0o700
    assert "key_f12" in report.read_text()
    assert "hunter2" not in report.read_text()


def in_a_shell(start: Callable[..., Terminal], folder: Path) -> Terminal:
    """The app as a job of an interactive shell."""
    terminal = start("bash", "--norc", "--noediting", "-i")
    terminal.read_until(lambda output: b"ready> " in output)
    terminal.type(f"'{sys.executable}' page.py '{folder}'\n")
    terminal.read_until(is_painted)
    return terminal


def quit_to_the_shell(terminal: Terminal) -> None:
    shown = len(terminal.output)
    terminal.type("\x11")
    terminal.read_until(lambda output: b"ready> " in output[shown:])
    terminal.type("echo code=$?\n")
    terminal.read_until(lambda output: b"code=0\r\n" in output[shown:])


def job(terminal: Terminal) -> int:
    """The process group in the foreground."""
    return os.tcgetpgrp(terminal.fd)


def test_ctrl_z_goes_to_the_shell_and_fg_paints_the_page_again(
    start: Callable[..., Terminal], tmp_path: Path
) -> None:
    terminal = in_a_shell(start, tmp_path)
    terminal.type("\t\x1a")  # out of the text field, where Ctrl+Z is undo
    terminal.read_until(lambda output: b"Stopped" in output)
    assert b"\x1b[?1049l" in terminal.output
    shown = len(terminal.output)
    terminal.type("fg\n")
    terminal.read_until(lambda output: b"here" in output[shown:] and b"\x1b[?1049h" in output[shown:])
    quit_to_the_shell(terminal)


def test_a_page_that_was_stopped_from_outside_leaves_the_terminal_as_it_was(
    start: Callable[..., Terminal], tmp_path: Path
) -> None:
    terminal = in_a_shell(start, tmp_path)
    os.killpg(job(terminal), signal.SIGSTOP)
    terminal.read_until(lambda output: b"Stopped" in output)
    shown = len(terminal.output)
    terminal.type("fg\n")
    terminal.read_until(lambda output: b"here" in output[shown:] and b"\x1b[?1049h" in output[shown:])
    quit_to_the_shell(terminal)
    terminal.type("stty -a\n")
    terminal.read_until(lambda output: re.search(rb"[ ;]icanon\b.*[ ;\n]echo\b", output, re.DOTALL))
