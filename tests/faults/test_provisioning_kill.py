"""kill -9 at every step of connecting and disconnecting, then the same command again.

Afterwards there is one project and one live key, or none of either.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from connecting_setup import App
from fake_platform import CLIENT_ID, CLIENT_SECRET, FakePlatform
from fault_server import FaultServer, Phase, Request

from vibe_tui.services.convex import leftovers
from vibe_tui.services.model import Connected, NotConnected

KILLED = -signal.SIGKILL


class Nursery:
    """Runs one connect or disconnect at a time in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.running: int | None = None
        self.client = (CLIENT_ID, CLIENT_SECRET)

    async def run(self, app: App, do: str, *, kill_at_write: tuple[int, str] | None = None) -> int:
        """The exit code, negative after a signal."""
        assert self._process.stdin is not None and self._process.stdout is not None
        order = {
            "do": do,
            "root": str(app.root),
            "host": app.host,
            "client_id": self.client[0],
            "client_secret": self.client[1],
            "kill_at_write": kill_at_write,
        }
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self.running = int(await self._process.stdout.readline())
        try:
            return int(await self._process.stdout.readline())
        finally:
            self.running = None

    def kill(self) -> None:
        assert self.running is not None
        os.kill(self.running, signal.SIGKILL)


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    script = Path(__file__).with_name("provisioning_nursery.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Nursery(process)
    finally:
        process.kill()
        await process.wait()


class World:
    """A platform behind a server that kills its client at chosen requests."""

    def __init__(self, root: Path, fake: FakePlatform, server: FaultServer, runs: Nursery) -> None:
        self._root = root
        self._numbers: Iterator[int] = iter(range(10_000))
        self.fake = fake
        self.server = server
        self.runs = runs

    def app(self) -> App:
        """A new app on an empty platform."""
        fresh = FakePlatform(host=self.server.host)
        self.fake.__dict__.update(fresh.__dict__)
        return App(self._root / str(next(self._numbers)), self.server.host)

    def kill_at(self, number: int, phase: Phase) -> None:
        """Kill the client before or after its number-th request from now on is handled."""
        seen = 0

        async def watch(now: Phase, _request: Request) -> None:
            nonlocal seen
            seen += now == "before"
            if (seen, now) == (number, phase):
                self.runs.kill()

        self.server.watch = watch

    def spare(self) -> None:
        self.server.watch = None

    def connected(self, app: App) -> bool:
        connection = app.provisioning().connection()
        return (
            isinstance(connection, Connected)
            and [connection.project_id] == list(self.fake.projects)
            and [connection.key_name] == self.fake.live_keys
            and len(self.fake.team_tokens) == 1
            and app.provisioning().deploy_key().reveal() == self.fake.keys[0]["value"]
        )

    def untouched(self, app: App) -> bool:
        """Nothing is left, here or at the platform."""
        return (
            isinstance(app.provisioning().connection(), NotConnected)
            and app.secrets() == []
            and (self.fake.projects, self.fake.keys, self.fake.tokens) == ({}, [], [])
        )


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(leftovers, "LOOKS", (0.0, 0.01, 0.01))
    fake = FakePlatform()
    async with FaultServer(fake) as server, nursery() as runs:
        yield World(tmp_path, fake, server, runs)


@pytest.mark.parametrize("phase", ["before", "after"])
async def test_killed_at_any_request_connecting_again_finishes_it(world: World, phase: Phase) -> None:
    for number in range(1, 100):
        app = world.app()
        world.kill_at(number, phase)
        ended = await world.runs.run(app, "connect")
        world.spare()
        if ended == 0:
            break
        assert ended == KILLED
        await app.connect()
        assert world.connected(app), f"after a kill {phase} request {number}"
    assert number > 9  # there are that many steps to be killed at


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_at_any_write_connecting_again_finishes_it(world: World, when: str) -> None:
    for number in range(1, 100):
        app = world.app()
        ended = await world.runs.run(app, "connect", kill_at_write=(number, when))
        if ended == 0:
            break
        assert ended == KILLED
        await app.connect()
        assert world.connected(app), f"after a kill {when} write {number}"
    assert number > 9


@pytest.mark.parametrize("seed", range(6))
async def test_killed_again_and_again_it_ends_with_one_of_each(world: World, seed: int) -> None:
    chance = random.Random(seed)
    app = world.app()
    for _ in range(8):
        world.kill_at(chance.randint(1, 12), chance.choice(["before", "after"]))
        if await world.runs.run(app, "connect") == 0:
            break
    world.spare()
    await app.connect()
    assert world.connected(app)


@pytest.mark.parametrize("phase", ["before", "after"])
async def test_killed_at_any_request_disconnecting_again_finishes_it(world: World, phase: Phase) -> None:
    for number in range(1, 100):
        app = world.app()
        await app.connect()
        world.kill_at(number, phase)
        ended = await world.runs.run(app, "delete-project")
        world.spare()
        if ended == 0:
            break
        assert ended == KILLED
        steps = await app.provisioning().disconnect("delete-project", lambda _: None)
        assert all(step.ok for step in steps)
        assert world.untouched(app), f"after a kill {phase} request {number}"
    assert number > 4


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_at_any_write_disconnecting_again_finishes_it(world: World, when: str) -> None:
    for number in range(1, 100):
        app = world.app()
        await app.connect()
        ended = await world.runs.run(app, "delete-project", kill_at_write=(number, when))
        if ended == 0:
            break
        assert ended == KILLED
        steps = await app.provisioning().disconnect("delete-project", lambda _: None)
        assert all(step.ok for step in steps)
        assert world.untouched(app), f"after a kill {when} write {number}"
    assert number > 4


async def test_killed_while_connecting_it_can_be_taken_back(world: World) -> None:
    for number in range(1, 100):
        app = world.app()
        world.kill_at(number, "after")
        ended = await world.runs.run(app, "connect")
        world.spare()
        if ended == 0:
            break
        await app.provisioning().disconnect("delete-project", lambda _: None)
        # A sign-in whose token never reached us cannot be taken back; it holds no key.
        assert (world.fake.projects, world.fake.keys, world.fake.team_tokens) == ({}, [], [])
        assert app.secrets() == []
