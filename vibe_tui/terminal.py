"""The terminal as something that may be stopped, continued, stalled or gone.

Textual's own driver starts a second time on a SIGCONT it did not stop for, and its writer dies with
the terminal, after which the page waits for it for ever. Both are put right here.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import termios
from collections.abc import Callable
from io import TextIOWrapper
from types import FrameType
from typing import TYPE_CHECKING, Any, TextIO, cast

from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from textual.app import App

EXIT_LIMIT = 2.0
"""Seconds between a signal and the end of the process, orderly or not."""

_LEAVE_SCREEN = (
    "\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Ends what Textual's driver turns on: paste, wrap, resize, mouse, keys, alternate screen, cursor, focus."""


class TerminalDriver(LinuxDriver):
    """Textual's terminal driver, for a terminal that may vanish or be continued unasked."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._started = False
        assert sys.__stderr__ is not None
        self._file = cast(TextIOWrapper, _TerminalFile(sys.__stderr__))

    def start_application_mode(self) -> None:
        """Take over the terminal; once more from the start when it was never given back."""
        if self._started:  # continued after a kill -STOP: the shell has changed the modes since
            self.suspend_application_mode()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._started = True

    def resume_application_mode(self) -> None:
        """Take over the terminal again, and paint what the shell has written over."""
        super().resume_application_mode()
        asyncio.get_running_loop().call_soon_threadsafe(self._app.refresh)

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        self._started = False
        super().stop_application_mode()


class _TerminalFile:
    """The terminal as a file that swallows what is written after the terminal has gone."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._gone = False

    def write(self, text: str) -> int:
        self._try(lambda: self._file.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(self._file.flush)

    def fileno(self) -> int:
        return self._file.fileno()

    def _try(self, operation: Callable[[], object]) -> None:
        if self._gone:
            return
        try:
            operation()
        except OSError:  # hung up; SIGHUP ends the app
            self._gone = True
            # What is still buffered would fail once more at the interpreter's end, and change the exit code.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._file.fileno())
            os.close(nowhere)


def can_be_resumed() -> bool:
    """Whether somebody could continue this process after it stopped: a shell with job control."""
    return os.getpgrp() != os.getsid(0)


class ExitSignals:
    """SIGHUP, SIGTERM and SIGINT end the app in order, and within EXIT_LIMIT in any case."""

    def __init__(self, leave: Callable[[int], object]) -> None:
        """leave: is called on the running loop with the exit code, 128 + the signal's number."""
        self._leave = leave
        self._loop = asyncio.get_running_loop()
        self._modes = _terminal_modes()
        self._before = {number: signal.signal(number, self._received) for number in _EXIT_SIGNALS}
        self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._give_up)
        self._exit_code = 1

    def restore(self) -> None:
        """Put back the handlers that were there before. Never raises."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _received(self, number: int, frame: FrameType | None) -> None:
        self._exit_code = 128 + number
        # A timer, not a thread: this runs between any two steps of the main thread.
        signal.setitimer(signal.ITIMER_REAL, EXIT_LIMIT)
        self._loop.call_soon_threadsafe(self._leave, self._exit_code)

    def _give_up(self, number: int, frame: FrameType | None) -> None:
        """The loop does not answer, or the terminal takes no output: end without it."""
        if self._modes is not None:
            _reset_terminal(self._modes)
        os._exit(self._exit_code)


_EXIT_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)


def _terminal_modes() -> list[Any] | None:
    """The modes of the terminal on standard input; None when it is not one."""
    try:
        return termios.tcgetattr(sys.__stdin__)  # type: ignore[arg-type]  # never closed here
    except termios.error:
        return None


def _reset_terminal(modes: list[Any]) -> None:
    fd = sys.__stdin__.fileno()  # type: ignore[union-attr]
    try:
        termios.tcsetattr(fd, termios.TCSANOW, modes)
        if select.select([], [fd], [], 0)[1]:
            os.write(fd, _LEAVE_SCREEN.encode())
    except (OSError, termios.error):
        return  # the terminal has gone
