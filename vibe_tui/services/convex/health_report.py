"""A project's health in words, the same ones on the page and on the command line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vibe_tui.services.convex.deployment_health import Health, Metric
from vibe_tui.services.convex.project_health import DevServerSeen
from vibe_tui.services.convex.schema_diff import Change, Difference, SchemaDiff
from vibe_tui.services.model import BackendKind, Connected
from vibe_tui.services.terminal_text import visible

_BACKENDS: dict[BackendKind, str] = {
    "emulator": "emulated Convex on this computer",
    "local-backend": "Convex's local backend on this computer",
    "cloud": "Convex cloud",
    "self-hosted": "a Convex backend of your own",
}
Mark = Literal["+", "-", "~"]
_MARKS: dict[Change, Mark] = {"added": "+", "removed": "-", "changed": "~"}
_RUNS: dict[str, str] = {"running": "●", "pushing": "↻", "starting": "↻", "failed": "✗", "unreachable": "✗"}


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    """ "" goes on with the row before."""
    text: str
    """On one line. Untrusted text in it is made visible."""


@dataclass(frozen=True, slots=True)
class SchemaLine:
    """One thing that pushing the schema would add (+), remove (-) or change (~)."""

    mark: Mark
    depth: int
    """0: a table; 1: a field or an index of it."""
    text: str


def deployment_rows(connection: Connected, health: Health) -> list[Row]:
    info = health.info
    kind = f" ({info.type})" if info.type else ""
    rows = [
        Row("Deployment", connection.deployment + kind),
        Row("Where", _BACKENDS[connection.backend]),
        Row("Project", " / ".join(one for one in (connection.team, connection.project) if one)),
        Row("Address", health.url or connection.url),
        Row("HTTP actions", health.site_url or connection.site_url),
        Row("Last push", _last_push(health)),
        Row("Key", f"{connection.key_name} {connection.key_reach}".lstrip()),
        *_usage_rows(health),
    ]
    return [Row(row.title, visible(row.text)) for row in rows if row.text]


def dev_server_row(seen: DevServerSeen | None) -> Row:
    if seen is None:
        return Row("Dev server", "○ stopped: nobody has the project open")
    text = f"{_RUNS.get(seen.status, '○')} {seen.status}"
    if seen.since and seen.status != "stopped":
        text += f" since {_clock(seen.since)}"
    if seen.last_push:
        text += f", last push {seen.last_push} in {seen.seconds:.1f} s"
    who = f"in {seen.command} (process {seen.pid})" if seen.pid else "in another process"
    return Row("Dev server", visible(f"{text}; {who}"))


def schema_title(diff: SchemaDiff) -> str:
    """One sentence on how the project's schema and the deployed one stand to each other."""
    if not diff.file:
        return (
            "There is no convex/schema.ts here; pushing would take the deployed schema away."
            if diff.deployed
            else "There is no schema, neither here nor in the deployment."
        )
    file = visible(diff.file)
    if not diff.deployed:
        return f"No schema is deployed yet; pushing would add {file}."
    if diff.same:
        return f"{file} is what is deployed."
    return f"Pushing {file} would add (+), remove (-) and change (~):"


def schema_lines(diff: SchemaDiff) -> list[SchemaLine]:
    lines: list[SchemaLine] = []
    if diff.validation:
        lines.append(SchemaLine("~", 0, f"checking documents against the schema is {diff.validation}"))
    for table in diff.tables:
        stays = "; its documents stay" if table.change == "removed" else ""
        lines.append(SchemaLine(_MARKS[table.change], 0, f"table {visible(table.name)}{stays}"))
        if table.change != "removed":
            lines += [_line(it, visible(it.name) or "documents") for it in table.fields]
            lines += [_line(it, f"index {visible(it.name)}") for it in table.indexes]
    return lines


def _line(difference: Difference, name: str) -> SchemaLine:
    told = " → ".join(visible(one) for one in (difference.before, difference.after) if one)
    return SchemaLine(_MARKS[difference.change], 1, f"{name}: {told}")


def _last_push(health: Health) -> str:
    if health.last_push is None:
        return "none yet, or not told"
    at = datetime.fromtimestamp(health.last_push / 1000).astimezone()
    by = f", by Convex CLI {health.version}" if health.version else ""
    return f"{_ago(time.time() - health.last_push / 1000)} ({at:%Y-%m-%d %H:%M}){by}"


def _ago(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return "just now"


def _usage_rows(health: Health) -> Iterator[Row]:
    if health.usage is None:
        yield Row("Usage", "not told by this deployment")
        return
    if health.usage.seeded != "complete":
        yield Row("Usage", "still being counted: the numbers may be too small")
    for place, metric in enumerate(health.usage.metrics):
        first = place == 0 and health.usage.seeded == "complete"
        yield Row("Usage" if first else "", _used(metric))


def _used(metric: Metric) -> str:
    return f"{metric.name}: {metric.day:,.6g} {metric.unit} today, {metric.month:,.6g} this month"


def _clock(when: str) -> str:
    try:
        return datetime.fromisoformat(when).astimezone().strftime("%H:%M")
    except ValueError:  # written by another version
        return when
