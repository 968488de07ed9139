"""Finding a Convex project and deployment that are there already."""

from __future__ import annotations

from vibe_tui.services.convex.connect import Target
from vibe_tui.services.convex.management import ConvexDeployment, ConvexProject, ManagementApi
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http_errors import HttpError, NotFound, NotPermitted
from vibe_tui.services.terminal_text import clean

FOR_DEVELOPMENT = ("dev", "custom")
"""The types of deployment that every change may be deployed to."""
_MOST_NAMED = 8


class ProjectNotInTeam(VibeError):
    """The team has no such project."""

    code = "project_not_in_team"


class DeploymentNotUsable(VibeError):
    """The deployment is not there, belongs elsewhere, or is not for development."""

    code = "deployment_not_usable"


async def find(api: ManagementApi, team_id: int, target: Target) -> tuple[ConvexProject, ConvexDeployment]:
    """What `target` names; the user's own dev deployment is made when the project has none yet.

    Raises ProjectNotInTeam, DeploymentNotUsable, HttpError.
    """
    if not target.deployment:
        project = await _project(api, team_id, target.attach)
        return project, await dev_deployment(api, project.id)
    deployment = await _deployment(api, target.deployment)
    project = await api.get_project(deployment.project_id)
    if project.team_id != team_id or (target.attach and target.attach not in (project.slug, str(project.id))):
        raise DeploymentNotUsable(
            f"The deployment {deployment.name} belongs to the project {project.slug} "
            f"of the team {project.team_slug}.",
            next_step="Give that project and team, or another deployment.",
        )
    return project, deployment


async def _project(api: ManagementApi, team_id: int, wanted: str) -> ConvexProject:
    if wanted.isascii() and wanted.isdecimal():
        try:
            project = await api.get_project(int(wanted))
        except (NotFound, NotPermitted):
            pass  # a slug may look like a number
        else:
            if project.team_id == team_id:
                return project
    like: list[str] = []
    for search in (wanted, ""):  # what the search looks into is up to Convex: without it nothing is missed
        async for project in api.list_projects(team_id, search=search):
            if wanted == project.slug:
                return project
            like.append(project.slug)
    named = ", ".join(dict.fromkeys(like[:_MOST_NAMED])) or "none"
    more = ", …" if len(set(like)) > _MOST_NAMED else ""
    raise ProjectNotInTeam(
        f"The team has no project {clean(wanted)}. It has {named}{more}.",
        next_step="Choose one of them (`--attach` with its slug or id).",
    )


async def _deployment(api: ManagementApi, name: str) -> ConvexDeployment:
    try:
        deployment = await api.deployment(name)
    except NotFound:
        raise DeploymentNotUsable(
            f"There is no deployment {clean(name)}.",
            next_step="Its name is in its address: https://NAME.convex.cloud.",
        ) from None
    if deployment.type not in FOR_DEVELOPMENT:
        raise DeploymentNotUsable(
            f"{deployment.name} is a {deployment.type} deployment, and the dev server deploys every change.",
            next_step="Choose a dev deployment, or your own (without `--deployment`).",
        )
    return deployment


async def dev_deployment(api: ManagementApi, project_id: int) -> ConvexDeployment:
    """The caller's own dev deployment of the project, made if need be."""
    found = await api.default_dev_deployment(project_id)
    if found is not None:
        return found
    try:
        return await api.create_dev_deployment(project_id)
    except HttpError as error:
        if not error.answer_lost:
            raise
        found = await api.default_dev_deployment(project_id)
        if found is None:
            raise
        return found
