"""kill -9 at every request of connecting to the real emulator, then connecting again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from connecting_setup import App, Running
from fault_server import FaultServer, Phase, relay_to
from killed_runs import KILLED, KilledRuns, killed_runs

from vibe_tui.emulator.files import EmulatorFolder
from vibe_tui.emulator.server import Server
from vibe_tui.services.convex import leftovers
from vibe_tui.services.convex.management import ManagementApi
from vibe_tui.services.http_errors import SignedOut
from vibe_tui.services.model import Connected
from vibe_tui.services.secret import Secret

REDIRECT_PORTS = tuple(range(43110, 43118))
"""The ones that the emulator knows, as Convex would know those of the product."""


@dataclass
class World:
    root: Path
    relay: FaultServer
    runs: KilledRuns
    client_id: str
    client_secret: Secret

    def app(self, number: int) -> App:
        running = Running(self.relay.host, self.client_id, self.client_secret)
        return App(self.root / str(number), self.relay.host, running, REDIRECT_PORTS)


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(leftovers, "LOOKS", (0.0, 0.01, 0.01))
    folder = EmulatorFolder(tmp_path / "emulator")
    folder.make()
    emulator = Server(folder, node="node", toolchain=folder.root)
    await emulator.start()
    try:
        published = json.loads(folder.published.read_bytes())
        async with (
            relay_to(f"http://127.0.0.1:{emulator.port}") as relay,
            FaultServer(relay) as server,
            killed_runs() as runs,
        ):
            yield World(tmp_path, server, runs, published["client_id"], Secret(published["client_secret"]))
    finally:
        await emulator.stop()


async def test_connects_to_the_emulator_and_leaves_nothing_behind(world: World) -> None:
    app = world.app(0)
    connected = await app.connect()
    assert connected.narrow and connected.team == "personal"
    assert connected.url.startswith("http://127.0.0.1:") and connected.site_url.startswith(
        "http://127.0.0.1:"
    )
    token = app.credentials.get(f"project/{app.project.id}/oauth")
    assert token is not None
    steps = await app.provisioning().disconnect("delete-project", lambda _: None)
    assert [step for step in steps if not step.ok or step.reason] == []
    async with ManagementApi(world.relay.host, token) as api:
        with pytest.raises(SignedOut):
            await api.token_details()


@pytest.mark.parametrize("phase", ["before", "after"])
async def test_killed_at_any_request_connecting_again_finishes_it(world: World, phase: Phase) -> None:
    for number in range(1, 100):
        app = world.app(number)
        world.runs.kill_at(world.relay, number, phase)
        ended = await world.runs.run(app, "connect")
        world.runs.spare(world.relay)
        if ended == 0:
            break
        assert ended == KILLED
        connected = await app.connect()
        assert app.provisioning().connection() == connected
        await one_of_each(app, connected)
        # So that the next round starts with an empty team.
        steps = await app.provisioning().disconnect("delete-project", lambda _: None)
        assert all(step.ok for step in steps)
    assert number > 8


async def one_of_each(app: App, connected: Connected) -> None:
    token = app.credentials.get(f"project/{app.project.id}/oauth")
    assert token is not None
    async with ManagementApi(app.host, token) as api:
        assert [it.id async for it in api.list_projects(connected.team_id)] == [connected.project_id]
        assert await api.deploy_key_names(connected.deployment) == [connected.key_name]
        assert len(await api.access_token_names(connected.team_id)) == 1
