"""Nothing outlives us: not after kill -9 of us or of the supervisor, not by leaving the group."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

US = """
import asyncio, sys
from pathlib import Path
from vibe_tui.services.process import base_environment, spawn

async def main():
    argv = [sys.executable, "-S", "-c", sys.argv[1]]
    running = await spawn(argv, cwd=Path.cwd(), env=base_environment(), on_line=print)
    await running.wait()

asyncio.run(main())
"""
SETUP = """
import os, signal, time
def note(name):
    with open(name + ".new", "w") as file: file.write(str(os.getpid()))
    os.rename(name + ".new", name)
def stay():
    while True: time.sleep(60)
def ignore(*signals):
    for number in signals: signal.signal(number, signal.SIG_IGN)
def leave_the_group():
    if os.fork() == 0:
        os.setsid()
        if os.fork(): os._exit(0)
        note("two"); stay()
"""
IN_THE_GROUP = {
    "plain": "note('one'); stay()",
    "ignores TERM": "ignore(signal.SIGTERM); note('one'); stay()",
    "has a child that ignores everything": (
        "ignore(signal.SIGTERM, signal.SIGHUP, signal.SIGINT)\nnote('one' if os.fork() else 'two'); stay()"
    ),
    "its child lives on": "if os.fork(): time.sleep(0.2); os._exit(0)\nnote('one'); stay()",
}
OUTSIDE = {
    "left the group": "leave_the_group(); note('one'); stay()",
    "left the group, ignores TERM": "ignore(signal.SIGTERM); leave_the_group(); note('one'); stay()",
}
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has child subreapers")


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def parent(pid: int) -> int:
    return int(subprocess.check_output(["ps", "-o", "ppid=", "-p", str(pid)]))


@contextlib.contextmanager
def command(folder: Path, script: str) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """Us, running `script`; and the ids of the processes it is made of."""
    us = subprocess.Popen([sys.executable, "-c", US, SETUP + script], cwd=folder, start_new_session=True)
    names = ["one", "two"] if "two" in script or "leave" in script else ["one"]
    try:
        assert within(15, lambda: all((folder / name).exists() for name in names))
        yield us, [int((folder / name).read_text()) for name in names]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(us.pid, signal.SIGKILL)
        us.wait()


@pytest.mark.parametrize("script", IN_THE_GROUP.values(), ids=IN_THE_GROUP)
def test_kill_9_of_us_leaves_nothing(tmp_path: Path, script: str) -> None:
    with command(tmp_path, script) as (us, pids):
        us.kill()
        us.wait()
        assert within(6, lambda: all(map(gone, pids)))


@linux_only
@pytest.mark.parametrize("script", OUTSIDE.values(), ids=OUTSIDE)
def test_kill_9_of_us_ends_what_left_the_group(tmp_path: Path, script: str) -> None:
    with command(tmp_path, script) as (us, pids):
        us.kill()
        us.wait()
        assert within(8, lambda: all(map(gone, pids)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda n: n.name)
def test_a_signal_that_ends_us_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with command(tmp_path, IN_THE_GROUP["plain"]) as (us, pids):
        supervisor = parent(pids[0])
        us.send_signal(number)
        us.wait(10)
        assert within(6, lambda: gone(pids[0]) and gone(supervisor))


def test_kill_9_of_the_supervisor_ends_the_command(tmp_path: Path) -> None:
    with command(tmp_path, IN_THE_GROUP["ignores TERM"]) as (us, pids):
        os.kill(parent(pids[0]), signal.SIGKILL)
        assert us.wait(10) == 0
        assert within(5, lambda: gone(pids[0]))


def test_twenty_kills_at_any_moment_of_the_start_leave_nothing(tmp_path: Path) -> None:
    """Also before the supervisor knows the command, and before the command is in its own group."""
    marker = f"vibe-tui-marker-{os.getpid()}"
    script = f"{SETUP}# {marker}\nstay()"
    for attempt in range(20):
        us = subprocess.Popen([sys.executable, "-c", US, script], cwd=tmp_path, start_new_session=True)
        time.sleep(0.05 + attempt * 0.015)  # the moment is what varies here, not a state to wait for
        us.kill()
        us.wait()
    assert within(10, lambda: marker not in subprocess.check_output(["ps", "-axo", "args"], text=True))
