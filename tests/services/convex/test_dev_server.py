"""The dev server: one queue, no change lost, no push that triggers itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from vibe_tui.services.convex.dev_server import DevServer
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import DevServerState, Push, PushResult


async def until(condition: Callable[[], bool], limit: float = 40.0) -> None:
    async with asyncio.timeout(limit):
        while not condition():
            await asyncio.sleep(0.01)


class Pushes:
    """Stands where the Convex CLI would be: each push reads the tree, then ends when it is let."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: list[str] = []
        self.result: PushResult = "deployed"
        self.go = asyncio.Event()
        self.go.set()
        self.running = 0
        self.most_at_once = 0

    async def __call__(self) -> Push:
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            self.seen.append((self.folder / "convex/a.ts").read_text())
            (self.folder / "convex/_generated").mkdir(exist_ok=True)
            (self.folder / "convex/_generated/api.js").write_text(str(len(self.seen)))
            await self.go.wait()
        finally:
            self.running -= 1
        return Push(self.result, 0.1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex/a.ts").write_text("0")
    return tmp_path


@pytest.fixture
async def pushes(folder: Path) -> Pushes:
    return Pushes(folder)


@pytest.fixture
async def server(folder: Path, pushes: Pushes) -> AsyncIterator[DevServer]:
    server = DevServer(folder, pushes)
    yield server
    await server.stop()


async def test_start_pushes_and_runs(server: DevServer, pushes: Pushes) -> None:
    states: list[str] = []
    server.subscribe(lambda what: states.append(what.status) if isinstance(what, DevServerState) else None)
    push = await server.start()
    assert push.ok
    assert states == ["stopped", "starting", "pushing", "running"]


async def test_an_edit_deploys_by_itself_and_a_push_does_not_trigger_itself(
    server: DevServer, pushes: Pushes, folder: Path
) -> None:
    await server.start()
    (folder / "convex/a.ts").write_text("1")
    await until(lambda: pushes.seen == ["0", "1"] and server.state.status == "running")
    (folder / "convex/_generated/api.js").write_text("x")
    (folder / "convex/a.ts").write_text("1")  # same content: nothing to push
    (folder / "convex/a.ts").touch()
    (folder / "package.json").write_text("{}")  # this one counts, and shows that the others did not
    await until(lambda: len(pushes.seen) == 3 and server.state.status == "running")
    assert pushes.seen == ["0", "1", "1"]


async def test_changes_during_a_push_queue_exactly_one_more(
    server: DevServer, pushes: Pushes, folder: Path
) -> None:
    await server.start()
    pushes.go.clear()
    first = asyncio.create_task(server.push())
    await until(lambda: len(pushes.seen) == 2)
    later = [asyncio.create_task(server.push()) for _ in range(5)]
    (folder / "convex/a.ts").write_text("1")
    await asyncio.sleep(0)
    (folder / "convex/a.ts").write_text("2")
    pushes.go.set()
    await asyncio.gather(first, *later)
    assert pushes.seen == ["0", "0", "2"]
    assert pushes.most_at_once == 1


async def test_a_change_seen_only_by_the_watcher_during_a_push_is_not_lost(
    server: DevServer, pushes: Pushes, folder: Path
) -> None:
    await server.start()
    pushes.go.clear()
    (folder / "convex/a.ts").write_text("1")
    await until(lambda: pushes.seen[-1] == "1")
    (folder / "convex/a.ts").write_text("2")
    pushes.go.set()
    await until(lambda: pushes.seen[-1] == "2")


async def test_no_push_begins_while_the_queue_is_held(
    server: DevServer, pushes: Pushes, folder: Path
) -> None:
    await server.start()
    with server.hold():
        for content in "12345":
            (folder / "convex/a.ts").write_text(content)
        waiting = asyncio.create_task(server.push())
        await asyncio.sleep(0)
        assert pushes.seen == ["0"]
    await waiting
    assert pushes.seen == ["0", "5"]


async def test_convex_made_and_replaced_later_is_watched(tmp_path: Path) -> None:
    seen: list[bool] = []

    async def push() -> Push:
        seen.append((tmp_path / "convex/a.ts").exists())
        return Push("deployed", 0.1)

    server = DevServer(tmp_path, push)
    await server.start()
    try:
        (tmp_path / "convex").mkdir()
        (tmp_path / "convex/a.ts").write_text("1")
        await until(lambda: seen == [False, True])
        (tmp_path / "convex").rename(tmp_path / "old")
        await until(lambda: seen == [False, True, False])
    finally:
        await server.stop()


async def test_stop_ends_a_push_that_runs(server: DevServer, pushes: Pushes) -> None:
    pushes.go.clear()
    starting = asyncio.create_task(server.start())
    await until(lambda: pushes.running == 1)
    await server.stop()
    assert (await starting).result == "stopped"
    assert pushes.running == 0
    assert server.state.status == "stopped"


async def test_a_refused_push_is_failed_and_the_next_edit_tries_again(
    server: DevServer, pushes: Pushes, folder: Path
) -> None:
    pushes.result = "failed"
    assert (await server.start()).result == "failed"
    assert server.state.status == "failed"
    pushes.result = "deployed"
    (folder / "convex/a.ts").write_text("1")
    await until(lambda: server.state.status == "running")


async def test_an_unreachable_deployment_is_tried_again(server: DevServer, pushes: Pushes) -> None:
    pushes.result = "unreachable"
    await server.start()
    assert server.state.status == "unreachable"
    pushes.result = "deployed"
    await until(lambda: server.state.status == "running")


async def test_an_expected_error_reaches_the_caller_and_the_state(folder: Path) -> None:
    async def refuse() -> Push:
        raise VibeError("Node.js was not found.", next_step="Install it.")

    server = DevServer(folder, refuse)
    with pytest.raises(VibeError, match=r"Node\.js"):
        await server.start()
    assert server.state.last_push is not None
    assert server.state.last_push.reason == "Node.js was not found. Install it."
    assert server.state.status == "failed"
    await server.stop()
