"""Finding and removing what an interrupted provisioning may have left at Convex: always by our own names."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from vibe_tui.services.convex.journal import Journal
from vibe_tui.services.convex.management import ManagementApi
from vibe_tui.services.http_errors import NotFound, NotPermitted

LOOKS = (0.0, 3.0, 7.0)
"""Seconds to wait before each look: a request whose answer was lost may still be at work."""
MOST_OF_ONE_NAME = 10


async def find_project(api: ManagementApi, journal: Journal) -> int | None:
    """The id of the project of our name in the team, after several looks; None when there is none."""
    suffix = journal.convex_name.rpartition("-")[2]  # plain hex: no search takes it for something else
    for pause in LOOKS:
        await asyncio.sleep(pause)
        found = [
            project.id
            async for project in api.list_projects(journal.team_id, search=suffix)
            if project.name == journal.convex_name
        ]
        if found:
            return min(found)
    return None


async def delete_deploy_key(api: ManagementApi, journal: Journal) -> bool:
    """False when there was none."""
    return await delete_key(api, journal.deployment, journal.key_name)


async def delete_key(api: ManagementApi, deployment: str, name: str) -> bool:
    """Delete the deployment's keys of this name; False when there was none."""

    async def names() -> list[str]:
        return await api.deploy_key_names(deployment)

    return await _delete_named(name, names, lambda: api.delete_deploy_key(deployment, name))


async def delete_access_token(api: ManagementApi, journal: Journal) -> bool:
    """False when there was none, or when Convex lets this sign-in have none."""

    async def names() -> list[str]:
        try:
            return await api.access_token_names(journal.team_id)
        except NotPermitted:
            return []

    return await _delete_named(
        journal.token_name, names, lambda: api.delete_access_token(journal.team_id, journal.token_name)
    )


async def _delete_named(
    name: str, names: Callable[[], Awaitable[list[str]]], delete: Callable[[], Awaitable[None]]
) -> bool:
    """Delete everything of our name: lost answers may have left several, and a delete may take only one."""
    deleted = False
    for _ in range(MOST_OF_ONE_NAME):
        try:
            if name not in await names():
                break
            await delete()
        except NotFound:
            break
        deleted = True
    return deleted
