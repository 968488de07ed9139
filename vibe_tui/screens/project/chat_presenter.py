"""The chat: prompts to the assistant, its events to the panel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vibe_tui.screens.project.files_presenter import Do
from vibe_tui.services.assistant.answerer import Plan
from vibe_tui.services.assistant.events import (
    Deployed,
    DeployFailed,
    Deploying,
    DeployOffered,
    FileWritten,
    TurnEnded,
    TurnEvent,
    TurnFailed,
    TurnPlan,
    TurnStarted,
    TurnText,
)
from vibe_tui.services.assistant.ports import TurnPorts
from vibe_tui.services.chat import ChatState
from vibe_tui.services.model import Connected, Push
from vibe_tui.services.workspace import Workspace
from vibe_tui.widgets.chat.panel import ChatPanel


class ChatPresenter:
    def __init__(self, panel: ChatPanel, do: Do, on_written: Callable[[str], None]) -> None:
        """on_written: told the path of every file a turn writes."""
        self._panel = panel
        self._do = do
        self._on_written = on_written
        self._workspace: Workspace | None = None
        self._turn: asyncio.Task[object] | None = None
        self._plan_id = ""
        self._answer: asyncio.Future[bool] | None = None
        self._not_deployed: tuple[object, ...] = ()  # what was last said to be wrong

    def attach(self, workspace: Workspace) -> Callable[[], None]:
        """Talk to the assistant of `workspace`; returns what ends that."""
        self._workspace = workspace
        return workspace.chat.subscribe(self._take)

    # --- what the user does --------------------------------------------------------------------------

    def ask(self, prompt: str) -> None:
        if self._workspace is None:
            self._panel.add_prompt(prompt)
            self._panel.add_refusal("The project is not open for writing yet.")
            return
        self._panel.add_prompt(prompt)
        if self._turn is not None and not self._turn.done():
            self._panel.add_refusal("The answer before this one has not ended.", "Esc stops it.")
            return
        connected = isinstance(self._workspace.backend.state, Connected)
        self._turn = asyncio.create_task(
            self._workspace.chat.ask(prompt, TurnPorts(self._approve), connected=connected), name="turn"
        )
        self._do(self._follow(self._turn))

    def answer(self, plan_id: str, approved: bool) -> None:
        if plan_id == self._plan_id and self._answer is not None and not self._answer.done():
            self._answer.set_result(approved)

    def stop(self) -> None:
        if self._turn is not None:
            self._turn.cancel()

    def pushed(self, push: Push) -> None:
        """A push ended. One of a chat turn is told by the turn; another, of an edit, only when it failed."""
        busy = self._turn is not None and not self._turn.done()
        if push.ok:
            if self._not_deployed and not busy:
                self._panel.deployed(push.seconds)
            self._not_deployed = ()
        elif push.result == "failed" and (push.reason, push.problems) != self._not_deployed:
            self._not_deployed = (push.reason, push.problems)
            if not busy:
                self._failed(push)

    # --- inside --------------------------------------------------------------------------------------

    async def _follow(self, turn: asyncio.Task[object]) -> None:
        self._panel.busy(True)
        try:
            await asyncio.wait({turn})
            if turn.cancelled():
                self._panel.ended("stopped")
                return
            turn.result()
        finally:
            self._panel.busy(False)
            if not turn.done():
                turn.cancel()

    async def _approve(self, plan: Plan) -> bool:
        self._answer = asyncio.get_running_loop().create_future()
        self._panel.ask_about(self._plan_id)
        return await self._answer

    def _take(self, what: ChatState | TurnEvent) -> None:
        panel = self._panel
        match what:
            case ChatState() | TurnStarted():
                pass
            case TurnText(text=text):
                panel.add_text(text)
            case TurnPlan():
                self._plan_id = panel.add_plan(what.title, what.steps, what.assumptions, ask=False)
            case FileWritten():
                panel.add_file(what.path, what.added, what.removed, what.diff, what.created)
                self._on_written(what.path)
            case Deploying():
                panel.deploying()
            case Deployed(push=push):
                panel.deployed(push.seconds)
            case DeployFailed(push=push):
                self._failed(push)
            case DeployOffered(reason=reason):
                self._offer(reason)
            case TurnFailed(reason=reason, next_step=next_step):
                panel.add_refusal(reason, next_step)
            case TurnEnded(outcome=outcome):
                panel.ended(outcome)

    def _failed(self, push: Push) -> None:
        if not push.problems:
            self._panel.deploy_failed(push.reason)
        for problem in push.problems:
            self._panel.deploy_failed(problem.message, problem.file, problem.line)

    def _offer(self, reason: str) -> None:
        workspace = self._workspace
        if workspace is not None and isinstance(workspace.backend.state, Connected):
            self._panel.offer(reason, "Start Dev Server", "toggle_dev_server")
        else:
            self._panel.offer(reason, "Connect Backend", "connect_backend")
