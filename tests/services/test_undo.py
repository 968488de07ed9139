"""Undo: the files of a turn go back, what is deployed follows them, and a running turn is left alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vibe_tui.services.assistant.answerer import Plan
from vibe_tui.services.assistant.events import Checkpointed
from vibe_tui.services.assistant.ports import TurnPorts
from vibe_tui.services.assistant.recipes import BuiltInRecipes
from vibe_tui.services.chat import Chat, ChatBusy
from vibe_tui.services.checkpoints import Checkpoints, Restored
from vibe_tui.services.convex.backend import NotConnectedYet
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.dev_server import DevServer
from vibe_tui.services.model import Push
from vibe_tui.services.sandbox.local import LocalSandbox
from vibe_tui.services.undo import NothingToUndo, Undo
from vibe_tui.services.working_tree import WorkingTree

PROMPT = "Add a messages database table"
EMPTY = 'import { defineSchema } from "convex/server";\n\nexport default defineSchema({});\n'


async def yes(_: Plan) -> bool:
    return True


async def not_connected() -> DeploymentApi:
    raise NotConnectedYet


class Setup:
    def __init__(self, root: Path) -> None:
        self.schema = root / "app" / "convex" / "schema.ts"
        self.schema.parent.mkdir(parents=True)
        self.schema.write_text(EMPTY)
        app = root / "app"
        tree = WorkingTree(app)
        self.pushed: list[str] = []
        self.dev_server = DevServer(app, self.push)
        self.notes: list[str] = []
        checkpoints = Checkpoints(root / "state" / "checkpoints", tree, self.notes.append)
        self.chat = Chat(
            BuiltInRecipes(),
            tree,
            self.dev_server,
            root / "state" / "chat.jsonl",
            sandbox=LocalSandbox(app, node_setting="", toolchain_folder=root, environ=os.environ),
            open_deployment=not_connected,
            on_line=self.notes.append,
            checkpoints=checkpoints,
        )
        self.events: list[object] = []
        self.chat.subscribe(self.events.append)
        self.undo = Undo(checkpoints, self.dev_server, self.chat, self.notes.append)
        self.restored: list[Restored] = []
        self.undo.subscribe(lambda what: self.restored.append(what) if isinstance(what, Restored) else None)

    async def push(self) -> Push:
        self.pushed.append(self.schema.read_text())
        return Push("deployed", 0.1)

    async def turn(self) -> str:
        """A turn that adds a table; the id of the checkpoint before it."""
        ended = await self.chat.ask(PROMPT, TurnPorts(yes), connected=True, deploy_when_stopped=True)
        assert ended.outcome == "done"
        return next(event.checkpoint for event in self.events if isinstance(event, Checkpointed))


@pytest.fixture
async def setup(tmp_path: Path) -> AsyncIterator[Setup]:
    made = Setup(tmp_path)
    yield made
    await made.undo.close()
    await made.dev_server.stop()
    assert made.notes == []


async def test_a_turn_is_undone_and_that_is_deployed(setup: Setup) -> None:
    id = await setup.turn()
    last = await setup.undo.last_turn()
    assert (last.id, last.title) == (id, PROMPT)
    undone = await setup.undo.restore(last.id, connected=True, deploy_when_stopped=True)
    assert undone.restored.changed == ("convex/schema.ts",)
    assert undone.push is not None
    assert setup.schema.read_text() == EMPTY
    assert setup.pushed[1:] == [EMPTY]
    assert setup.restored == [undone.restored]
    with pytest.raises(NothingToUndo):
        await setup.undo.last_turn()


async def test_a_running_dev_server_deploys_it_once(setup: Setup) -> None:
    await setup.turn()
    await setup.dev_server.start()
    before = len(setup.pushed)
    undone = await setup.undo.restore((await setup.undo.last_turn()).id, connected=True)
    assert undone.push is not None
    assert setup.pushed[before:] == [EMPTY]


@pytest.mark.parametrize(("connected", "offered"), [(True, True), (False, False)])
async def test_a_stopped_dev_server_is_offered_not_used(setup: Setup, connected: bool, offered: bool) -> None:
    await setup.turn()
    before = len(setup.pushed)
    undone = await setup.undo.restore((await setup.undo.last_turn()).id, connected=connected)
    assert undone.push is None
    assert bool(undone.not_pushed) == offered
    assert len(setup.pushed) == before


async def test_what_convex_does_not_read_is_not_deployed(setup: Setup) -> None:
    id = await setup.turn()
    setup.schema.write_text(EMPTY)
    (setup.schema.parent.parent / "App.tsx").write_text("new")
    before = len(setup.pushed)
    undone = await setup.undo.restore(id, connected=True, deploy_when_stopped=True)
    assert undone.restored.changed == ("App.tsx",)
    assert undone.push is None
    assert len(setup.pushed) == before


async def test_a_running_turn_is_left_alone(setup: Setup) -> None:
    id = await setup.turn()
    asked, go = asyncio.Event(), asyncio.Event()

    async def later(_: Plan) -> bool:
        asked.set()
        await go.wait()
        return False

    turn = asyncio.create_task(setup.chat.ask("Add a users table", TurnPorts(later), connected=False))
    await asked.wait()
    with pytest.raises(ChatBusy):
        await setup.undo.restore(id, connected=True)
    assert "messages" in setup.schema.read_text()
    go.set()
    await turn


async def test_an_undo_that_is_cancelled_is_whole(setup: Setup) -> None:
    id = await setup.turn()
    undoing = asyncio.create_task(setup.undo.restore(id, connected=False))
    await asyncio.sleep(0)
    undoing.cancel()
    await asyncio.wait({undoing})
    assert undoing.cancelled()
    assert setup.schema.read_text() == EMPTY
    assert not setup.undo.state.busy
    assert [checkpoint.kind for checkpoint in await setup.undo.all()] == ["restore", "turn"]
