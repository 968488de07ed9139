"""What the commands on a deployment share: reaching it, beside whoever has the project open."""

from __future__ import annotations

import argparse
import json
from collections.abc import Awaitable, Callable

from vibe_tui.cli.context import context
from vibe_tui.cli.output import Output
from vibe_tui.cli.runner import run_until_done
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.reach import reach

Work = Callable[[DeploymentApi], Awaitable[int]]


def with_deployment(
    options: argparse.Namespace,
    output: Output,
    work: Work,
    *,
    on_interrupt: Callable[[], int] | None = None,
) -> int:
    """Run `work` on the project's deployment; its exit code."""
    return run_until_done(_reached(options, output, work), output, on_interrupt=on_interrupt)


async def _reached(options: argparse.Namespace, output: Output, work: Work) -> int:
    here = context(output)
    project = here.project(options, may_be_gone=True)

    def on_wait(seconds: float, reason: str) -> None:
        output.warn(f"{reason} Trying again in {seconds:.0f} s.")

    def on_line(line: str) -> None:
        output.say(line)

    async with reach(here.home, here.settings, project, on_line=on_line, on_wait=on_wait) as api:
        return await work(api)


def as_json(value: object, *, indent: int | None = None) -> str:
    """A readable value of a deployment as JSON text."""
    return json.dumps(value, ensure_ascii=False, indent=indent)
