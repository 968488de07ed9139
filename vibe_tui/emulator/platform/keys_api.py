"""Management API: deploy keys of a deployment."""

from __future__ import annotations

from aiohttp import web

from vibe_tui.emulator.platform import tokens, views
from vibe_tui.emulator.platform.answers import ApiError, Arguments, bad_request, not_found
from vibe_tui.emulator.platform.caller import Caller
from vibe_tui.emulator.platform.records import Token
from vibe_tui.emulator.platform.state import State
from vibe_tui.emulator.platform.state_file import StateFile

ACTIONS = (
    "deployment:deploy",
    "deployment:env:view",
    "deployment:env:write",
    "deployment:pause",
    "deployment:unpause",
    "deployment:logs:view",
    "deployment:metrics:view",
    "deployment:integrations:view",
    "deployment:integrations:write",
    "deployment:data:view",
    "deployment:data:write",
    "deployment:backups:view",
    "deployment:backups:create",
    "deployment:backups:download",
    "deployment:backups:delete",
    "deployment:backups:import",
    "deployment:functions:actAsUser",
    "deployment:functions:runInternalQueries",
    "deployment:functions:runInternalMutations",
    "deployment:functions:runInternalActions",
    "deployment:functions:runTestQuery",
    "deployment:auditLog:view",
    "deployment:usageLimits:view",
    "deployment:usageLimits:write",
    "deployment:usage:view",
)
"""What a key can be restricted to. The emulator lists it, but does not enforce it."""


class KeysApi:
    def __init__(self, states: StateFile) -> None:
        self._states = states

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/deployments/{deployment}/create_deploy_key", self.create),
            web.get("/v1/deployments/{deployment}/list_deploy_keys", self.list_keys),
            web.post("/v1/deployments/{deployment}/delete_deploy_key", self.delete),
        ]

    async def create(self, request: web.Request) -> web.Response:
        arguments = await Arguments.of(request, "name", "allowedActions", "expiresAt")
        name = arguments.text("name")
        actions = arguments.items("allowedActions")
        if any(action not in ACTIONS for action in actions):
            raise bad_request("BadJsonBody", "The field 'allowedActions' names an unknown action.")
        expires = arguments.expiry()
        async with self._states.change() as draft:
            caller = Caller.of(request, draft)
            record = caller.deployment(request.match_info["deployment"])
            if any(key.name == name for key in _keys(draft, record.name)):
                raise ApiError(409, "DuplicateName", "The deployment already has a deploy key of this name.")
            more = {
                "deployment": record.name,
                "expires": expires,
                "allowed_actions": actions or list(ACTIONS),
            }
            team_id = draft.project_of(record).team_id
            if caller.token.kind in ("oauth team", "oauth project"):
                # Faithful to the spec: through OAuth the key *is* the granted token, as wide as that is.
                secret = tokens.secret_of(caller.bearer)
                tokens.alias(draft, caller.token, name=name, **more)
            else:
                team_id = draft.project_of(record).team_id
                secret = tokens.mint(draft, "deployment", name=name, team_id=team_id, **more)
        return web.json_response({"deployKey": f"{record.type}:{record.name}|{secret}"})

    async def list_keys(self, request: web.Request) -> web.Response:
        state = self._states.state
        record = Caller.of(request, state).deployment(request.match_info["deployment"])
        return web.json_response([views.deploy_key(key) for key in _keys(state, record.name)])

    async def delete(self, request: web.Request) -> web.Response:
        """By the key's value, the part after the bar, or its name.

        A key that is an OAuth token loses its name here; the token itself lives on until it is deleted.
        """
        wanted = (await Arguments.of(request, "id")).text("id")
        async with self._states.change() as draft:
            record = Caller.of(request, draft).deployment(request.match_info["deployment"])
            digest = tokens.digest_of(wanted)
            gone = [key for key in _keys(draft, record.name) if wanted == key.name or digest == key.digest]
            if not gone:
                raise not_found("AccessToken", "The deployment has no such deploy key.")
            draft.tokens = [token for token in draft.tokens if token not in gone]
        return web.Response()


def _keys(state: State, deployment: str) -> list[Token]:
    return [token for token in state.tokens if token.deployment == deployment and token.alive]
