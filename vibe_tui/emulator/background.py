"""Start the emulator detached, and return only when it answers or has failed."""

from __future__ import annotations

import os
import sys
import traceback
from typing import NoReturn

from vibe_tui.emulator.files import EmulatorFolder
from vibe_tui.emulator.process import CannotStart, Options, run

_READY = b"ready"


def start(options: Options) -> None:
    """Raises CannotStart with what the detached process reported, or with its log's last line."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()  # nothing has started a thread yet
    if child == 0:
        os.close(reading)
        _detached(options, _Report(writing))
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        report = pipe.read()
    if report == _READY:
        return
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    raise CannotStart(report.decode() or _last_line(options.folder), code if code > 0 else 1)


class _Report:
    """The child's end of the pipe: says one thing, once."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def say(self, what: bytes) -> None:
        if self._descriptor is not None:
            os.write(self._descriptor, what)
            os.close(self._descriptor)
            self._descriptor = None


def _detached(options: Options, report: _Report) -> NoReturn:
    """In the child: its own session, no terminal; the parent hears through the pipe how the start went."""
    code = 1
    try:
        os.setsid()
        _leave_terminal(options.folder)
        try:
            run(options, lambda port: report.say(_READY))
            code = 0
        except CannotStart as error:
            report.say(str(error).encode())
            code = error.exit_code
    except BaseException:
        traceback.print_exc()  # a defect; into the log
        raise
    finally:
        sys.stderr.flush()
        os._exit(code)  # never back into the parent's code


def _leave_terminal(folder: EmulatorFolder) -> None:
    """Standard input is empty; what would be printed goes to the log."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    try:
        folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = os.open(folder.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError:
        log = os.open(os.devnull, os.O_WRONLY)  # run() says what is wrong with the folder
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


def _last_line(folder: EmulatorFolder) -> str:
    try:
        lines = folder.log.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return next((line for line in reversed(lines) if line.strip()), "The emulator ended at once.")
