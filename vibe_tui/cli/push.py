"""`vibe-tui push`: one `npx convex dev --once`."""

from __future__ import annotations

import argparse

from vibe_tui.cli.context import context
from vibe_tui.cli.output import Output
from vibe_tui.cli.progress import follow_log, push_line, tell
from vibe_tui.cli.runner import run_until_done
from vibe_tui.services.workspace import open_workspace


def run(options: argparse.Namespace, output: Output) -> int:
    return run_until_done(_push(options, output), output)


async def _push(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    project = here.project(options)
    async with open_workspace(here.home, here.settings, project, command="vibe-tui push") as workspace:
        follow_log(workspace.convex_log, output)
        workspace.dev_server.subscribe(lambda what: tell(output, what))
        push = await workspace.dev_server.push()
    output.result({"push": push}, push_line(push), ok=push.ok)
    return 0 if push.ok else 1
