"""A project whose chat is answered by a scripted model, through the real wire."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tests.model_server import ModelServer
from vibe_tui.services.assistant.answerer import Plan
from vibe_tui.services.assistant.events import TurnEnded
from vibe_tui.services.assistant.limits import Limits, Prices
from vibe_tui.services.assistant.model_turn import Assistant
from vibe_tui.services.assistant.openai_chat import OpenAiChat
from vibe_tui.services.assistant.ports import SecretRequest, ToolRequest, TurnPorts
from vibe_tui.services.assistant.provider import Provider
from vibe_tui.services.assistant.recipes import BuiltInRecipes
from vibe_tui.services.chat import Chat
from vibe_tui.services.convex.backend import NotConnectedYet
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.dev_server import DevServer
from vibe_tui.services.model import Problem, Push
from vibe_tui.services.sandbox.local import LocalSandbox
from vibe_tui.services.working_tree import WorkingTree

SCHEMA = 'import { defineSchema } from "convex/server";\n\nexport default defineSchema({});\n'
PUSHED = Push("deployed", 0.1, exit_code=0)


def failing(message: str, line: int = 3) -> Push:
    problem = Problem(message, "convex/messages.ts", line, 5)
    return Push("failed", 0.1, f"convex/messages.ts:{line}: {message}", (problem,), 1)


async def not_connected() -> DeploymentApi:
    raise NotConnectedYet


async def approve_plan(_: Plan) -> bool:
    return True


class ModelProject:
    """pushes: how they end, one after the other; the last one repeats. Coroutines are awaited."""

    def __init__(
        self,
        folder: Path,
        server: ModelServer,
        *,
        pushes: list[Push | Callable[[], Coroutine[Any, Any, Push]]] | None = None,
        limits: Limits | None = None,
        prices: Prices | None = None,
        window: int = 0,
        open_deployment: Callable[[], Coroutine[Any, Any, DeploymentApi]] = not_connected,
    ) -> None:
        self.folder = folder / "app"
        self.server = server
        self.record = folder / "state" / "chat.jsonl"
        self.tree = WorkingTree(self.folder)
        if not self.folder.exists():
            self.folder.mkdir()
            self.write("convex/schema.ts", SCHEMA)
        self.pushes = pushes or [PUSHED]
        self.pushed = 0
        self.dev_server = DevServer(self.folder, self.push)
        self.logged: list[str] = []
        self.asked: list[ToolRequest | SecretRequest] = []
        self.approves = True
        self.checkpoints: list[str] = []
        self.chat = Chat(
            BuiltInRecipes(),
            self.tree,
            self.dev_server,
            self.record,
            sandbox=LocalSandbox(self.folder, node_setting="", toolchain_folder=folder, environ=os.environ),
            open_deployment=open_deployment,
            on_line=self.logged.append,
            checkpoints=self,
        )
        model = OpenAiChat(Provider("test", server.url), "scripted", window=window)
        self.chat.use(Assistant(model, limits or Limits(), prices))
        self.events: list[object] = []
        self.chat.subscribe(self.events.append)

    def take(self, title: str) -> str:
        self.checkpoints.append(title)
        return f"checkpoint {len(self.checkpoints)}"

    async def push(self) -> Push:
        outcome = self.pushes[min(self.pushed, len(self.pushes) - 1)]
        self.pushed += 1
        return outcome if isinstance(outcome, Push) else await outcome()

    async def approve(self, request: ToolRequest) -> bool:
        self.asked.append(request)
        return self.approves

    def ports(self, *, review: bool = False) -> TurnPorts:
        return TurnPorts(approve_plan, self.approve, review_changes=review)

    async def ask(self, prompt: str = "Do it", *, review: bool = False, connected: bool = True) -> TurnEnded:
        """connected: and its dev server runs, as far as the turn is concerned."""
        return await self.chat.ask(
            prompt, self.ports(review=review), connected=connected, deploy_when_stopped=True
        )

    def start(self, prompt: str = "Do it", *, review: bool = False) -> asyncio.Task[TurnEnded]:
        return asyncio.create_task(self.ask(prompt, review=review))

    def write(self, path: str, text: str) -> None:
        self.tree.write(path, text)

    def text(self, path: str) -> str:
        return self.tree.read_text(path)

    def seen(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def results(self, request: int = -1) -> list[dict[str, Any]]:
        """What the model was told of its calls, in one of its requests."""
        messages = self.server.requests[request].messages
        return [json.loads(it["content"]) for it in messages if it["role"] == "tool"]


def is_whole(messages: list[dict[str, Any]]) -> bool:
    """Every call has exactly one result, right after it, as providers demand it."""
    waiting: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                return False
            waiting.remove(message["tool_call_id"])
        elif waiting:
            return False
        waiting += [call["id"] for call in message.get("tool_calls") or ()]
    return not waiting
