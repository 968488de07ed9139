"""Convex's local backend in the background, with a stand-in for the program itself."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from local_backend_stand_in import install
from process_table import is_alive

from vibe_tui.services.convex.key_check import key_problem
from vibe_tui.services.convex.local_backend_binary import (
    NAME,
    LocalBackendFailed,
    LocalBackendMissing,
    find_binary,
)
from vibe_tui.services.convex.local_backend_host import LocalBackend, LocalBackendHost
from vibe_tui.services.convex.reachability import answers
from vibe_tui.services.credentials import Credentials
from vibe_tui.services.paths import Home

ID = "0123456789ab"


def environ(tmp_path: Path) -> dict[str, str]:
    return {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "HOME": str(tmp_path / "user")}


def host_of(tmp_path: Path, idle_limit: float = 600) -> LocalBackendHost:
    home = Home(tmp_path / "home")
    return LocalBackendHost(home, ID, Credentials(home, "file"), environ(tmp_path), idle_limit=idle_limit)


@pytest.fixture
async def host(tmp_path: Path, toolchain: Path) -> AsyncIterator[LocalBackendHost]:
    install(tmp_path / "bin", toolchain)
    host = host_of(tmp_path)
    yield host
    await host.stop()


async def until(condition: Callable[[], bool], limit: float = 10) -> None:
    async with asyncio.timeout(limit):
        while not condition():
            await asyncio.sleep(0.02)


async def test_it_starts_answers_its_key_and_is_started_once(host: LocalBackendHost, tmp_path: Path) -> None:
    assert host.running() is None
    first, second = await asyncio.gather(host.ensure(), host_of(tmp_path).ensure())
    assert first == second == host.running()
    key = await host.admin_key()
    assert key.reveal().startswith(f"{host.instance}|")
    assert await key_problem(first.url, key) is None
    assert os.getsid(first.pid) != os.getsid(0)
    folder = tmp_path / "home" / "projects" / ID / "local-backend"
    secret = Credentials(Home(tmp_path / "home"), "file").get(f"project/{ID}/instance-secret")
    assert secret is not None
    await until(lambda: "Listening" in (folder / "backend.log").read_text())
    for file in (it for it in folder.rglob("*") if it.is_file() and it.suffix != ".sock"):
        assert secret.reveal().encode() not in file.read_bytes(), file


async def test_it_stops_and_comes_back_with_its_ports_key_and_data(host: LocalBackendHost) -> None:
    first, key = await host.ensure(), await host.admin_key()
    assert await host.stop()
    assert not await answers(first.url)
    assert not await host.stop()
    again = await host.ensure()
    assert (again.port, again.site_port) == (first.port, first.site_port)
    assert again.pid != first.pid
    assert await host.admin_key() == key
    await host.stop()
    with socket.create_server(("127.0.0.1", first.port)):
        assert (await host.ensure()).port != first.port


async def test_a_killed_keeper_takes_the_backend_with_it(host: LocalBackendHost) -> None:
    first = await host.ensure()
    os.kill(first.pid, signal.SIGKILL)
    await until(lambda: not is_alive(first.pid))
    assert host.running() is None
    async with asyncio.timeout(10):
        while await answers(first.url):
            await asyncio.sleep(0.05)
    assert (await host.ensure()).pid != first.pid


async def test_it_ends_when_nobody_uses_it(host: LocalBackendHost, tmp_path: Path) -> None:
    short = host_of(tmp_path, idle_limit=0.3)
    running: LocalBackend | None
    with short.lease():
        running = await short.ensure()
        # Leases of this very process count: the keeper is another one.
        await asyncio.sleep(0)
        end = time.monotonic() + 1.0
        await until(lambda: time.monotonic() > end)
        assert is_alive(running.pid)
    await until(lambda: not is_alive(running.pid))
    assert short.running() is None


async def test_deleting_takes_its_data(host: LocalBackendHost, tmp_path: Path) -> None:
    await host.ensure()
    await host.delete()
    assert not (tmp_path / "home" / "projects" / ID / "local-backend").exists()
    await host.delete()


async def test_a_program_that_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    program = tmp_path / "bin" / NAME
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho \"error: unrecognized subcommand 'keygen'\" >&2\nexit 2\n")
    program.chmod(0o755)
    host = host_of(tmp_path)
    with pytest.raises(LocalBackendFailed, match="unrecognized subcommand"):
        await host.ensure()
    with pytest.raises(LocalBackendFailed, match="unrecognized subcommand") as failed:
        await host.admin_key()
    assert "keygen" in failed.value.next_step


async def test_where_the_program_is_looked_for(tmp_path: Path) -> None:
    host = host_of(tmp_path)
    with pytest.raises(LocalBackendMissing) as missing:
        await host.ensure()
    assert "github.com/get-convex/convex-backend" in missing.value.next_step
    cache = tmp_path / "user" / ".cache" / "convex" / "binaries"
    for version in ("precompiled-2026-01-05-abc", "precompiled-2026-08-01-def", "not-a-version"):
        (cache / version).mkdir(parents=True)
        (cache / version / NAME).touch(mode=0o755)
    (cache / "precompiled-2027-01-01-half").mkdir()
    newest = cache / "precompiled-2026-08-01-def" / NAME
    assert find_binary(environ(tmp_path)) == newest
    on_path = tmp_path / "bin" / NAME
    on_path.parent.mkdir()
    on_path.touch(mode=0o755)
    assert find_binary(environ(tmp_path)) == on_path
