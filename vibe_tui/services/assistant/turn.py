"""One chat turn: ask the answerer, have its plan approved, write the edits, deploy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

from vibe_tui.services.assistant.answerer import Answerer, Edit, Files, Plan, Refusal, read_or_none
from vibe_tui.services.assistant.diff import diff_of
from vibe_tui.services.assistant.events import (
    Checkpointed,
    Deployed,
    DeployFailed,
    Deploying,
    DeployOffered,
    FileWritten,
    Outcome,
    TurnEnded,
    TurnEvent,
    TurnFailed,
    TurnPlan,
    TurnStarted,
    TurnText,
)
from vibe_tui.services.errors import VibeError
from vibe_tui.services.in_thread import in_thread
from vibe_tui.services.model import Push
from vibe_tui.services.terminal_text import clean, redact

NOT_CONNECTED = "No Convex backend is connected."


class ChangedMeanwhile(VibeError):
    """A file is no longer what the plan was made from."""

    code = "changed_meanwhile"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} was changed by somebody else while the turn was about to write it.",
            next_step="Ask again once nobody else is changing it.",
        )


async def run_turn(
    prompt: str,
    *,
    answerer: Answerer,
    files: Files,
    approve: Callable[[Plan], Awaitable[bool]],
    deploy: Callable[[], Awaitable[Push]] | None,
    no_deploy: str = NOT_CONNECTED,
    checkpoint: Callable[[], Awaitable[str]] | None = None,
) -> AsyncGenerator[TurnEvent, None]:
    """Run a turn; its events, the last of which is a TurnEnded.

    approve: shown the plan, before anything is written; False ends the turn. Asked a second time when
    a file changed meanwhile and the plan had to be made anew.
    deploy: pushes and waits for it; None: the turn ends with an offer, for the reason `no_deploy`.
    It runs when a file that Convex reads was written, and also when the answer was that there is
    nothing to change: "done" means that what was asked for is deployed.
    checkpoint: keeps the tree as it is and returns the name for it; called before the first write.

    Expected failures (VibeError) of all of them become events. Closing the generator or cancelling
    its task is safe at any time: every file is then whole, either as before or as planned.
    """
    turn = _Turn(answerer, files, approve, checkpoint)
    yield TurnStarted(_safe(prompt), answerer.name)
    try:
        async with aclosing(turn.write(prompt)) as events:
            async for event in events:
                yield event
        if turn.outcome == "done":
            async with aclosing(turn.deploy(deploy, no_deploy)) as events:
                async for event in events:
                    yield event
    except VibeError as error:
        turn.outcome = "refused" if isinstance(error, ChangedMeanwhile) else "failed"
        yield TurnFailed(error.message, error.next_step)
    yield TurnEnded(turn.outcome, tuple(turn.changed))


class _Turn:
    """The state of one turn: what it has written so far, and how it ends."""

    def __init__(
        self,
        answerer: Answerer,
        files: Files,
        approve: Callable[[Plan], Awaitable[bool]],
        checkpoint: Callable[[], Awaitable[str]] | None,
    ) -> None:
        self._answerer = answerer
        self._files = files
        self._approve = approve
        self._checkpoint = checkpoint
        self.changed: list[str] = []
        self.outcome: Outcome = "done"

    async def write(self, prompt: str) -> AsyncGenerator[TurnEvent, None]:
        """Plan and write. A plan that a file has outrun is made again, once."""
        for may_plan_again in (True, False):
            answer = await self._answerer.answer(prompt, self._files)
            if isinstance(answer, Refusal):
                self.outcome = "refused"
                if answer.text:
                    yield TurnText(_safe(answer.text))
                yield TurnFailed(_safe(answer.reason), _safe(answer.next_step))
                return
            yield TurnPlan(
                _safe(answer.title), tuple(map(_safe, answer.steps)), tuple(map(_safe, answer.assumptions))
            )
            if answer.edits and not await self._approve(answer):
                self.outcome = "cancelled"
                return
            try:
                await asyncio.to_thread(_check, self._files, answer.edits)
                if answer.edits and self._checkpoint is not None:
                    checkpoint, self._checkpoint = self._checkpoint, None
                    yield Checkpointed(await checkpoint())
                for edit in answer.edits:
                    yield await self._write_one(edit)
            except ChangedMeanwhile:
                if not may_plan_again:
                    raise
            else:
                return

    async def _write_one(self, edit: Edit) -> FileWritten:
        def work() -> FileWritten:
            _check(self._files, (edit,))
            diff = diff_of(edit)
            self._files.write(edit.path, edit.after)
            if edit.path not in self.changed:
                self.changed.append(edit.path)
            return FileWritten(edit.path, diff.added, diff.removed, diff.text, edit.before is None)

        return await in_thread(work)

    async def deploy(
        self, deploy: Callable[[], Awaitable[Push]] | None, no_deploy: str
    ) -> AsyncGenerator[TurnEvent, None]:
        if self.changed and not any(map(_convex_reads, self.changed)):
            return
        if deploy is None:
            if self.changed:
                yield DeployOffered(no_deploy)
            return
        yield Deploying()
        push = await deploy()
        if push.ok:
            yield Deployed(push)
        else:
            self.outcome = "failed"
            yield DeployFailed(push)


def _safe(text: str) -> str:
    return redact(clean(text))


def _convex_reads(path: str) -> bool:
    return path.startswith("convex/") or path in ("convex.json", "package.json")


def _check(files: Files, edits: Sequence[Edit]) -> None:
    for edit in edits:
        if read_or_none(files, edit.path) != edit.before:
            raise ChangedMeanwhile(edit.path)
