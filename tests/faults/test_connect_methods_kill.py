"""kill -9 while connecting with the user's own token and to a project that was there before.

Afterwards there is one key of ours; the user's token, project and deployment are as they were.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from connecting_setup import App
from fake_platform import FakePlatform
from fault_server import FaultServer, Phase
from killed_runs import KILLED, KilledRuns, killed_runs

from vibe_tui.services.convex import leftovers
from vibe_tui.services.model import Connected, NotConnected

ATTACH = {"attach": "bakery"}


class World:
    def __init__(self, root: Path, fake: FakePlatform, server: FaultServer, runs: KilledRuns) -> None:
        self._root = root
        self.fake = fake
        self.server = server
        self.runs = runs

    def app(self, number: int, wants: dict[str, str]) -> App:
        """A new app, on a platform with one project of the user's and one token."""
        self.fake.__dict__.update(FakePlatform(host=self.server.host).__dict__)
        self.fake.has_project("Bakery")
        app = App(self._root / str(number), self.server.host, wants=wants)
        return replace(app, token=self.fake.has_token("team"))

    def connected(self, app: App) -> bool:
        connection = app.provisioning().connection()
        return (
            isinstance(connection, Connected)
            and len(self.fake.projects) == (1 if app.wants else 2)
            and [connection.key_name] == self.fake.live_keys
            and [app.token] == [token["value"] for token in self.fake.tokens]
            and len(self.fake.deployments) == 1
            and app.provisioning().deploy_key().reveal() == self.fake.keys[0]["value"]
        )

    def untouched(self, app: App) -> bool:
        return (
            isinstance(app.provisioning().connection(), NotConnected)
            and app.secrets() == []
            and self.fake.keys == []
            and [app.token] == [token["value"] for token in self.fake.tokens]
        )


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(leftovers, "LOOKS", (0.0, 0.01, 0.01))
    fake = FakePlatform()
    async with FaultServer(fake) as server, killed_runs() as runs:
        yield World(tmp_path, fake, server, runs)


@pytest.mark.parametrize("wants", [{}, ATTACH], ids=["new", "attach"])
@pytest.mark.parametrize("phase", ["before", "after"])
async def test_killed_at_any_request_connecting_again_finishes_it(
    world: World, phase: Phase, wants: dict[str, str]
) -> None:
    for number in range(1, 100):
        app = world.app(number, wants)
        world.runs.kill_at(world.server, number, phase)
        ended = await world.runs.run(app, "connect")
        world.runs.spare(world.server)
        if ended == 0:
            break
        assert ended == KILLED
        await app.connect()
        assert world.connected(app), f"after a kill {phase} request {number}"
    assert number > 5


@pytest.mark.parametrize("wants", [{}, ATTACH], ids=["new", "attach"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_at_any_write_connecting_again_finishes_it(
    world: World, when: str, wants: dict[str, str]
) -> None:
    for number in range(1, 100):
        app = world.app(number, wants)
        ended = await world.runs.run(app, "connect", kill_at_write=(number, when))
        if ended == 0:
            break
        assert ended == KILLED
        await app.connect()
        assert world.connected(app), f"after a kill {when} write {number}"
    assert number > 7


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_at_any_write_revoking_again_leaves_what_was_there(world: World, when: str) -> None:
    for number in range(1, 100):
        app = world.app(number, ATTACH)
        await app.connect()
        ended = await world.runs.run(app, "revoke", kill_at_write=(number, when))
        if ended == 0:
            break
        assert ended == KILLED
        await app.provisioning().disconnect("revoke", lambda _: None)
        assert world.untouched(app), f"after a kill {when} write {number}"
        assert len(world.fake.projects) == 1
    assert number > 3
