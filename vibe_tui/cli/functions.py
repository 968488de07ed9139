"""`vibe-tui functions`: what the deployment has, and what each takes."""

from __future__ import annotations

import argparse

from vibe_tui.cli.deployment import with_deployment
from vibe_tui.cli.output import Output
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.deployment_functions import FunctionSpec
from vibe_tui.services.convex.validators import signature
from vibe_tui.services.terminal_text import clean


def run(options: argparse.Namespace, output: Output) -> int:
    return with_deployment(options, output, lambda api: _functions(output, api))


async def _functions(output: Output, api: DeploymentApi) -> int:
    specs = await api.functions.all()
    output.result(
        {"functions": [_plain(spec) for spec in specs]},
        "\n".join(map(_line, specs)) or "No functions yet: `vibe-tui push` deploys convex/.",
    )
    return 0


def _plain(spec: FunctionSpec) -> dict[str, object]:
    if spec.type == "http":
        return {"name": spec.name, "type": "http", "visibility": "public"}
    return {
        "name": spec.name,
        "type": spec.type,
        "visibility": "public" if spec.public else "internal",
        "args": clean(signature(spec.args)),
        "returns": clean(signature(spec.returns)),
        "example": spec.example,
    }


def _line(spec: FunctionSpec) -> str:
    return f"{spec.type:<8}  {spec.signature}{'' if spec.public else '  (internal)'}"
