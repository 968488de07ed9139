"""`vibe-tui ask`: one chat turn."""

from __future__ import annotations

import argparse
import sys

from vibe_tui.cli.context import context
from vibe_tui.cli.output import Output
from vibe_tui.cli.progress import follow_log, push_line, tell
from vibe_tui.cli.runner import run_until_done
from vibe_tui.cli.typed import typed_answer
from vibe_tui.services.assistant.answerer import Plan
from vibe_tui.services.assistant.events import (
    Deployed,
    DeployFailed,
    DeployOffered,
    FileWritten,
    TurnEvent,
    TurnFailed,
    TurnPlan,
    TurnStarted,
    TurnText,
)
from vibe_tui.services.assistant.ports import TurnPorts
from vibe_tui.services.chat import ChatState
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected, Push
from vibe_tui.services.workspace import open_workspace


class NotApproved(VibeError):
    code = "not_approved"


def run(options: argparse.Namespace, output: Output) -> int:
    if not options.yes and not sys.stdin.isatty():
        raise NotApproved(
            "Nobody is at a terminal to approve the plan.",
            next_step="Add --yes to carry it out without asking.",
        )
    return run_until_done(_ask(options, output), output)


async def _ask(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    project = here.project(options)
    shown = _Shown(output)
    async with open_workspace(here.home, here.settings, project, command="vibe-tui ask") as workspace:
        follow_log(workspace.convex_log, output)
        workspace.chat.subscribe(shown.take)

        async def approve(plan: Plan) -> bool:
            return bool(options.yes) or await _asked()

        connected = isinstance(workspace.backend.state, Connected)
        ended = await workspace.chat.ask(
            options.prompt, TurnPorts(approve), connected=connected, deploy_when_stopped=True
        )
    if shown.failure is not None:
        return output.fail(shown.failure, {"outcome": ended.outcome, "changed": ended.changed})
    deployed = shown.push is not None and shown.push.ok
    ok = ended.outcome == "done" and deployed
    output.result({"outcome": ended.outcome, "changed": ended.changed, "push": shown.push}, ok=ok)
    return 0 if ok else 1


async def _asked() -> bool:
    return (await typed_answer("Apply this plan? [y/N]")).lower() in {"y", "yes"}


class _Shown:
    """Prints a turn's events and keeps what the result is made of."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.push: Push | None = None
        self.failure: VibeError | None = None

    def take(self, what: ChatState | TurnEvent) -> None:
        tell(self._output, what)
        match what:
            case TurnStarted(assistant=assistant):
                self._output.say(f"{assistant}:")
            case TurnText(text=text):
                self._output.say(text)
            case TurnPlan():
                self._output.say("\n".join(_plan(what)))
            case FileWritten():
                self._output.say(f"✓ {what.path}  +{what.added} -{what.removed}\n{what.diff}")
            case Deployed(push=push) | DeployFailed(push=push):
                self.push = push
                self._output.say(push_line(push))
            case DeployOffered(reason=reason):
                self.failure = VibeError(
                    f"The files are written. {reason}",
                    next_step="Run `vibe-tui connect`, then `vibe-tui push`.",
                )
            case TurnFailed(reason=reason, next_step=next_step):
                self.failure = VibeError(reason, next_step=next_step)


def _plan(plan: TurnPlan) -> list[str]:
    return [
        f"Plan: {plan.title}",
        *(f"  {number}. {step}" for number, step in enumerate(plan.steps, 1)),
        *(f"  Assumed: {assumption}" for assumption in plan.assumptions),
    ]
