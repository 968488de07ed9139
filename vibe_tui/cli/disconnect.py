"""`vibe-tui disconnect`."""

from __future__ import annotations

import argparse
import sys

from vibe_tui.cli.context import context
from vibe_tui.cli.output import Output, plain
from vibe_tui.cli.runner import run_until_done
from vibe_tui.cli.typed import typed_answer
from vibe_tui.services.convex.backend import StepDone
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected
from vibe_tui.services.workspace import Workspace, open_workspace


class NotConfirmed(VibeError):
    code = "not_confirmed"


def run(options: argparse.Namespace, output: Output) -> int:
    return run_until_done(_disconnect(options, output), output)


async def _disconnect(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    project = here.project(options, may_be_gone=True)
    async with open_workspace(here.home, here.settings, project, command="vibe-tui disconnect") as workspace:
        if options.how == "delete-project" and not options.yes:
            await _confirm(workspace)

        def show(what: object) -> None:
            if isinstance(what, StepDone):
                mark = "✓" if what.step.ok else "✗"
                output.say(f"{mark} {what.step.title}{': ' + what.step.reason if what.step.reason else ''}")
                output.event("step_done", what.step)

        workspace.backend.subscribe(show)
        steps = await workspace.backend.disconnect(options.how)
        ok = all(step.ok for step in steps)
    output.result(
        {"how": options.how, "steps": [plain(step) for step in steps]},
        f"{project.name} is disconnected. The code stays." if ok else "Not everything could be undone.",
        ok=ok,
    )
    return 0 if ok else 1


async def _confirm(workspace: Workspace) -> None:
    """Have the name typed before data is destroyed."""
    connection = workspace.backend.state
    if not isinstance(connection, Connected):
        return
    if not sys.stdin.isatty():
        raise NotConfirmed(
            "Deleting the Convex project was not confirmed.",
            next_step="Add --yes to delete it without asking.",
        )
    answer = await typed_answer(
        f"This deletes the Convex project {connection.project} with all its data. Type its name to go on:"
    )
    if answer != connection.project:
        raise NotConfirmed("That is not its name. Nothing was deleted.")
