"""`vibe-tui projects`."""

from __future__ import annotations

import argparse
from pathlib import Path

from vibe_tui.cli.context import Context, context
from vibe_tui.cli.output import Output, plain
from vibe_tui.cli.status import state_name
from vibe_tui.services.convex.journal import JournalFile, connection_of
from vibe_tui.services.lease import holder
from vibe_tui.services.model import Connected, Project

_EMPTY = "No projects yet. Make one: vibe-tui new my-app"


def run(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    if options.forget:
        return _forget(here, options.forget, output)
    rows = [_row(here, project) for project in here.projects.all()]
    output.result({"projects": rows}, "\n".join(_line(row) for row in rows) or _EMPTY)
    return 0


def _forget(here: Context, name: str, output: Output) -> int:
    project = here.projects.find(name, Path.cwd(), may_be_gone=True)
    here.projects.forget(project.id)
    output.result({"forgotten": project.name}, f"Forgot {project.name}. Its folder {project.folder} stays.")
    return 0


def _row(here: Context, project: Project) -> dict[str, object]:
    held = holder(here.home.lease(project.id))
    connection = connection_of(JournalFile(here.projects.document(project.id)).read())
    return {
        **plain(project),
        "there": project.folder.is_dir(),
        "connection": state_name(connection),
        "deployment": connection.deployment if isinstance(connection, Connected) else None,
        "open_in": held.command if held else None,
    }


def _line(row: dict[str, object]) -> str:
    state = "○ not connected"
    if row["connection"] == "connected":
        state = f"● {row['deployment']}"
    elif row["connection"] != "not connected":
        state = "◐ connecting was not finished"
    if not row["there"]:
        state = "folder is gone"
    return f"{row['name']!s:<20} {state:<34} {row['folder']}"
