"""`vibe-tui health`: how the deployment stands, and what pushing the schema would change in it."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
from typing import Any

from vibe_tui.cli.context import Context, context
from vibe_tui.cli.deployment import with_deployment
from vibe_tui.cli.output import Output
from vibe_tui.services.convex.backend import NotConnectedYet
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.health_report import (
    deployment_rows,
    dev_server_row,
    schema_lines,
    schema_title,
)
from vibe_tui.services.convex.journal import JournalFile, connection_of
from vibe_tui.services.convex.local_schema import SchemaBroken
from vibe_tui.services.convex.project_health import compare_schema, dev_server_seen
from vibe_tui.services.convex.schema_diff import SchemaDiff
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected, Project


def run(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    project = here.project(options, may_be_gone=True)
    return with_deployment(options, output, lambda api: _health(output, here, project, api))


async def _health(output: Output, here: Context, project: Project, api: DeploymentApi) -> int:
    connection = connection_of(JournalFile(here.projects.document(project.id)).read())
    if not isinstance(connection, Connected):  # disconnected this very moment
        raise NotConnectedYet
    health = await api.health()
    seen = await asyncio.to_thread(dev_server_seen, here.home, project)
    rows = [*deployment_rows(connection, health), dev_server_row(seen)]
    text = "\n".join(f"{row.title + ':' if row.title else '':<14}{row.text}" for row in rows)
    data: dict[str, Any] = {
        "deployment": connection.deployment,
        "backend": connection.backend,
        "health": dataclasses.asdict(health),
        "key": {"name": connection.key_name, "narrow": connection.narrow},
        "dev_server": dataclasses.asdict(seen) if seen else None,
    }
    try:
        diff = await compare_schema(api, here.home, here.settings, project)
    except VibeError as problem:
        output.say(text)
        place = dataclasses.asdict(problem.problem) if isinstance(problem, SchemaBroken) else None
        return output.fail(problem, {**data, "schema": None, "problem": place})
    schema = {**dataclasses.asdict(diff), "same": diff.same}
    output.result({**data, "schema": schema}, f"{text}\n\n{_schema_text(diff)}")
    return 0


def _schema_text(diff: SchemaDiff) -> str:
    lines = (f"  {'    ' * line.depth}{line.mark} {line.text}" for line in schema_lines(diff))
    return "\n".join((schema_title(diff), *lines))
