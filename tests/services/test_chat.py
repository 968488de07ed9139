"""The chat of a project: one turn at a time, deployed when it should be, and on record."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from pathlib import Path

import pytest

from vibe_tui.services.assistant.answerer import Plan
from vibe_tui.services.assistant.events import (
    Deployed,
    DeployOffered,
    FileWritten,
    TurnEnded,
    TurnFailed,
    TurnStarted,
    TurnText,
)
from vibe_tui.services.assistant.ports import TurnPorts
from vibe_tui.services.assistant.recipes import BuiltInRecipes
from vibe_tui.services.chat import Chat, ChatBusy, ChatState
from vibe_tui.services.convex.backend import NotConnectedYet
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.dev_server import DevServer
from vibe_tui.services.model import Push
from vibe_tui.services.sandbox.local import LocalSandbox
from vibe_tui.services.working_tree import WorkingTree

PROMPT = "Add a messages database table"


class Setup:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "app"
        self.folder.mkdir()
        self.schema_at_push: list[str] = []
        self.dev_server = DevServer(self.folder, self.push)
        self.record = folder / "state" / "chat.jsonl"
        self.said: list[str] = []
        self.chat = Chat(
            BuiltInRecipes(),
            WorkingTree(self.folder),
            self.dev_server,
            self.record,
            sandbox=LocalSandbox(self.folder, node_setting="", toolchain_folder=folder, environ=os.environ),
            open_deployment=not_connected,
            on_line=self.said.append,
        )
        self.events: list[object] = []
        self.chat.subscribe(self.events.append)

    async def push(self) -> Push:
        self.schema_at_push.append((self.folder / "convex/schema.ts").read_text())
        return Push("deployed", 0.1)

    def seen(self, kind: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kind)]


async def not_connected() -> DeploymentApi:
    raise NotConnectedYet


async def yes(_: Plan) -> bool:
    return True


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


async def test_a_turn_writes_deploys_and_is_on_record(setup: Setup) -> None:
    ended = await setup.chat.ask(PROMPT, TurnPorts(yes), connected=True, deploy_when_stopped=True)
    assert ended.outcome == "done"
    assert "messages" in setup.schema_at_push[0]
    assert setup.seen(Deployed)
    record = [json.loads(line) for line in setup.record.read_text().splitlines()]
    assert record[0]["event"] == "turn_started"
    assert record[-1]["event"] == "turn_ended"
    assert stat.S_IMODE(setup.record.stat().st_mode) == 0o600


async def test_a_stopped_dev_server_is_offered_not_used(setup: Setup) -> None:
    await setup.chat.ask(PROMPT, TurnPorts(yes), connected=True)
    assert setup.seen(DeployOffered)
    assert setup.schema_at_push == []


async def test_a_running_dev_server_pushes_the_whole_turn_once(setup: Setup) -> None:
    (setup.folder / "convex").mkdir()
    (setup.folder / "convex/schema.ts").write_text(
        'import { defineSchema } from "convex/server";\nexport default defineSchema({});\n'
    )
    await setup.dev_server.start()
    ended = await setup.chat.ask(PROMPT, TurnPorts(yes), connected=True)
    await setup.dev_server.stop()
    assert ended.outcome == "done"
    assert len(setup.schema_at_push) == 2
    assert "messages" in setup.schema_at_push[1]


async def test_one_turn_at_a_time_and_no_push_meanwhile(setup: Setup) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def later(_: Plan) -> bool:
        asked.set()
        await go.wait()
        return True

    turn = asyncio.create_task(setup.chat.ask(PROMPT, TurnPorts(later), connected=False))
    await asked.wait()
    assert setup.chat.state.busy
    with pytest.raises(ChatBusy):
        await setup.chat.ask(PROMPT, TurnPorts(yes), connected=False)
    waiting = asyncio.create_task(setup.dev_server.push())
    await asyncio.sleep(0)
    assert setup.schema_at_push == []
    go.set()
    assert (await turn).outcome == "done"
    await waiting
    assert "messages" in setup.schema_at_push[0]
    assert not setup.chat.state.busy


async def test_a_stopped_turn_leaves_the_chat_ready(setup: Setup) -> None:
    asked = asyncio.Event()

    async def never(_: Plan) -> bool:
        asked.set()
        await asyncio.Event().wait()
        return True

    turn = asyncio.create_task(setup.chat.ask(PROMPT, TurnPorts(never), connected=False))
    await asked.wait()
    turn.cancel()
    await asyncio.wait({turn})
    assert turn.cancelled()
    assert not setup.seen(FileWritten)
    assert setup.chat.state == ChatState(assistant=BuiltInRecipes().name, busy=False)
    ended = await setup.chat.ask(PROMPT, TurnPorts(yes), connected=False)
    assert isinstance(ended, TurnEnded)
    assert ended.outcome == "done"


async def test_a_secret_in_a_quote_leaves_the_record_readable(setup: Setup) -> None:
    """Stars in the finished JSON would take the backslash before the quote along."""
    said = 'Set "SHOP_KEY=abc" now\nand "OTHER_TOKEN=def"'
    await setup.chat.ask(said, TurnPorts(yes), connected=False)
    record = [json.loads(line) for line in setup.record.read_text().splitlines()]
    assert record[0]["prompt"] == 'Set "SHOP_KEY=***" now\nand "OTHER_TOKEN=***"'
    told = (await setup.chat.earlier(10)).told
    assert [type(it.event) for it in told] == [TurnStarted, TurnText, TurnFailed, TurnEnded]
    assert told[0].at == record[0]["at"]
