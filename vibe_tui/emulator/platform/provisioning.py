"""Making and removing deployments: the rules of the API, the running process and the saved state together."""

from __future__ import annotations

import logging
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from vibe_tui.emulator.hosting import Hosting
from vibe_tui.emulator.platform.answers import ApiError, bad_request
from vibe_tui.emulator.platform.names import free_name
from vibe_tui.emulator.platform.records import DeploymentRecord, Project, now
from vibe_tui.emulator.platform.state import State
from vibe_tui.emulator.platform.state_file import StateFile

_log = logging.getLogger(__name__)

DEPLOYMENTS_PER_TEAM = 40
"""Convex's limit for free teams."""


@asynccontextmanager
async def change(states: StateFile, hosting: Hosting) -> AsyncIterator[State]:
    """Like `states.change()`; deployments that were started for a change that failed are removed again."""
    draft: State | None = None
    saved = False
    try:
        async with states.change() as draft:
            yield draft
        saved = True
    finally:
        if draft is not None and not saved:
            for record in draft.deployments:
                if states.state.deployment(record.name) is None:
                    await hosting.remove(record.name)


async def add_deployment(
    state: State,
    hosting: Hosting,
    project: Project,
    *,
    kind: str,
    reference: str | None = None,
    is_default: bool | None = None,
    expires: int | None = None,
) -> DeploymentRecord:
    """Start a new deployment of `project` and add it to the draft `state`. Raises ApiError."""
    default = reference is None if is_default is None else is_default
    if kind not in ("dev", "prod"):
        if is_default:
            raise bad_request("InvalidDeploymentType", "Only dev and prod deployments can be the default.")
        default = False
    if default and state.default_deployment(project.id, kind):
        raise ApiError(
            409, "DefaultDeploymentExists", f"The project already has a default {kind} deployment."
        )
    if reference and any(row.reference == reference for row in state.deployments_of(project.id)):
        raise ApiError(409, "DuplicateReference", f"The project already has a deployment {reference!r}.")
    used = sum(len(state.deployments_of(row.id)) for row in state.projects_of(project.team_id))
    if used >= DEPLOYMENTS_PER_TEAM:
        message = f"Your team has reached its limit of {DEPLOYMENTS_PER_TEAM} deployments. Delete a project."
        raise bad_request("ProjectQuotaReached", message)
    name = free_name({row.name for row in state.deployments} | set(state.removed))
    record = DeploymentRecord(
        id=state.new_id(),
        name=name,
        project_id=project.id,
        type=kind,
        reference=reference or f"{kind}/{name}",
        is_default=default,
        created=now(),
        expires=expires,
    )
    try:
        await hosting.start(record, project=project.slug, team=state.team_of(project).slug)
    except OSError as error:
        message = f"The emulator cannot start the deployment: {error.strerror or error}."
        raise ApiError(500, "InternalServerError", message) from error
    state.deployments.append(record)
    return record


async def finish_removals(states: StateFile, hosting: Hosting) -> None:
    """Delete the data of deleted deployments; what fails is tried again at the next start."""
    gone = []
    for name in states.state.removed:
        try:
            await hosting.remove(name)
        except (OSError, shutil.Error) as error:
            _log.error("The data of %s could not be deleted: %s", name, error)
        else:
            gone.append(name)
    if gone:
        async with states.change() as draft:
            draft.removed = [name for name in draft.removed if name not in gone]
