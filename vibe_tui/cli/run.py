"""`vibe-tui run`: one function, with the project's key."""

from __future__ import annotations

import argparse

from vibe_tui.cli.deployment import as_json, with_deployment
from vibe_tui.cli.output import Output
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.values import parse
from vibe_tui.services.errors import VibeError


class FunctionThrew(VibeError):
    """The function ran, and failed."""

    code = "function_failed"


def run(options: argparse.Namespace, output: Output) -> int:
    args = parse(options.args)
    return with_deployment(options, output, lambda api: _run(options.name, args, output, api))


async def _run(name: str, args: object, output: Output, api: DeploymentApi) -> int:
    spec = await api.functions.find(name)
    ended = await api.functions.run(spec, args)
    for line in ended.log_lines:
        output.say(line)
    told = {"function": ended.function, "logs": ended.log_lines, "seconds": round(ended.seconds, 3)}
    if ended.error is None:
        output.result({**told, "value": ended.value}, as_json(ended.value, indent=2))
        return 0
    error = ended.error
    where = f"{error.file}:{error.line}" if error.file else ""
    more = {"request_id": error.request_id, "file": error.file, "line": error.line}
    if error.has_data:
        more["data"] = error.data
    problem = FunctionThrew(
        error.message, next_step=f"It threw at {where}." if where else "Its logs: `vibe-tui logs`."
    )
    return output.fail(problem, {**told, "failure": more})
