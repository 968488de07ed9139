"""Nothing that was acknowledged is lost, whoever is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import ClientSession

from tests.emulator.deployment.deployment_client import Client, until
from vibe_tui.emulator.deployment import Deployment


def children_of(pid: int) -> list[int]:
    """The Node children of a process, by asking ps, which Linux and macOS have."""
    listing = subprocess.run(
        ["ps", "-axwwo", "pid=,ppid=,command="], capture_output=True, text=True, check=True
    )
    rows = (line.split(maxsplit=2) for line in listing.stdout.splitlines())
    return [int(child) for child, parent, command in rows if int(parent) == pid and "executor.mjs" in command]


def has_ended(pid: int) -> bool:
    """Whether the process is gone, or a zombie nobody waits for."""
    state = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True)
    return state.stdout.strip()[:1] in ("", "Z")


def commands() -> str:
    return subprocess.run(["ps", "-axwwo", "command="], capture_output=True, text=True, check=True).stdout


@asynccontextmanager
async def serving(folder: Path, toolchain: Path, port: int = 0) -> AsyncIterator[tuple[int, str]]:
    """A deployment in another process: its pid and its URL. Killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("serve_deployment.py")),
        *(str(folder), str(toolchain), str(port), "0"),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            url = (await process.stdout.readline()).decode().split()[0]
        yield process.pid, url
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def send_until_gone(client: Client, sender: str) -> list[str]:
    """Send messages one after the other until the server is gone; the acknowledged ones."""
    acknowledged = []
    while True:
        body = f"{sender}-{len(acknowledged)}"
        try:
            await client.mutation("messages:send", author=sender, body=body)
        except (aiohttp.ClientError, AssertionError):
            return acknowledged
        acknowledged.append(body)


async def test_killing_the_server_loses_no_acknowledged_write(
    folder: Path, toolchain: Path, session: ClientSession
) -> None:
    acknowledged: list[str] = []
    ids: set[str] = set()
    for round_ in range(4):
        async with serving(folder, toolchain) as (pid, url):
            client = Client(session, url)
            stored = await client.query("messages:list")
            assert {message["body"] for message in stored} >= set(acknowledged)
            senders = [asyncio.create_task(send_until_gone(client, f"{round_}{s}")) for s in "abc"]

            async def some_arrived(client: Client = client, enough: int = len(stored) + 10 + round_) -> bool:
                return len(await client.query("messages:list")) > enough

            await until(some_arrived)
            os.kill(pid, signal.SIGKILL)
            for sender in senders:
                acknowledged += await sender
    async with serving(folder, toolchain) as (_, url):
        stored = await Client(session, url).query("messages:list")
        assert {message["body"] for message in stored} >= set(acknowledged)
        ids = {message["_id"] for message in stored}
        assert len(ids) == len(stored)
        assert len(acknowledged) > 40


async def test_the_child_dies_with_a_killed_server(
    folder: Path, toolchain: Path, session: ClientSession
) -> None:
    async with serving(folder, toolchain) as (pid, url):
        client = Client(session, url)
        await client.query("messages:list")
        [child] = children_of(pid)
        busy = asyncio.create_task(client.call("mutation", "messages:hang"))
        await asyncio.wait([busy], timeout=0.3)
        os.kill(pid, signal.SIGKILL)

        async def gone() -> bool:
            return has_ended(child)

        await until(gone)
        with pytest.raises(aiohttp.ClientError):
            await busy


async def test_killing_the_child_loses_nothing(client: Client, deployment: Deployment) -> None:
    acknowledged = []
    for number in range(5):
        await client.mutation("messages:send", author="a", body=str(number))
        acknowledged.append(str(number))
        [child] = children_of(os.getpid())
        os.kill(child, signal.SIGKILL)
    stored = [message["body"] for message in await client.query("messages:list")]
    assert stored == acknowledged


async def test_a_write_that_cannot_be_stored_is_not_acknowledged(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.mutation("messages:send", author="a", body="stored")
    real = os.fsync

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    answer = await client.call("mutation", "messages:send", author="a", body="not stored")
    assert "could not be stored (No space left on device)" in answer["errorMessage"]
    monkeypatch.setattr(os, "fsync", real)
    assert [message["body"] for message in await client.query("messages:list")] == ["stored"]
    await client.mutation("messages:send", author="a", body="again")
    assert len(await client.query("messages:list")) == 2


async def test_stopping_leaves_no_process(deployment: Deployment, client: Client) -> None:
    await client.query("messages:list")
    assert len(children_of(os.getpid())) == 1
    await deployment.stop()
    assert children_of(os.getpid()) == []


async def test_node_starts_only_when_it_is_needed(deployment: Deployment, client: Client) -> None:
    assert children_of(os.getpid()) == []
    await client.query("messages:list")
    assert len(children_of(os.getpid())) == 1


async def test_the_key_is_in_no_command_line(client: Client, admin: Client) -> None:
    await admin.set_variables(GREETING="a value nobody may see")
    await client.query("messages:variable")
    assert "executor.mjs" in commands()
    assert "not-a-secret" not in commands()
    assert "a value nobody may see" not in commands()


async def test_another_convex_test_is_noticed(folder: Path, tmp_path: Path, session: ClientSession) -> None:
    """The emulator relies on the inside of convex-test; it must not run on one it does not know."""
    from tests.emulator.deployment.deployment_client import open_deployment

    other = tmp_path / "toolchain" / "node_modules"
    for name in ("values", "server"):
        (other / "convex" / "dist" / "esm" / name).mkdir(parents=True)
        (other / "convex" / "dist" / "esm" / name / "index.js").write_text(
            "export const convexToJson = (v) => v;"
        )
    (other / "convex" / "package.json").write_text('{"type": "module"}')
    (other / "convex-test").mkdir()
    (other / "convex-test" / "package.json").write_text('{"type": "module", "main": "index.js"}')
    (other / "convex-test" / "index.js").write_text(
        "export const convexTest = () => ({ run: async (work) => await work() });"
    )
    deployment = open_deployment(folder, tmp_path / "toolchain")
    await deployment.start()
    try:
        answer = await Client(session, deployment.url).call("query", "messages:list")
        assert "The installed convex-test does not work with this emulator" in answer["errorMessage"]
        assert "reinstall the Convex toolchain" in answer["errorMessage"]
    finally:
        await deployment.stop()
