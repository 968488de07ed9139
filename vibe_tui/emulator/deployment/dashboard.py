"""What the read-only dashboard shows of a deployment, as plain data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from vibe_tui.emulator.deployment.code import CodeStore
from vibe_tui.emulator.deployment.database import Database
from vibe_tui.emulator.deployment.environment import Environment
from vibe_tui.emulator.deployment.logs import Entry, Logs
from vibe_tui.emulator.deployment.system_queries import SystemQueries

_DOCUMENTS_SHOWN = 50
_LOGS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class TableView:
    name: str
    count: int
    documents: tuple[str, ...]
    """The first 50, oldest first, each as JSON text. Untrusted."""


@dataclass(frozen=True, slots=True)
class FunctionView:
    identifier: str
    """E.g. "messages.js:send"."""
    type: str
    """"query", "mutation", "action", or "http" (the identifier is then "GET /path")."""
    visibility: str
    """ "public" or "internal"."""


@dataclass(frozen=True, slots=True)
class DashboardView:
    name: str
    project: str
    team: str
    url: str
    site_url: str
    tables: tuple[TableView, ...]
    functions: tuple[FunctionView, ...]
    logs: tuple[str, ...]
    """The newest 100 executions, newest first; one text each, with its log lines. Untrusted."""
    variables: tuple[str, ...]
    """Names only."""
    last_push: str | None
    """ISO 8601, UTC, whole seconds; None: nothing was pushed yet."""


def tables_of(database: Database, system: SystemQueries) -> tuple[TableView, ...]:
    views = []
    for name in system.table_names:
        documents = database.table(name)
        shown = tuple(json.dumps(d, ensure_ascii=False) for d in documents[:_DOCUMENTS_SHOWN])
        views.append(TableView(name, len(documents), shown))
    return tuple(views)


def functions_of(code: CodeStore) -> tuple[FunctionView, ...]:
    if code.live is None:
        return ()
    functions = [
        FunctionView(f.identifier, f.kind, "public" if f.public else "internal")
        for f in code.live.functions.values()
    ]
    routes = [FunctionView(f"{r['method']} {r['path']}", "http", "public") for r in code.live.http_routes]
    return (*functions, *routes)


def logs_of(logs: Logs) -> tuple[str, ...]:
    return tuple(_log_text(entry) for entry in reversed(logs.entries[-_LOGS_SHOWN:]))


def _log_text(entry: Entry) -> str:
    milliseconds = round(entry["executionTime"] * 1000)
    head = f"{iso(entry['timestamp'])} {entry['udfType']} {entry['identifier']} {milliseconds} ms"
    lines = [f"[{line['level']}] {' '.join(line['messages'])}" for line in entry["logLines"]]
    return "\n  ".join([head, *lines, *([entry["error"]] if entry["error"] else [])])


def iso(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601, UTC, whole seconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def variables_of(environment: Environment) -> tuple[str, ...]:
    return tuple(sorted(environment.values))
