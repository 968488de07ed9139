"""What a turn asks the user: about a plan in the chat itself, about anything else in a dialog."""

from __future__ import annotations

import asyncio

from vibe_tui.screens.approval import ApprovalDialog
from vibe_tui.screens.dialog import Dialog
from vibe_tui.screens.project.chat_story import ChatStory
from vibe_tui.screens.secret_form import SecretForm
from vibe_tui.services.assistant.answerer import Plan
from vibe_tui.services.assistant.ports import SecretRequest, ToolRequest, TurnPorts
from vibe_tui.services.terminal_text import visible
from vibe_tui.widgets.chat.panel import ChatPanel

_LONGEST_REASON = 300


class ChatAsking:
    """One question at a time; a turn that is stopped takes its question along."""

    def __init__(self, panel: ChatPanel, story: ChatStory) -> None:
        self._panel = panel
        self._story = story
        self._answer: asyncio.Future[bool] | None = None

    def ports(self, *, review_changes: bool) -> TurnPorts:
        return TurnPorts(self._approve_plan, self._approve, self._ask_secret, review_changes)

    def answer_plan(self, plan_id: str, approved: bool) -> None:
        if plan_id == self._story.plan_id and self._answer is not None and not self._answer.done():
            self._answer.set_result(approved)

    async def _approve_plan(self, plan: Plan) -> bool:
        self._answer = asyncio.get_running_loop().create_future()
        self._panel.ask_about(self._story.plan_id)
        return await self._answer

    async def _approve(self, request: ToolRequest) -> bool:
        return bool(await self._ask(ApprovalDialog(request)))

    async def _ask_secret(self, request: SecretRequest) -> str:
        body = (
            f"The assistant asks for {visible(request.name)}, a variable of your deployment. The value goes "
            f"there and nowhere else: the model does not see it.\n\nIts reason: {_short(request.why)}"
        )
        form = SecretForm(f"A value for {visible(request.name)}", body, accept="Set it in the deployment")
        return str(await self._ask(form) or "")

    async def _ask(self, dialog: Dialog[bool] | Dialog[str]) -> bool | str | None:
        answer: asyncio.Future[bool | str | None] = asyncio.get_running_loop().create_future()

        def answered(result: bool | str | None) -> None:
            if not answer.done():
                answer.set_result(result)

        self._panel.app.push_screen(dialog, answered)
        try:
            return await answer
        except asyncio.CancelledError:
            if dialog.is_attached:
                dialog.dismiss(None)
            raise


def _short(text: str) -> str:
    """On one line, so that the buttons stay in sight."""
    shown = visible(" ".join(text.split()))
    return shown if len(shown) <= _LONGEST_REASON else f"{shown[:_LONGEST_REASON]}…"
