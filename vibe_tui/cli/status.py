"""`vibe-tui status`: reads, changes nothing, and starts quickly (no event loop, no network)."""

from __future__ import annotations

import argparse
from typing import Any

from vibe_tui.cli.context import context
from vibe_tui.cli.output import Output, plain
from vibe_tui.services.convex.journal import JournalFile, connection_of
from vibe_tui.services.lease import Holder, holder
from vibe_tui.services.model import Connected, Connecting, Connection, Failed

_BACKENDS = {
    "emulator": "emulated Convex on this computer",
    "cloud": "Convex cloud",
    "self-hosted": "a Convex backend of your own",
    "local-backend": "Convex's local backend on this computer",
}


def run(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    project = here.project(options, may_be_gone=True)
    connection = connection_of(JournalFile(here.projects.document(project.id)).read())
    held = holder(here.home.lease(project.id))
    rows = [
        ("Project", project.name),
        ("Folder", f"{project.folder}{'' if project.folder.is_dir() else '  (gone)'}"),
        ("Sandbox", "this computer" if project.sandbox == "local" else "E2B (see `vibe-tui sandbox status`)"),
        *_connection_rows(connection),
        ("Dev server", _dev_server(held)),
    ]
    if held:
        rows.append(("Open in", f"{held.command} (process {held.pid}, since {held.since})"))
    output.result(
        {
            "project": project,
            "connection": {"state": state_name(connection), **_details(connection)},
            "dev_server": dict(held.status) if held and held.status else {"status": "stopped"},
            "open_in": held and {"command": held.command, "pid": held.pid, "since": held.since},
        },
        "\n".join(f"{title + ':':<12} {text}" for title, text in rows),
    )
    return 0


def state_name(connection: Connection) -> str:
    """As scripts see it: "not connected", "connecting", "connected" or "failed"."""
    return {"NotConnected": "not connected"}.get(type(connection).__name__, type(connection).__name__.lower())


def _details(connection: Connection) -> dict[str, Any]:
    details = plain(connection)
    if isinstance(connection, Connected):
        details["dashboard_url"] = connection.dashboard_url
    return details


def _connection_rows(connection: Connection) -> list[tuple[str, str]]:
    match connection:
        case Connected():
            named = ", ".join(it for it in (connection.project, f"deployment {connection.deployment}") if it)
            rows = [
                ("Convex", f"● Connected to {_BACKENDS[connection.backend]}"),
                ("Team", connection.team),
                ("Convex app", named + (" (it was there before)" if connection.attached else "")),
                ("Address", connection.url),
                ("Dashboard", connection.dashboard_url),
                ("Key", f"{connection.key_name} ({connection.key_reach})".lstrip()),
            ]
            return [row for row in rows if row[1]]
        case Connecting():
            return [
                (
                    "Convex",
                    f"◐ Connecting was not finished ({connection.step}/{connection.of} {connection.title})",
                ),
                ("", "Run `vibe-tui connect` to finish it."),
            ]
        case Failed():
            return [("Convex", f"✗ {connection.step}: {connection.reason}"), ("", connection.next_step)]
        case _:
            return [("Convex", "○ Not connected")]


def _dev_server(held: Holder | None) -> str:
    status = dict(held.status) if held and held.status else {}
    text = str(status.get("status", "stopped"))
    push = status.get("last_push")
    if isinstance(push, dict):
        text += f", last push {push.get('result')} in {float(push.get('seconds') or 0):.1f} s"
        if push.get("reason"):
            text += f": {push['reason']}"
    return text
