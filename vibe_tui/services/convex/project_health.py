"""How a project stands beside its deployment: its schema file and its dev server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.local_schema import local_schema
from vibe_tui.services.convex.schema_diff import SchemaDiff, schema_diff
from vibe_tui.services.lease import holder
from vibe_tui.services.model import Project
from vibe_tui.services.paths import Home
from vibe_tui.services.project_folder import FolderGone
from vibe_tui.services.settings import Settings
from vibe_tui.services.terminal_text import clean, visible


@dataclass(frozen=True, slots=True)
class DevServerSeen:
    """What whoever has the project open publishes of its dev server."""

    command: str
    """Who has the project open, e.g. "vibe-tui dev"."""
    pid: int
    status: str
    """As in DevServerState."""
    since: str
    """ISO 8601, UTC; "" when it was never started."""
    last_push: str
    """How the last push ended, e.g. "deployed"; "" before the first."""
    pushed_at: str
    """ISO 8601, UTC; "" before the first push."""
    seconds: float
    reason: str
    """Why that push failed; "" when it did not."""


def dev_server_seen(home: Home, project: Project) -> DevServerSeen | None:
    """None when nobody has the project open. Blocking, but quick."""
    held = holder(home.lease(project.id))
    if held is None:
        return None
    push = held.status.get("last_push")
    push = push if isinstance(push, dict) else {}
    seconds = push.get("seconds")
    return DevServerSeen(
        clean(held.command),
        held.pid,
        _text(held.status.get("status")) or "stopped",
        _text(held.status.get("since")),
        _text(push.get("result")),
        _text(push.get("finished_at")),
        float(seconds) if isinstance(seconds, int | float) else 0.0,
        _text(push.get("reason")),
    )


async def compare_schema(api: DeploymentApi, home: Home, settings: Settings, project: Project) -> SchemaDiff:
    """What a push of the project's schema would change. Nothing is pushed.

    Raises FolderGone, what `local_schema` raises, HttpError and DeploymentRefused.
    """
    if not await asyncio.to_thread(project.folder.is_dir):
        raise FolderGone(
            f"The project's folder {visible(str(project.folder))} is gone, and its schema with it.",
            next_step="Move it back to compare the schema.",
        )
    local = await local_schema(project.folder, node_setting=settings.node, toolchains=home.toolchains)
    return schema_diff(await api.schema(), local.schema, local.file)


def _text(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""
