"""kill -9 at every step of connecting and disconnecting, then the same command again.

Afterwards there is one project and one live key, or none of either.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from connecting_setup import App
from fake_platform import FakePlatform
from fault_server import FaultServer, Phase
from killed_runs import KILLED, KilledRuns, killed_runs

from vibe_tui.services.convex import leftovers
from vibe_tui.services.model import Connected, NotConnected


class World:
    """A platform behind a server that kills its client at chosen requests."""

    def __init__(self, root: Path, fake: FakePlatform, server: FaultServer, runs: KilledRuns) -> None:
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
    async with FaultServer(fake) as server, killed_runs() as runs:
        yield World(tmp_path, fake, server, runs)


@pytest.mark.parametrize("phase", ["before", "after"])
async def test_killed_at_any_request_connecting_again_finishes_it(world: World, phase: Phase) -> None:
    for number in range(1, 100):
        app = world.app()
        world.runs.kill_at(world.server, number, phase)
        ended = await world.runs.run(app, "connect")
        world.runs.spare(world.server)
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
        world.runs.kill_at(world.server, chance.randint(1, 12), chance.choice(["before", "after"]))
        if await world.runs.run(app, "connect") == 0:
            break
    world.runs.spare(world.server)
    await app.connect()
    assert world.connected(app)


@pytest.mark.parametrize("phase", ["before", "after"])
async def test_killed_at_any_request_disconnecting_again_finishes_it(world: World, phase: Phase) -> None:
    for number in range(1, 100):
        app = world.app()
        await app.connect()
        world.runs.kill_at(world.server, number, phase)
        ended = await world.runs.run(app, "delete-project")
        world.runs.spare(world.server)
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
        world.runs.kill_at(world.server, number, "after")
        ended = await world.runs.run(app, "connect")
        world.runs.spare(world.server)
        if ended == 0:
            break
        await app.provisioning().disconnect("delete-project", lambda _: None)
        # A sign-in whose token never reached us cannot be taken back; it holds no key.
        assert (world.fake.projects, world.fake.keys, world.fake.team_tokens) == ({}, [], [])
        assert app.secrets() == []
