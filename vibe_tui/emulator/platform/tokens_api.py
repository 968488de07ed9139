"""Management API: teams and access tokens."""

from __future__ import annotations

from aiohttp import web

from vibe_tui.emulator.platform import tokens, views
from vibe_tui.emulator.platform.answers import ApiError, Arguments, bad_request, not_found
from vibe_tui.emulator.platform.caller import Caller
from vibe_tui.emulator.platform.paging import one_page
from vibe_tui.emulator.platform.records import Token
from vibe_tui.emulator.platform.state import State
from vibe_tui.emulator.platform.state_file import StateFile


class TokensApi:
    def __init__(self, states: StateFile) -> None:
        self._states = states

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/token_details", self.details),
            web.post("/v1/teams/create_team", self.create_team),
            web.post("/v1/teams/{team}/create_access_token", self.create),
            web.get("/v1/teams/{team}/list_access_tokens", self.list_tokens),
            web.post("/v1/teams/{team}/delete_access_token", self.delete),
        ]

    async def details(self, request: web.Request) -> web.Response:
        token = Caller.of(request, self._states.state).token
        view = {"id": token.id, "name": token.name, "createTime": token.created}
        if token.kind in ("oauth team", "team"):
            return web.json_response({"type": "teamToken", "teamId": token.team_id, **view})
        if token.kind == "oauth project":
            return web.json_response({"type": "projectToken", "projectId": token.project_id, **view})
        raise ApiError(403, "Forbidden", "A deploy key opens one deployment, not the Management API.")

    async def create_team(self, request: web.Request) -> web.Response:
        """The new team is reached by authorising again and choosing it."""
        arguments = await Arguments.of(request, "name", "defaultRegion")
        name = arguments.text("name").strip()
        region = arguments.text("defaultRegion")
        if region != views.REGION:
            raise bad_request("InvalidRegion", f"The emulator knows one region: {views.REGION}.")
        async with self._states.change() as draft:
            Caller.of(request, draft).require_team_wide()
            team = draft.add_team(name)
        answer = {"id": team.id, "name": team.name, "slug": team.slug, "creator": views.MEMBER_ID}
        answer |= {"suspended": False, "referralCode": "", "defaultRegion": region}
        return web.json_response(answer, status=201)

    async def create(self, request: web.Request) -> web.Response:
        arguments = await Arguments.of(request, "name", "expiresAt")
        expires = arguments.expiry()
        async with self._states.change() as draft:
            caller = Caller.of(request, draft)
            team = caller.team(request.match_info["team"])
            if caller.token.kind != "oauth team":
                raise ApiError(403, "Forbidden", "A team access token cannot make another one.")
            name = arguments.optional_text("name") or f"token {draft.last_id + 1}"
            if any(token.name == name for token in _tokens(draft, team.id)):
                raise ApiError(409, "DuplicateName", "The team already has an access token of this name.")
            secret = tokens.mint(draft, "team", name=name, team_id=team.id, expires=expires)
        return web.json_response({"accessToken": secret, "tokenType": "bearer"}, status=201)

    async def list_tokens(self, request: web.Request) -> web.Response:
        state = self._states.state
        team = Caller.of(request, state).team(request.match_info["team"])
        rows = sorted(_tokens(state, team.id), key=lambda token: token.id, reverse=True)
        shown, cursor = one_page(request, rows, default=10)
        return web.json_response(views.page([views.access_token(row) for row in shown], cursor))

    async def delete(self, request: web.Request) -> web.Response:
        """By name: team access tokens. By value: also an OAuth token of the team, even the caller's."""
        wanted = (await Arguments.of(request, "id")).text("id")
        async with self._states.change() as draft:
            team = Caller.of(request, draft).team(request.match_info["team"])
            by_value = tokens.find(draft, wanted)
            if by_value is not None and by_value.kind != "deployment" and by_value.team_id == team.id:
                gone = [by_value]
            else:
                gone = [token for token in _tokens(draft, team.id) if token.name == wanted]
            if not gone:
                raise not_found("AccessToken", "The team has no such access token.")
            for token in gone:
                tokens.revoke(draft, token.digest)
        return web.Response()


def _tokens(state: State, team_id: int) -> list[Token]:
    return [it for it in state.tokens if it.kind == "team" and it.team_id == team_id and it.alive]
