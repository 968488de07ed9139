"""`POST /oauth/token`: an authorization code becomes an access token (RFC 6749 4.1.3 and 5)."""

from __future__ import annotations

import hmac

from aiohttp import web
from multidict import MultiMapping

from vibe_tui.emulator.platform import tokens
from vibe_tui.emulator.platform.authorize_request import CLIENT_ID, CLIENT_NAME
from vibe_tui.emulator.platform.codes import Codes, Grant, InvalidGrant
from vibe_tui.emulator.platform.form import read_form
from vibe_tui.emulator.platform.state import State
from vibe_tui.emulator.platform.state_file import StateFile

_FIELDS = ("client_id", "client_secret", "grant_type", "redirect_uri", "code", "code_verifier")


class _Refused(Exception):
    """An error answer (RFC 6749 5.2)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


class TokenEndpoint:
    def __init__(self, states: StateFile, codes: Codes, client_secret: str) -> None:
        self._states = states
        self._codes = codes
        self._client_secret = client_secret

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/oauth/token", self.exchange)]

    async def exchange(self, request: web.Request) -> web.Response:
        try:
            return _no_store({"access_token": await self._token(request), "token_type": "bearer"})
        except _Refused as refused:
            answer = {"error": refused.error, "error_description": refused.description}
            return _no_store(answer, status=refused.status)

    async def _token(self, request: web.Request) -> str:
        if request.content_type != "application/x-www-form-urlencoded":
            raise _Refused("invalid_request", "Send a form: application/x-www-form-urlencoded.")
        form = await read_form(request)
        self._check_client(form)
        if form.get("grant_type") != "authorization_code":
            raise _Refused("unsupported_grant_type", "The grant_type must be authorization_code.")
        for name in ("code", "redirect_uri"):
            if not form.get(name):
                raise _Refused("invalid_request", f"The parameter {name} is missing.")
        try:
            verifier = form.get("code_verifier")
            grant = self._codes.redeem(form["code"], redirect_uri=form["redirect_uri"], verifier=verifier)
        except InvalidGrant as error:
            if error.revoke is not None:
                async with self._states.change() as draft:
                    tokens.revoke(draft, error.revoke)
            raise _Refused("invalid_grant", str(error)) from error
        async with self._states.change() as draft:
            return _grant(draft, grant)

    def _check_client(self, form: MultiMapping[str]) -> None:
        for name in _FIELDS:
            if len(form.getall(name, [])) > 1:
                raise _Refused("invalid_request", f"The parameter {name} was given twice.")
        known = form.get("client_id") == CLIENT_ID
        given = form.get("client_secret", "").encode(errors="replace")
        if not hmac.compare_digest(given, self._client_secret.encode()) or not known:
            raise _Refused("invalid_client", "The client_id or the client_secret is wrong or missing.", 401)


def _grant(draft: State, grant: Grant) -> str:
    """Mint the token and note on the grant which one it was. Returns it with its prefix."""
    team = draft.team(grant.team_id)
    assert team is not None, "a team is never removed"
    if grant.project_id is None:
        secret = tokens.mint(draft, "oauth team", name=CLIENT_NAME, team_id=team.id)
        prefix = f"team:{team.slug}"
    else:
        project = draft.project(grant.project_id)
        if project is None:
            raise _Refused("invalid_grant", "The project was deleted since.")
        secret = tokens.mint(draft, "oauth project", name=CLIENT_NAME, team_id=team.id, project_id=project.id)
        prefix = f"project:{team.slug}:{project.slug}"
    grant.gave = tokens.digest_of(secret)
    return f"{prefix}|{secret}"


def _no_store(answer: dict[str, str], *, status: int = 200) -> web.Response:
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return web.json_response(answer, status=status, headers=headers)
