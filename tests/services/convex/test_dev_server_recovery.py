"""The dev server while its deployment comes and goes, and while the machine sleeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fault_server import FaultServer, Request, Response, json_response

from vibe_tui.services.convex import heartbeat
from vibe_tui.services.convex.dev_server import DevServer
from vibe_tui.services.convex.reachability import Pulse, answers
from vibe_tui.services.model import Push


async def until(condition: Callable[[], bool], limit: float = 20.0) -> None:
    async with asyncio.timeout(limit):
        while not condition():
            await asyncio.sleep(0.01)


@dataclass
class Deployment:
    """What the dev server feels and pushes to; a push that finds nobody is unreachable, as with the CLI."""

    folder: Path
    pulse: Pulse = "answers"
    hears: bool = True
    """Whether a push arrives."""
    pushed: list[str] = field(default_factory=list)
    tries: int = 0
    hangs: asyncio.Event = field(default_factory=asyncio.Event)
    asleep: float = 0.0
    """Seconds that only the time of day knows of."""

    felt: list[Pulse] = field(default_factory=list)
    flaps: bool = False
    """Whether every second look finds it silent."""

    async def feel(self) -> Pulse:
        lost = self.flaps and len(self.felt) % 2
        self.felt.append("silent" if lost else self.pulse)
        return self.felt[-1]

    async def push(self) -> Push:
        self.tries += 1
        code = (self.folder / "convex/a.ts").read_text()
        await self.hangs.wait()
        if not self.hears:
            return Push("unreachable", 0.1, reason="The Convex deployment does not answer.")
        self.pushed.append(code)
        self.pulse = "answers"
        return Push("deployed", 0.1)

    def wall(self) -> float:
        return time.time() + self.asleep


@pytest.fixture
async def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.setattr(heartbeat, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(heartbeat, "REST_SECONDS", 0.1)
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex/a.ts").write_text("0")
    deployment = Deployment(tmp_path)
    deployment.hangs.set()
    return deployment


@pytest.fixture
async def server(deployment: Deployment) -> AsyncIterator[DevServer]:
    server = DevServer(deployment.folder, deployment.push, deployment.feel, wall=deployment.wall)
    await server.start()
    yield server
    await server.stop()


async def test_a_deployment_that_falls_silent_is_told_without_a_push(
    server: DevServer, deployment: Deployment
) -> None:
    deployment.pulse = "silent"
    await until(lambda: server.state.status == "unreachable")
    assert deployment.tries == 1
    deployment.pulse = "answers"
    await until(lambda: server.state.status == "running")
    assert deployment.tries == 2


async def test_a_change_made_meanwhile_is_deployed_when_it_answers_again(
    server: DevServer, deployment: Deployment
) -> None:
    deployment.pulse, deployment.hears = "silent", False
    (deployment.folder / "convex/a.ts").write_text("1")
    await until(lambda: server.state.status == "unreachable" and deployment.tries > 1)
    tries = deployment.tries
    (deployment.folder / "convex/a.ts").write_text("2")
    deployment.pulse, deployment.hears = "answers", True
    began = time.monotonic()
    await until(lambda: server.state.status == "running")
    assert deployment.pushed[-1] == "2"
    assert time.monotonic() - began < 1.0, "the wait of an earlier try was sat out"
    assert deployment.tries <= tries + 2


async def test_tries_never_end_and_come_less_often_while_it_only_seems_to_answer(
    server: DevServer, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vibe_tui.services.convex.dev_server.RETRY_SECONDS", (0.05, 0.2))
    deployment.hears = False
    await server.push()
    began, before = time.monotonic(), deployment.tries
    await until(lambda: deployment.tries >= before + 4)
    assert time.monotonic() - began > 0.6
    deployment.hears = True
    await until(lambda: server.state.status == "running")


async def test_one_that_ended_or_moved_is_pushed_to_at_once(
    server: DevServer, deployment: Deployment
) -> None:
    deployment.pulse = "gone"
    await until(lambda: deployment.tries == 2 and server.state.status == "running")


async def test_a_single_lost_request_is_no_alarm(server: DevServer, deployment: Deployment) -> None:
    states: list[str] = []
    server.subscribe(lambda what: states.append(getattr(what, "status", "")))
    deployment.flaps = True
    await until(lambda: deployment.felt.count("silent") >= 3)
    assert "unreachable" not in states


async def test_a_push_that_the_machine_slept_through_begins_anew(
    server: DevServer, deployment: Deployment
) -> None:
    deployment.hangs.clear()
    pushing = asyncio.create_task(server.push())
    await until(lambda: deployment.tries == 2)
    deployment.asleep = 3600
    await until(lambda: deployment.tries == 3)
    deployment.hangs.set()
    assert (await pushing).ok
    assert server.state.status == "running"


async def test_after_a_sleep_the_deployment_is_felt_and_the_tree_looked_at(
    server: DevServer, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "REST_SECONDS", 1000)
    looks = len(deployment.felt)
    await until(lambda: len(deployment.felt) > looks)  # from now on it rests
    deployment.pulse = "silent"
    deployment.asleep = 3600
    await until(lambda: server.state.status == "unreachable")
    deployment.pulse = "answers"
    await until(lambda: server.state.status == "running")


async def test_what_counts_as_an_answer() -> None:
    status = [200]

    async def answer(_request: Request) -> Response:
        return json_response({}, status[0])

    async with FaultServer(answer) as server:
        for code, counts in ((200, True), (404, True), (500, True), (502, False), (503, False)):
            status[0] = code
            assert await answers(server.host) is counts
        assert await answers(server.host, "http://127.0.0.1:9") is False
    assert await answers(server.host) is False
