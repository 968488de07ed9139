"""`vibe-tui deploy --production`: one `npx convex deploy`, confirmed by typing the project's name."""

from __future__ import annotations

import argparse

from vibe_tui.cli.context import context
from vibe_tui.cli.disconnect import NotConfirmed
from vibe_tui.cli.output import Output
from vibe_tui.cli.progress import follow_log, push_line
from vibe_tui.cli.runner import run_until_done
from vibe_tui.cli.typed import typed_answer
from vibe_tui.services.convex.production import ProductionPlan
from vibe_tui.services.workspace import open_workspace


def run(options: argparse.Namespace, output: Output) -> int:
    return run_until_done(_deploy(options, output), output)


async def _deploy(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    project = here.project(options)
    async with open_workspace(here.home, here.settings, project, command="vibe-tui deploy") as workspace:
        plan = await workspace.production.plan()
        output.say(_what(plan))
        output.event("plan", plan)
        typed = await typed_answer("Type the project's name to deploy to production:")
        if typed != plan.project:
            raise NotConfirmed(
                "That is not its name. Nothing was deployed.", next_step="Type it when asked, or pipe it in."
            )
        follow_log(workspace.convex_log, output)
        done = await workspace.production.deploy(typed)
    output.result(
        {
            "project": plan.project,
            "deployment": done.deployment,
            "url": done.url,
            "push": done.push,
            "key_left": done.key_left,
        },
        f"Production {done.deployment}: {push_line(done.push)}\n{done.url}",
        ok=done.push.ok,
    )
    return 0 if done.push.ok else 1


def _what(plan: ProductionPlan) -> str:
    where = f"{plan.deployment} ({plan.url})" if plan.deployment else "a new production deployment"
    return (
        f"To production: {where} of the project {plan.project}, team {plan.team}.\n"
        f"{len(plan.files)} files: {', '.join(plan.files)}"
    )
