"""The projects and deployments of a team, for whoever picks the one to connect to."""

from __future__ import annotations

from dataclasses import dataclass

from vibe_tui.services.convex.management import ConvexDeployment, ManagementApi, ProjectPage

PAGE = 50
"""Projects on a page."""


@dataclass(frozen=True, slots=True)
class Picked:
    """What to connect to."""

    project_id: int
    deployment: str = ""
    """"": the user's own dev deployment, made if need be."""


class Catalogue:
    """What the sign-in opens. Reads only; every method raises HttpError."""

    def __init__(self, api: ManagementApi, team_id: int, team: str) -> None:
        """team: its slug; "" where Convex does not tell it."""
        self._api = api
        self._team_id = team_id
        self.team = team

    async def page(self, search: str = "", cursor: str = "") -> ProjectPage:
        """A page of the team's projects, those whose name has `search` in it; cursor: of the page before."""
        return await self._api.project_page(self._team_id, search=search, cursor=cursor, limit=PAGE)

    async def deployments(self, project_id: int) -> list[ConvexDeployment]:
        """Those of the project that run at Convex."""
        return await self._api.list_deployments(project_id)
