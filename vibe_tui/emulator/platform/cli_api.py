"""What the Convex CLI 1.48 asks of `CONVEX_PROVISION_HOST` with a deploy key (not in the spec)."""

from __future__ import annotations

from aiohttp import web

from vibe_tui.emulator.hosting import Hosting
from vibe_tui.emulator.platform import tokens, views
from vibe_tui.emulator.platform.answers import ApiError, Arguments
from vibe_tui.emulator.platform.caller import Caller
from vibe_tui.emulator.platform.records import DeploymentRecord
from vibe_tui.emulator.platform.state_file import StateFile


class CliApi:
    def __init__(self, states: StateFile, hosting: Hosting) -> None:
        self._states = states
        self._hosting = hosting

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/deployment/url_for_key", self.url_for_key),
            web.post("/api/deployment/team_and_project_for_key", self.team_and_project_for_key),
            web.head("/api/authorize", self.authorize),
            web.get("/api/teams", self.teams),
        ]

    async def url_for_key(self, request: web.Request) -> web.Response:
        return web.json_response(views.deployment_url(await self._of_key(request), self._hosting))

    async def team_and_project_for_key(self, request: web.Request) -> web.Response:
        record = await self._of_key(request)
        state = self._states.state
        project = state.project_of(record)
        answer = {
            "team": state.team_of(project).slug,
            "project": project.slug,
            "teamId": project.team_id,
            "projectId": project.id,
            "reference": record.reference,
            "isDefault": record.is_default,
        }
        return web.json_response(answer)

    async def authorize(self, request: web.Request) -> web.Response:
        Caller.of(request, self._states.state)
        return web.Response()

    async def teams(self, request: web.Request) -> web.Response:
        state = self._states.state
        caller = Caller.of(request, state)
        caller.require_team_wide()
        rows = [team for team in state.teams if team.id == caller.token.team_id]
        return web.json_response([{"id": row.id, "name": row.name, "slug": row.slug} for row in rows])

    async def _of_key(self, request: web.Request) -> DeploymentRecord:
        """The deployment that the body's `deployKey` names and opens."""
        key = (await Arguments.of(request, "deployKey")).text("deployKey")
        state = self._states.state
        name = key.partition("|")[0].partition(":")[2]
        record = state.deployment(name)
        if record is None or not tokens.may_administer(state, name, key):
            raise ApiError(
                403, "BadDeployKey", "This deploy key is unknown, revoked or for another deployment."
            )
        return record
