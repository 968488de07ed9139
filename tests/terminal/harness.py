"""A real terminal for a program: a pty, the screen that the program draws, and every byte it sent."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pyte

from vibe_tui.theme import DARK

KEYS = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "esc": "\x1b",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    **{f"f{number}": f"\x1bO{final}" for number, final in enumerate("PQRS", 1)},
    **{f"f{number}": f"\x1b[{code}~" for number, code in enumerate((15, 17, 18, 19, 20), 5)},
}
"""What a terminal sends for a key; ctrl+letter and alt+letter are worked out."""

MODES = {
    1000: "mouse",
    1003: "mouse",
    1004: "focus",
    1006: "mouse",
    1049: "screen",
    2004: "paste",
    2048: "size",
}
FOCUSED = DARK.variables["block-cursor-foreground"].lstrip("#")
"""The colour of a button's label while the button has the focus."""
_SEQUENCE = re.compile(
    "\x1b(?:\\[[<=>?]?[\\d;:$]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[PX^_][^\x1b]*\x1b\\\\)"
)
_UNFINISHED = re.compile(
    rb"(?:\x1b(?:\[[<-?\d;:$ -/]*|[\]PX^_][^\x07\x1b]*\x1b?)?|[\xc0-\xff][\x80-\xbf]*)\Z"
)


def bytes_of(key: str) -> bytes:
    """What the terminal sends for this key, e.g. "f8", "ctrl+s", "alt+e", "a"."""
    if key in KEYS:
        return KEYS[key].encode()
    modifier, _, letter = key.rpartition("+")
    if modifier == "ctrl":
        return bytes([ord(letter.upper()) & 0x1F])
    return ("\x1b" if modifier == "alt" else "").encode() + letter.encode()


class Terminal:
    """The program runs as the leader of its own session, with the pty as its terminal."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        columns: int = 120,
        rows: int = 40,
    ) -> None:
        self.output = b""
        """Every byte the program has sent."""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._unparsed = b""
        self.fd, inner = os.openpty()
        self._set_size(columns, rows)
        self.modes = termios.tcgetattr(self.fd)[:4]
        """The terminal's own modes before the program ran."""
        self._inner = inner  # kept open: what the program wrote last can be read after its end
        self.process = subprocess.Popen(
            argv,
            cwd=cwd,
            env={**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            stdin=inner,
            stdout=inner,
            stderr=inner,
            preexec_fn=partial(os.login_tty, 0),
        )

    # --- what is seen --------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The screen as it is now."""
        return "\n".join(line.rstrip() for line in self._rows())

    def _rows(self) -> list[str]:
        # Not pyte's own: it fails on the empty second cell of a wide character that was half overwritten.
        lines = (self._screen.buffer[row] for row in range(self._screen.lines))
        return ["".join(line[x].data for x in range(self._screen.columns)) for line in lines]

    def wait(self, wanted: str, seconds: float = 40.0) -> re.Match[str]:
        """Wait until the screen matches this regex."""
        pattern = re.compile(wanted, re.MULTILINE)
        end = time.monotonic() + seconds
        while (found := pattern.search(self.text)) is None:
            left = end - time.monotonic()
            assert left > 0, f"not seen: {wanted}\n{self.text}\n{self.output[-300:]!r}"
            alive = self.exit_code(0) is None
            if not self.read(min(left, 0.2)):
                assert alive, f"ended with {self.process.returncode}, not seen: {wanted}\n{self.text}"
        return found

    def wait_gone(self, unwanted: str, seconds: float = 40.0) -> None:
        """Wait until the screen matches this regex no more."""
        end = time.monotonic() + seconds
        while re.search(unwanted, self.text, re.MULTILINE):
            assert time.monotonic() < end, f"still there: {unwanted}\n{self.text}"
            self.read(0.2)

    def settle(self, quiet: float = 0.3, seconds: float = 40.0) -> None:
        """Wait until the program sends nothing for `quiet` seconds."""
        end = time.monotonic() + seconds
        while self.read(quiet):
            assert time.monotonic() < end, "the program does not stop writing"

    def read(self, seconds: float) -> bool:
        """Take what the program sends next; False: nothing within this time."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        data = os.read(self.fd, 1 << 16)
        self.output += data
        data = self._unparsed + data
        cut = unfinished.start() if (unfinished := _UNFINISHED.search(data)) else len(data)
        self._unparsed = data[cut:]
        self._stream.feed(_SEQUENCE.sub(_understood, data[:cut].decode(errors="replace")))
        return True

    def cells(self, wanted: str) -> list[pyte.screens.Char]:
        """The first cell of each place that matches this regex, from the top."""
        places = [
            self._screen.buffer[row][found.start()]
            for row, line in enumerate(self._rows())
            for found in re.finditer(wanted, line)
        ]
        assert places, f"not on the screen: {wanted}\n{self.text}"
        return places

    # --- what is done --------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        for key in keys:
            self.send(bytes_of(key))

    def choose(self, button: str) -> None:
        """Go to the button with this label, as a user who sees where the focus is, and press it."""
        label = rf"(?<= ){re.escape(button)}(?=  |$)"
        self.wait(label)
        self.settle()
        for _ in range(12):
            self.wait(label)  # a notification may cover it for a while
            if any(cell.fg == FOCUSED for cell in self.cells(label)):
                self.press("enter")
                return
            self.press("tab")
            self.settle(0.15)
        raise AssertionError(f"cannot be reached: {button}\n{self.text}")

    def type(self, text: str) -> None:
        """Key by key: a new line is Enter."""
        self.send(text.replace("\n", "\r").encode())

    def paste(self, text: str) -> None:
        """As a terminal pastes into a program that asked for brackets."""
        assert self.mode(2004)
        self.send(f"\x1b[200~{text}\x1b[201~".encode())

    def send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self.fd, data) :]

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)
        self._set_size(columns, rows)
        self.process.send_signal(signal.SIGWINCH)

    def hang_up(self) -> None:
        """The terminal goes away, as a window that is closed or a connection that is lost."""
        os.close(self._inner)
        os.close(self.fd)
        self.fd = self._inner = -1

    def wait_until_stuck(self, seconds: float = 40.0) -> None:
        """Take nothing until the program has written all that the terminal holds unread."""
        unread, since, end = 0, time.monotonic(), time.monotonic() + seconds
        while unread == 0 or time.monotonic() - since < 1:
            assert time.monotonic() < end, "the program does not stop writing"
            now = struct.unpack("i", fcntl.ioctl(self.fd, termios.FIONREAD, bytes(4)))[0]
            if now != unread:
                unread, since = now, time.monotonic()
            time.sleep(0.02)

    # --- the end -------------------------------------------------------------------------------------

    def exit_code(self, seconds: float) -> int | None:
        """The exit code (negative: the signal that killed it), None while it runs; reads meanwhile."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            if self.fd < 0:
                time.sleep(0.02)
            else:
                self.read(0.02)
        return self.process.returncode

    def mode(self, number: int) -> bool:
        """Whether this mode of the terminal is on."""
        return self.output.rfind(b"\x1b[?%dh" % number) > self.output.rfind(b"\x1b[?%dl" % number)

    def assert_given_back(self) -> None:
        """Everything is as it was before: screen, mouse, paste, focus, keys, cursor, line discipline."""
        while self.read(0):
            pass
        assert not {name for number, name in MODES.items() if self.mode(number)}
        assert self.output.rfind(b"\x1b[?25h") > self.output.rfind(b"\x1b[?25l")
        assert self.output.rfind(b"\x1b[<u") > self.output.rfind(b"\x1b[>1u")
        assert termios.tcgetattr(self.fd)[:4] == self.modes

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for fd in {self.fd, self._inner} - {-1}:
            os.close(fd)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _understood(sequence: re.Match[str]) -> str:
    """pyte draws what it does not know: only what it does know is left."""
    text = sequence[0]
    if "[?1049" in text:
        return "\x1b[2J\x1b[H"  # its other screen; here they are one
    known = text[1] == "[" and (text[2] not in "<=>?" or text[-1] in "hl") and "$" not in text
    return text if known else ""
