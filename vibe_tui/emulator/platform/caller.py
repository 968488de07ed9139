"""Who calls the Management API, and what they may see (the spec's `security` of each path)."""

from __future__ import annotations

import re

from aiohttp import web

from vibe_tui.emulator.platform import tokens
from vibe_tui.emulator.platform.answers import ApiError, not_found
from vibe_tui.emulator.platform.records import DeploymentRecord, Project, Team, Token
from vibe_tui.emulator.platform.state import State

_ID = re.compile("[0-9]{1,18}")


class Caller:
    """A living token and the state it was found in. Its lookups raise ApiError: 403 or 404."""

    def __init__(self, state: State, token: Token, bearer: str) -> None:
        self.state = state
        self.token = token
        self.bearer = bearer
        """The value as it was sent; only an OAuth token's deploy keys need it."""

    @classmethod
    def of(cls, request: web.Request, state: State) -> Caller:
        """Raises ApiError (401) for an absent, unknown, expired or revoked token."""
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not bearer.strip():
            raise ApiError(401, "MissingAccessToken", "Send an access token: Authorization: Bearer <token>.")
        token = tokens.find(state, bearer)
        if token is None:
            raise ApiError(401, "BadAccessToken", "This access token is unknown, expired or revoked.")
        return cls(state, token, bearer)

    @property
    def team_wide(self) -> bool:
        return self.token.kind in ("oauth team", "team")

    def require_team_wide(self) -> None:
        if not self.team_wide:
            raise _forbidden("This token does not reach a whole team.")

    def team(self, id_or_slug: str) -> Team:
        self.require_team_wide()
        team = self.state.team(id_or_slug)
        if team is None:
            raise not_found("Team", f"There is no team {id_or_slug!r}.")
        if team.id != self.token.team_id:
            raise _forbidden("This token belongs to another team.")
        return team

    def project(self, project_id: str) -> Project:
        project = self.state.project(int(project_id)) if _ID.fullmatch(project_id) else None
        if project is None:
            raise not_found("Project", f"There is no project {project_id!r}.")
        if not tokens.opens_project(self.token, team_id=project.team_id, project_id=project.id):
            raise _forbidden("This token does not reach this project.")
        return project

    def deployment(self, name: str) -> DeploymentRecord:
        record = self.state.deployment(name)
        if record is None:
            raise not_found("Deployment", f"There is no deployment {name!r}.")
        self.project(str(record.project_id))
        return record


def _forbidden(message: str) -> ApiError:
    return ApiError(403, "Forbidden", message)
