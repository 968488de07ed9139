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
        typed_name = await _typed_name(workspace, options.yes) if options.how == "delete-project" else ""

        def show(what: object) -> None:
            if isinstance(what, StepDone):
                mark = "✓" if what.step.ok else "✗"
                output.say(f"{mark} {what.step.title}{': ' + what.step.reason if what.step.reason else ''}")
                output.event("step_done", what.step)

        workspace.backend.subscribe(show)
        steps = await workspace.backend.disconnect(options.how, typed_name=typed_name)
        ok = all(step.ok for step in steps)
    output.result(
        {"how": options.how, "steps": [plain(step) for step in steps]},
        f"{project.name} is disconnected. The code stays." if ok else "Not everything could be undone.",
        ok=ok,
    )
    return 0 if ok else 1


async def _typed_name(workspace: Workspace, yes: bool) -> str:
    """Have the name typed before data is destroyed; --yes replaces that for what we made ourselves.

    Raises NotConfirmed.
    """
    connection = workspace.backend.state
    attached = await workspace.backend.attached_project()
    name = attached or (connection.project if isinstance(connection, Connected) else "")
    if not name or (yes and not attached):
        return name
    if not attached and not sys.stdin.isatty():
        raise NotConfirmed(
            "Deleting the Convex project was not confirmed.",
            next_step="Add --yes to delete it without asking.",
        )
    before = " It was there before vibe-tui." if attached else ""
    answer = await typed_answer(
        f"This deletes the Convex project {name} with all its data.{before} Type its name to go on:"
    )
    if answer != name:
        raise NotConfirmed(
            "That is not its name. Nothing was deleted.",
            next_step="Type it when asked, or pipe it in." if attached else "",
        )
    return answer
