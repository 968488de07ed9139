"""The events of chat turns, as the panel tells them: while they happen, and again from the record."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vibe_tui.services.assistant.events import (
    Checkpointed,
    Deployed,
    DeployFailed,
    Deploying,
    DeployOffered,
    FileDeleted,
    FileWritten,
    ModelWaits,
    Repairing,
    TextPiece,
    TokensUsed,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    TurnEvent,
    TurnFailed,
    TurnPlan,
    TurnStarted,
    TurnText,
)
from vibe_tui.services.assistant.recipes import BuiltInRecipes
from vibe_tui.services.model import Push
from vibe_tui.widgets.chat.panel import ChatPanel

UNDO = ("Undo this turn", "undo_turn")


class ChatStory:
    def __init__(
        self, panel: ChatPanel, on_written: Callable[[str], None], offer: Callable[[str], None]
    ) -> None:
        """on_written: told the path of every file a turn writes. offer: shows why nothing was deployed."""
        self._panel = panel
        self._on_written = on_written
        self._offer = offer
        self._by_model = False
        self._undoable = False  # there is a checkpoint, and files were changed since
        self._checkpoint = False
        self.plan_id = ""
        """Of the plan that was shown last."""

    def happened(self, event: TurnEvent) -> None:
        """Something happens now."""
        if not isinstance(event, ModelWaits):
            self._panel.go_on()
        match event:
            case TurnStarted():
                self._checkpoint = self._undoable = False
            case Checkpointed():
                self._checkpoint = True
            case FileWritten(path=path) | FileDeleted(path=path):
                self._undoable = self._checkpoint
                self._on_written(path)
            case ModelWaits(seconds=seconds, reason=reason):
                self._panel.waiting(seconds, reason)
            case TokensUsed() if self._by_model:
                self._panel.end_streams()
                self._panel.show_used(event.prompt, event.completion, event.cost)
            case DeployOffered(reason=reason):
                self._offer(reason)
        self._tell(event)
        if isinstance(event, TurnEnded) and event.outcome == "failed":
            self._hand_over()

    def stopped(self) -> None:
        """The turn was stopped by the user."""
        self._panel.ended("stopped")
        self._hand_over()

    def happened_before(self, events: Iterable[TurnEvent], *, more: bool) -> None:
        """Things of an earlier time, oldest first. more: whether there is more before them."""
        now = self._by_model
        with self._panel.earlier(more=more):
            for event in events:
                if isinstance(event, TurnStarted):
                    self._panel.add_prompt(event.prompt)
                self._tell(event)
        self._by_model = now

    def _hand_over(self) -> None:
        if self._undoable:
            self._undoable = False
            self._panel.offer("Its changes are still in the files.", *UNDO)

    def _tell(self, event: TurnEvent) -> None:
        panel = self._panel
        match event:
            case TurnStarted(assistant=assistant):
                self._by_model = assistant != BuiltInRecipes.name
            case TextPiece(text=text, reasoning=reasoning):
                (panel.stream_reasoning if reasoning else panel.stream)(text)
            case TurnText(text=text) if not self._by_model:
                panel.add_text(text)
            case TurnText(text=text):
                if not panel.stream_ended(text):
                    panel.add_answer(text)
            case TurnPlan():
                self.plan_id = panel.add_plan(event.title, event.steps, event.assumptions, ask=False)
            case ToolStarted(call=call, title=title):
                panel.tool_started(call, title)
            case ToolEnded(call=call, ok=ok, title=title):
                panel.tool_ended(call, ok, title)
            case FileWritten():
                panel.add_file(event.path, event.added, event.removed, event.diff, event.created)
            case FileDeleted():
                panel.add_deleted(event.path, event.removed, event.diff)
            case Repairing():
                panel.repairing(event.round, event.of)
            case Deploying():
                panel.deploying()
            case Deployed(push=push):
                panel.deployed(push.seconds)
            case DeployFailed(push=push):
                self.deploy_failed(push)
            case TurnFailed(reason=reason, next_step=next_step):
                panel.add_refusal(reason, next_step)
            case TurnEnded(outcome=outcome):
                panel.ended(outcome)

    def deploy_failed(self, push: Push) -> None:
        if not push.problems:
            self._panel.deploy_failed(push.reason)
        for problem in push.problems:
            self._panel.deploy_failed(problem.message, problem.file, problem.line)
