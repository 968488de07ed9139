"""The emulator as a process of its own: one per folder, found through files, ended by itself or by us."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from http.client import HTTPConnection
from pathlib import Path

import pytest
from process_table import is_alive

from vibe_tui.services.convex import emulator_lease, local_emulator
from vibe_tui.services.convex.local_emulator import EmulatorFailed, EmulatorInfo, EmulatorLease
from vibe_tui.services.errors import VibeError


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    folder = tmp_path / "state" / "emulator"
    yield folder
    await local_emulator.stop(folder)


async def start(folder: Path) -> EmulatorInfo:
    return await local_emulator.ensure(folder, node="node", toolchain=folder)


async def until(condition: Callable[[], bool], limit: float = 10) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def everything_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


def is_locked(folder: Path) -> bool:
    return emulator_lease.is_held(folder / "emulator.lock")


async def test_started_found_and_stopped(folder: Path) -> None:
    assert local_emulator.running(folder) is None
    info = await start(folder)
    assert is_alive(info.pid)
    assert info.pid != os.getpid()
    assert os.getsid(info.pid) != os.getsid(0)
    assert local_emulator.running(folder) == info
    assert info.client_secret.reveal() not in repr(info)
    connection = HTTPConnection("127.0.0.1", info.port, timeout=5)
    connection.request("GET", "/")
    assert b"Emulated Convex on this computer" in connection.getresponse().read()
    connection.close()
    assert (await start(folder)).pid == info.pid
    started = time.monotonic()
    assert await local_emulator.stop(folder)
    assert time.monotonic() - started < 5
    assert not (folder / "emulator.json").exists()
    assert not is_alive(info.pid)
    assert local_emulator.running(folder) is None
    assert not await local_emulator.stop(folder)


async def test_everything_in_its_folder_is_private(folder: Path) -> None:
    await start(folder)
    for path in (folder, *everything_in(folder)):
        allowed = 0o700 if path.is_dir() else 0o600
        assert path.stat().st_mode & 0o777 == allowed, path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_signals_end_it_cleanly(folder: Path, number: signal.Signals) -> None:
    info = await start(folder)
    os.kill(info.pid, number)
    await until(lambda: not is_locked(folder), limit=5)
    assert not (folder / "emulator.json").exists()
    assert "asked to" in (folder / "emulator.log").read_text()


async def test_the_port_is_kept_unless_it_is_busy(folder: Path) -> None:
    first = await start(folder)
    await local_emulator.stop(folder)
    second = await start(folder)
    assert second.port == first.port
    assert second.client_secret != first.client_secret
    await local_emulator.stop(folder)
    busy = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", first.port)
    third = await start(folder)
    assert third.port != first.port
    busy.close()


async def test_a_killed_one_leaves_nothing_that_misleads(folder: Path) -> None:
    info = await start(folder)
    (folder / ".state.json.abc.tmp").write_text("left over")
    os.kill(info.pid, signal.SIGKILL)
    await until(lambda: not is_locked(folder))
    assert (folder / "emulator.json").exists()
    assert local_emulator.running(folder) is None
    again = await start(folder)
    assert again.pid != info.pid
    assert not [path for path in everything_in(folder) if path.suffix == ".tmp"]


STARTER = """
import asyncio, sys
from pathlib import Path
from vibe_tui.services.convex import local_emulator
folder = Path(sys.argv[1])
print(asyncio.run(local_emulator.ensure(folder, node="node", toolchain=folder)).pid)
"""


async def test_two_starters_get_one_emulator(folder: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(folder)]
    starters = [
        await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    outputs = [await starter.communicate() for starter in starters]
    assert [starter.returncode for starter in starters] == [0, 0], outputs
    info = local_emulator.running(folder)
    assert info is not None
    assert [int(stdout) for stdout, _ in outputs] == [info.pid, info.pid]


async def test_two_in_one_process_get_one_emulator(folder: Path) -> None:
    first, second = await asyncio.gather(start(folder), start(folder))
    assert first == second


async def test_a_second_serve_on_the_folder_says_so(folder: Path) -> None:
    await start(folder)
    for foreground in (True, False):
        command = local_emulator.command(folder, node="node", toolchain=folder, foreground=foreground)
        ended = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=20)
        assert ended.returncode == 3
        assert ended.stderr.strip() == f"An emulator already runs on {folder}."


async def test_in_the_foreground_it_says_where_and_ends_with_ctrl_c(folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *local_emulator.command(folder, node="node", toolchain=folder, foreground=True),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=local_emulator.environment(),
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 15)
    info = local_emulator.running(folder)
    assert info is not None
    assert line.decode() == f"Emulated Convex: {info.host}\n"
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 5) == 0


def damage(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "state.json").write_text("{")


async def test_a_damaged_state_is_reported_and_kept(folder: Path) -> None:
    damage(folder)
    with pytest.raises(EmulatorFailed, match=r"state\.json cannot be read") as failure:
        await start(folder)
    assert "doctor" in failure.value.next_step
    assert (folder / "state.json").read_text() == "{"
    assert "state.json cannot be read" in (folder / "emulator.log").read_text()
    assert not is_locked(folder)


async def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmulatorFailed, match="cannot be made"):
        await start(tmp_path / "file" / "emulator")
    with pytest.raises(VibeError, match="cannot be written"), EmulatorLease(tmp_path / "file"):
        pass


async def test_it_is_given_little_of_our_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "not for the emulator")
    monkeypatch.setenv("LC_TIME", "C")
    assert "SOME_API_KEY" not in local_emulator.environment()
    assert local_emulator.environment()["LC_TIME"] == "C"


# --- leases ---------------------------------------------------------------------------------------------


def serve(folder: Path, *, idle: float) -> None:
    """Start one that ends after `idle` seconds without use."""
    command = local_emulator.command(folder, node="node", toolchain=folder)
    subprocess.run([*command, "--idle-minutes", str(idle / 60)], check=True, timeout=20)


async def test_unused_it_ends_by_itself(folder: Path) -> None:
    await asyncio.to_thread(serve, folder, idle=0.3)
    await until(lambda: not is_locked(folder))
    assert not (folder / "emulator.json").exists()
    assert "nobody uses it" in (folder / "emulator.log").read_text()


async def test_a_lease_keeps_it_and_its_end_lets_it_go(folder: Path) -> None:
    with EmulatorLease(folder):
        assert len(list((folder / "leases").iterdir())) == 1
        await asyncio.to_thread(serve, folder, idle=0.3)
        # Five times the limit: it would have ended long before.
        for _ in range(15):
            await asyncio.sleep(0.1)
            assert is_locked(folder)
    assert list((folder / "leases").iterdir()) == []
    await until(lambda: not is_locked(folder))


HOLDER = """
import sys, time
from pathlib import Path
from vibe_tui.services.convex.local_emulator import EmulatorLease
with EmulatorLease(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


async def test_kill_9_of_the_holder_releases_its_lease(folder: Path) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(folder), stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    [lease] = (folder / "leases").iterdir()
    assert emulator_lease.is_held(lease)
    assert emulator_lease.others_hold(folder)
    await asyncio.to_thread(serve, folder, idle=0.3)
    holder.kill()
    await holder.wait()
    assert not emulator_lease.others_hold(folder)
    await until(lambda: not is_locked(folder))
    assert not lease.exists()


async def test_requests_count_as_use(folder: Path) -> None:
    await asyncio.to_thread(serve, folder, idle=0.6)
    info = local_emulator.running(folder)
    assert info is not None
    for _ in range(10):
        connection = HTTPConnection("127.0.0.1", info.port, timeout=2)
        await asyncio.to_thread(connection.request, "GET", "/version")
        assert connection.getresponse().status == 200
        connection.close()
        await asyncio.sleep(0.15)
    await until(lambda: not is_locked(folder))


async def test_our_own_lease_is_not_somebody_elses(folder: Path) -> None:
    with EmulatorLease(folder):
        assert not emulator_lease.others_hold(folder)


# --- versions -------------------------------------------------------------------------------------------


async def test_another_version_is_restarted_when_nobody_else_uses_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = await start(folder)
    monkeypatch.setattr(local_emulator, "__version__", "99.0.0")
    with EmulatorLease(folder):
        assert (await start(folder)).pid != old.pid
    assert not is_alive(old.pid)


async def test_another_version_in_use_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = await start(folder)
    monkeypatch.setattr(local_emulator, "__version__", "99.0.0")
    other = folder / "leases" / "1-other"
    descriptor = os.open(other, os.O_RDWR | os.O_CREAT, 0o600)
    with contextlib.closing(os.fdopen(descriptor)):
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert (await start(folder)).pid == old.pid
