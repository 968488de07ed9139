"""`vibe-tui dev`: the dev server in the foreground, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio

from vibe_tui.cli.context import context
from vibe_tui.cli.output import Output
from vibe_tui.cli.progress import follow_log, push_line, tell
from vibe_tui.cli.runner import run_until_done
from vibe_tui.services.convex.dev_server import DevServerEvent, PushFinished
from vibe_tui.services.model import DevServerState
from vibe_tui.services.workspace import open_workspace


def run(options: argparse.Namespace, output: Output) -> int:
    def stopped() -> int:
        output.result({"stopped": True}, "Dev server stopped.")
        return 0

    return run_until_done(_dev(options, output), output, on_interrupt=stopped)


async def _dev(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    project = here.project(options)
    async with open_workspace(here.home, here.settings, project, command="vibe-tui dev") as workspace:
        follow_log(workspace.convex_log, output)

        def show(what: DevServerState | DevServerEvent) -> None:
            tell(output, what)
            if isinstance(what, PushFinished):
                output.say(push_line(what.push))

        workspace.dev_server.subscribe(show)
        await workspace.backend.target()  # not connected: say so now instead of watching in vain
        push = await workspace.dev_server.start()
        state = "Dev server running" if push.ok else "Dev server watching, though that push failed"
        output.say(f"{state}: every change in convex/ deploys itself. Ctrl-C stops it.")
        await asyncio.Event().wait()
    raise AssertionError("the dev server ends by a signal only")
