"""A turn that is stopped: files are whole, nothing goes on, and the next turn can begin."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.model_server import Call, ModelServer, endless, held, says
from tests.services.assistant.model_project import SCHEMA, ModelProject, is_whole
from vibe_tui.services.assistant.events import Deploying, FileWritten, TextPiece, ToolStarted, TurnEnded
from vibe_tui.services.assistant.ports import ToolRequest
from vibe_tui.services.model import Push


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def stopped(project: ModelProject, turn: asyncio.Task[TurnEnded]) -> None:
    """Stop the turn, then have another one, of which the server must be able to make sense."""
    turn.cancel()
    await asyncio.wait({turn}, timeout=10)
    assert turn.cancelled()
    assert not project.chat.state.busy
    project.server.script[:] = [says("Here I am.")]
    assert (await project.ask("And now?")).outcome == "done"
    messages = project.server.requests[-1].messages
    assert is_whole(messages)
    assert messages[-1]["content"] == "And now?"
    assert messages[-2]["role"] in ("assistant", "system")


async def test_while_the_model_speaks(tmp_path: Path) -> None:
    with ModelServer(endless()) as server:
        project = ModelProject(tmp_path, server)
        turn = project.start()
        await until(lambda: len(project.seen(TextPiece)) > 3)
        await stopped(project, turn)
        assert "again again" in server.requests[-1].messages[-2]["content"]
        await until(lambda: server.left_early == 1)


async def test_before_the_model_speaks(tmp_path: Path) -> None:
    gate = threading.Event()
    with ModelServer(held(says("Hello."), gate)) as server:
        project = ModelProject(tmp_path, server)
        turn = project.start()
        await until(lambda: len(server.requests) == 1)
        await stopped(project, turn)
        gate.set()


async def test_in_the_middle_of_a_call_that_is_being_written(tmp_path: Path) -> None:
    gate = threading.Event()
    call = Call("write_file", path="convex/a.ts", content="x\n" * 200)
    with ModelServer(held(says(calls=[call]), gate, after=3)) as server:
        project = ModelProject(tmp_path, server)
        turn = project.start()
        await until(lambda: bool(project.seen(ToolStarted)))
        await stopped(project, turn)
        gate.set()
    assert not project.tree.exists("convex/a.ts")


async def test_while_the_user_is_asked(tmp_path: Path) -> None:
    calls = [Call("add_package", packages=["zod"]), Call("write_file", path="convex/a.ts", content="x\n")]
    with ModelServer(says("I need zod.", calls=calls)) as server:
        project = ModelProject(tmp_path, server)
        asked = asyncio.Event()

        async def never(_: ToolRequest) -> bool:
            asked.set()
            await asyncio.Event().wait()
            return True

        project.approve = never  # type: ignore[method-assign]
        turn = project.start()
        await asyncio.wait_for(asked.wait(), 10)
        await stopped(project, turn)
        results = [it["content"] for it in server.requests[-1].messages if it["role"] == "tool"]
    assert len(results) == 2
    assert all("Cancelled by the user" in it for it in results)
    assert not project.tree.exists("convex/a.ts")


async def test_between_two_writes(tmp_path: Path) -> None:
    calls = [Call("write_file", path=f"convex/{name}.ts", content=f"{name}\n") for name in "ab"]
    with ModelServer(says(calls=calls)) as server:
        project = ModelProject(tmp_path, server)
        turn = project.start()
        project.chat.subscribe(lambda it: turn.cancel() if isinstance(it, FileWritten) else None)
        await asyncio.wait({turn}, timeout=10)
        await stopped(project, turn)
    assert project.text("convex/a.ts") == "a\n"
    assert not project.tree.exists("convex/b.ts")


async def test_while_it_is_deployed(tmp_path: Path) -> None:
    reached, ended = asyncio.Event(), asyncio.Event()

    async def slow() -> Push:
        reached.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    script = [says(calls=[Call("write_file", path="convex/a.ts", content="x\n")]), says("Done.")]
    with ModelServer(*script) as server:
        project = ModelProject(tmp_path, server, pushes=[slow])
        turn = project.start()
        await asyncio.wait_for(reached.wait(), 10)
        assert project.seen(Deploying)
        await stopped(project, turn)
        await project.dev_server.stop()
    assert ended.is_set()


@pytest.mark.parametrize("at", range(12))
async def test_at_any_event(tmp_path: Path, at: int) -> None:
    script = [
        says("Let me look.", calls=[Call("read_file", path="convex/schema.ts")]),
        says(calls=[Call("edit_file", path="convex/schema.ts", old="{}", new="{ }")]),
        says("Done."),
    ]
    with ModelServer(*script) as server:
        project = ModelProject(tmp_path, server)
        turn = project.start()
        count = 0

        def stop(_: object) -> None:
            nonlocal count
            count += 1
            if count == 3 * at:
                turn.cancel()

        end = project.chat.subscribe(stop)
        await asyncio.wait({turn}, timeout=10)
        end()
        if turn.cancelled():
            await stopped(project, turn)
        else:
            assert turn.result().outcome == "done"
    assert project.text("convex/schema.ts") in (SCHEMA, SCHEMA.replace("{}", "{ }"))


async def test_a_program_that_was_killed_leaves_a_conversation_that_can_go_on(tmp_path: Path) -> None:
    script = [says(calls=[Call("read_file", path="convex/schema.ts")]), says("Done.")]
    with ModelServer(*script, says("Here I am.")) as server:
        project = ModelProject(tmp_path, server)
        await project.ask()
        file = next((tmp_path / "state").glob("*-messages.jsonl"))
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(lines[:2]) + lines[2][: len(lines[2]) // 2])
        again = ModelProject(tmp_path, server)
        assert (await again.ask("And now?")).outcome == "done"
    assert is_whole(server.requests[-1].messages)
