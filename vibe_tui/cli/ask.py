"""`vibe-tui ask`: one chat turn."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import sys

from vibe_tui.cli.context import context
from vibe_tui.cli.output import Output
from vibe_tui.cli.progress import follow_log
from vibe_tui.cli.runner import run_until_done
from vibe_tui.cli.turn_output import TurnOutput
from vibe_tui.cli.typed import typed_answer, typed_secret
from vibe_tui.services.assistant.answerer import Plan
from vibe_tui.services.assistant.choosing import assistant_named, assistant_of
from vibe_tui.services.assistant.ports import SecretRequest, ToolRequest, TurnPorts
from vibe_tui.services.errors import UsageError, VibeError
from vibe_tui.services.model import Connected
from vibe_tui.services.workspace import Workspace, open_workspace


class NotApproved(VibeError):
    code = "not_approved"


def run(options: argparse.Namespace, output: Output) -> int:
    if options.max_steps is not None and options.max_steps < 1:
        raise UsageError("--max-steps must be 1 or more.")
    if not options.yes and not sys.stdin.isatty():
        raise NotApproved(
            "Nobody is at a terminal to approve the plan.",
            next_step="Add --yes to carry it out without asking.",
        )
    return run_until_done(_ask(options, output), output)


async def _ask(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    project = here.project(options)
    shown = TurnOutput(output)
    async with open_workspace(here.home, here.settings, project, command="vibe-tui ask") as workspace:
        await _choose(workspace, options, output)
        follow_log(workspace.convex_log, output)
        workspace.chat.subscribe(shown.take)
        connected = isinstance(workspace.backend.state, Connected)
        ended = await workspace.chat.ask(
            options.prompt, _ports(bool(options.yes)), connected=connected, deploy_when_stopped=True
        )
    data = {"outcome": ended.outcome, "changed": ended.changed, "push": shown.push}
    if shown.failure is not None:
        return output.fail(shown.failure, data)
    # A push that was due and failed makes the outcome "failed".
    ok = ended.outcome == "done"
    output.result(data, ok=ok)
    return 0 if ok else 1


async def _choose(workspace: Workspace, options: argparse.Namespace, output: Output) -> None:
    """Who answers: the model of the command, or else that of the settings."""
    providers = workspace.models
    if options.model:
        assistant = await asyncio.to_thread(assistant_named, providers, options.model)
    else:
        chosen = await asyncio.to_thread(providers.chosen)
        if chosen.obstacle is not None:
            output.warn(f"{chosen.obstacle.message} {chosen.obstacle.next_step}")
        found = assistant_of(chosen)
        if found is None:
            return
        assistant = found
    if options.max_steps is not None:
        limits = dataclasses.replace(assistant.limits, steps=options.max_steps)
        assistant = dataclasses.replace(assistant, limits=limits)
    workspace.chat.use(assistant)


def _ports(yes: bool) -> TurnPorts:
    async def approve_plan(_: Plan) -> bool:
        return yes or await _asked("Apply this plan? [y/N]")

    async def approve(request: ToolRequest) -> bool:
        return yes or await _asked(f"{request.title}:\n  {request.detail}\nDo it? [y/N]")

    async def ask_secret(request: SecretRequest) -> str:
        if not sys.stdin.isatty():
            return ""
        return await typed_secret(f"{request.name} ({request.why}); Enter alone declines. It is not shown:")

    return TurnPorts(approve_plan, approve, ask_secret)


async def _asked(question: str) -> bool:
    return (await typed_answer(question)).lower() in {"y", "yes"}
