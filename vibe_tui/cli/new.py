"""`vibe-tui new`."""

from __future__ import annotations

import argparse
from pathlib import Path

from vibe_tui.cli.context import context
from vibe_tui.cli.output import Output


def run(options: argparse.Namespace, output: Output) -> int:
    folder = Path(options.dir or options.name).expanduser().absolute()
    project = context(output).projects.new_from_template(options.name, folder, sandbox=options.sandbox)
    method = " --with oauth" if project.sandbox == "e2b" else ""
    output.result(
        {"project": project},
        f"Made {project.name} in {project.folder}.\nNext: vibe-tui connect --project {project.name}{method}",
    )
    return 0
