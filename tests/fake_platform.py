"""Convex's platform as far as connecting needs it, in memory: a stand-in whose state tests can look at.

It follows the Management API's specification, also in what is awkward: names need not be unique, and a
deploy key made with an OAuth token is that token.
"""

from __future__ import annotations

import hashlib
import html
import itertools
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from fault_server import Request, Response, html_response, json_response

CLIENT_ID = "test-client"
CLIENT_SECRET = "not-much-of-a-secret"
TEAM_ID = 7
TEAM = "acme"


@dataclass
class FakePlatform:
    """Serve it as a FaultServer's handler. `host` is where that listens: deployments get URLs there."""

    host: str = ""
    deployments_made: bool = True
    """Whether create_project makes the deployment that it was asked for."""
    team_tokens_allowed: bool = True
    grants_end: bool = True
    """Whether delete_access_token takes the value of an OAuth token."""
    team_id: int = TEAM_ID
    projects: dict[int, dict[str, Any]] = field(default_factory=dict)
    deployments: dict[str, int] = field(default_factory=dict)
    """Name -> project id."""
    types: dict[str, str] = field(default_factory=dict)
    """Of deployments that are not for development, by name."""
    teams: list[dict[str, Any]] = field(
        default_factory=lambda: [{"id": TEAM_ID, "name": "Acme", "slug": TEAM}]
    )
    """Those that personal tokens open."""
    keys: list[dict[str, str]] = field(default_factory=list)
    """Deploy keys: deployment, name, value, maker ("oauth" or "team")."""
    tokens: list[dict[str, Any]] = field(default_factory=list)
    """Team access tokens, OAuth tokens and personal tokens: kind, name, value, team."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    exchanged: list[dict[str, str]] = field(default_factory=list)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(100))

    async def __call__(self, request: Request) -> Response:
        for pattern, method in _ROUTES:
            matched = re.fullmatch(pattern, str(request))
            if matched:
                answer: Response = method(self, request, *matched.groups())
                return answer
        return _refuse(404, "NotFound", "No such path")

    @property
    def live_keys(self) -> list[str]:
        return [key["name"] for key in self.keys]

    @property
    def team_tokens(self) -> list[str]:
        return [token["name"] for token in self.tokens if token["kind"] == "team"]

    @property
    def oauth_tokens(self) -> list[str]:
        return [token["value"] for token in self.tokens if token["kind"] == "oauth"]

    def revoke_everything(self) -> None:
        self.tokens.clear()

    def has_project(self, name: str, *, team: int = TEAM_ID, type: str = "") -> str:
        """Make a project that was there before; with a deployment of `type`, whose name is returned."""
        number = next(self._ids)
        self.projects[number] = self._project(number, name, team)
        if not type:
            return ""
        deployment = self._deployment(number)
        self.types[deployment] = type
        return deployment

    def has_token(self, kind: Literal["team", "personal"]) -> str:
        """Make a token that the user has already."""
        value = secrets.token_urlsafe(16)
        self.tokens.append({"kind": kind, "name": "mine", "value": value, "team": self.team_id})
        return value

    def has_key(self, deployment: str) -> str:
        """Make a deploy key that the user has already."""
        value = f"{self.types.get(deployment, 'dev')}:{deployment}|{secrets.token_urlsafe(16)}"
        self.keys.append({"deployment": deployment, "name": "mine", "maker": "user", "value": value})
        return value

    # --- OAuth ------------------------------------------------------------------------------------------

    def consent(self, request: Request) -> Response:
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(value, quote=True)}">'
            for name, value in request.query.items()
        )
        return html_response(
            f'<html><form method="post" action="{request.path}">{fields}'
            f'<select name="team"><option value="other">Other<option value="{TEAM}" selected>Acme</select>'
            '<button name="decision" value="authorize">Authorize</button>'
            '<button name="decision" value="cancel">Cancel</button></form></html>'
        )

    def decide(self, request: Request) -> Response:
        form = request.form
        if form.get("decision") != "authorize" or form.get("team") != TEAM:
            query = urlencode({"error": "access_denied", "state": form["state"]})
            return Response(302, headers={"Location": f"{form['redirect_uri']}?{query}"})
        query = urlencode({"code": self.code_for(form), "state": form["state"]})
        return Response(302, headers={"Location": f"{form['redirect_uri']}?{query}"})

    def code_for(self, asked: dict[str, str]) -> str:
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return code

    def token(self, request: Request) -> Response:
        form = request.form
        self.exchanged.append(form)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return json_response({"error": "invalid_client"}, 401)
        asked = self.codes.pop(form["code"], None)
        digest = urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if (
            asked is None
            or form["redirect_uri"] != asked["redirect_uri"]
            or digest.rstrip(b"=").decode() != asked["code_challenge"]
        ):
            return json_response({"error": "invalid_grant"}, 400)
        value = f"team:{TEAM}|{secrets.token_urlsafe(16)}"
        self.tokens.append({"kind": "oauth", "name": "oauth", "value": value, "team": self.team_id})
        return json_response({"access_token": value, "token_type": "bearer"})

    # --- Management API ---------------------------------------------------------------------------------

    def details(self, request: Request) -> Response:
        token = self._token_of(request)
        if token is None:
            return _signed_out()
        if token["kind"] == "personal":
            return _refuse(403, "Forbidden", "A personal token is for no team")
        return json_response(
            {"type": "teamToken", "id": 1, "teamId": token["team"], "name": "t", "createTime": 1}
        )

    def list_projects(self, request: Request, team: str) -> Response:
        if self._token_of(request) is None:
            return _signed_out()
        wanted = request.query.get("q", "")
        rows = [row for row in self.projects.values() if wanted in row["name"] and row["teamId"] == int(team)]
        start = int(request.query.get("cursor", "0"))
        page = {"hasMore": start + 2 < len(rows)}  # two on a page: so that paging is met
        if page["hasMore"]:
            page["nextCursor"] = str(start + 2)
        return json_response({"items": rows[start : start + 2], "pagination": page})

    def create_project(self, request: Request, team: str) -> Response:
        if self._token_of(request) is None:
            return _signed_out()
        name, number = request.json["projectName"], next(self._ids)
        self.projects[number] = self._project(number, name, int(team))
        answer = {"projectId": number, "id": number, "slug": name.lower()}
        if self.deployments_made:
            answer |= {"deploymentName": self._deployment(number), "deploymentUrl": self.host}
        return json_response(answer)

    def get_project(self, request: Request, number: str) -> Response:
        row = self.projects.get(int(number))
        return json_response(row) if row else _refuse(404, "ProjectNotFound", "No such project")

    def delete_project(self, request: Request, number: str) -> Response:
        if self._token_of(request) is None:
            return _signed_out()
        if self.projects.pop(int(number), None) is None:
            return _refuse(404, "ProjectNotFound", "No such project")
        gone = {name for name, project in self.deployments.items() if project == int(number)}
        self.keys = [key for key in self.keys if key["deployment"] not in gone]
        self.deployments = {name: it for name, it in self.deployments.items() if name not in gone}
        return Response()

    def deployment_of(self, request: Request, number: str) -> Response:
        for name, project in self.deployments.items():
            if project == int(number) and self.types.get(name, "dev") == "dev":
                return json_response(self._view(name))
        return _refuse(404, "DeploymentNotFound", "No such deployment")

    def list_deployments(self, request: Request, number: str) -> Response:
        if self._token_of(request) is None:
            return _signed_out()
        names = [name for name, project in self.deployments.items() if project == int(number)]
        return json_response([*map(self._view, names), {"kind": "local"}])

    def create_deployment(self, request: Request, number: str) -> Response:
        return json_response(self._view(self._deployment(int(number))))

    def create_key(self, request: Request, deployment: str) -> Response:
        token = self._token_of(request)
        if token is None:
            return _signed_out()
        wide = token["kind"] == "oauth"
        value = token["value"].partition("|")[2] if wide else secrets.token_urlsafe(16)
        key = {"deployment": deployment, "name": request.json["name"], "maker": token["kind"]}
        self.keys.append({**key, "value": f"dev:{deployment}|{value}"})
        return json_response({"deployKey": self.keys[-1]["value"]})

    def list_keys(self, request: Request, deployment: str) -> Response:
        if self._token_of(request) is None:
            return _signed_out()
        if deployment not in self.deployments:
            return _refuse(404, "DeploymentNotFound", "No such deployment")
        row = {"id": 1, "creationTime": 1, "allowedActions": []}
        return json_response(
            [{**row, "name": key["name"]} for key in self.keys if key["deployment"] == deployment]
        )

    def delete_key(self, request: Request, deployment: str) -> Response:
        wanted = next((key for key in self.keys if key["name"] == request.json["id"]), None)
        if wanted is None:
            return _refuse(404, "KeyNotFound", "No such key")
        self.keys.remove(wanted)
        return Response()

    def create_token(self, request: Request, team: str) -> Response:
        if not self.team_tokens_allowed:
            return _refuse(403, "Forbidden", "Members may not make access tokens")
        value = secrets.token_urlsafe(16)
        self.tokens.append(
            {"kind": "team", "name": request.json["name"], "value": value, "team": int(team), **request.json}
        )
        return json_response({"accessToken": value, "tokenType": "bearer"}, 201)

    def list_tokens(self, request: Request, team: str) -> Response:
        if self._token_of(request) is None:
            return _signed_out()
        items = [{"id": 1, "creationTime": 1, "name": name} for name in self.team_tokens]
        return json_response({"items": items, "pagination": {"hasMore": False}})

    def delete_token(self, request: Request, team: str) -> Response:
        if self._token_of(request) is None:
            return _signed_out()
        wanted = request.json["id"]
        for token in self.tokens:
            by_name = token["kind"] == "team" and token["name"] == wanted
            if by_name or (token["value"] == wanted and (token["kind"] == "team" or self.grants_end)):
                self.tokens.remove(token)
                return Response()
        return _refuse(404, "AccessTokenNotFound", "No such token")

    def canonical_urls(self, request: Request) -> Response:
        known = {f"Convex {key['value']}" for key in self.keys}
        if request.headers.get("authorization") not in known:
            return _refuse(403, "BadDeployKey", "Not a key of this deployment")
        return json_response({"convexCloudUrl": self.host, "convexSiteUrl": f"{self.host}/site"})

    def deployment(self, request: Request, name: str) -> Response:
        if name not in self.deployments:
            return _refuse(404, "DeploymentNotFound", "No such deployment")
        return json_response(self._view(name))

    # --- What only the CLI uses -------------------------------------------------------------------------

    def list_teams(self, request: Request) -> Response:
        token = self._token_of(request)
        if token is None:
            return _signed_out()
        return json_response(
            [row for row in self.teams if token["kind"] == "personal" or row["id"] == token["team"]]
        )

    def url_for_key(self, request: Request) -> Response:
        if self._of_key(request) is None:
            return _refuse(403, "BadDeployKey", "No such key")
        return json_response(self.host)

    def owner_of_key(self, request: Request) -> Response:
        deployment = self._of_key(request)
        if deployment is None:
            return _refuse(403, "BadDeployKey", "No such key")
        project = self.projects[self.deployments[deployment]]
        answer = {"team": TEAM, "teamId": project["teamId"]}
        answer |= {"project": project["slug"], "projectId": project["id"]}
        return json_response(answer)

    # --- Pieces -----------------------------------------------------------------------------------------

    def _token_of(self, request: Request) -> dict[str, Any] | None:
        value = request.headers.get("authorization", "").removeprefix("Bearer ")
        return next((token for token in self.tokens if token["value"] == value), None)

    def _of_key(self, request: Request) -> str | None:
        wanted = request.json["deployKey"]
        return next((key["deployment"] for key in self.keys if key["value"] == wanted), None)

    def _project(self, number: int, name: str, team: int) -> dict[str, Any]:
        return {
            "id": number,
            "name": name,
            "slug": name.lower(),
            "teamId": team,
            "teamSlug": TEAM if team == TEAM_ID else "other",
            "createTime": 1,
        }

    def _deployment(self, project: int) -> str:
        name = f"happy-otter-{next(self._ids)}"
        self.deployments[name] = project
        return name

    def _view(self, name: str) -> dict[str, object]:
        return {
            "kind": "cloud",
            "name": name,
            "deploymentUrl": self.host,
            "deploymentType": self.types.get(name, "dev"),
            "projectId": self.deployments[name],
        }


def _refuse(status: int, code: str, message: str) -> Response:
    return json_response({"code": code, "message": message}, status)


def _signed_out() -> Response:
    return _refuse(401, "Unauthenticated", "The token is not valid")


_ROUTES: list[tuple[str, Callable[..., Response]]] = [
    (r"GET /oauth/authorize/team", FakePlatform.consent),
    (r"POST /oauth/authorize/team", FakePlatform.decide),
    (r"POST /oauth/token", FakePlatform.token),
    (r"GET /v1/token_details", FakePlatform.details),
    (r"GET /v1/teams/(\d+)/projects", FakePlatform.list_projects),
    (r"POST /v1/teams/(\d+)/create_project", FakePlatform.create_project),
    (r"GET /v1/projects/(\d+)", FakePlatform.get_project),
    (r"POST /v1/projects/(\d+)/delete", FakePlatform.delete_project),
    (r"GET /v1/projects/(\d+)/deployment", FakePlatform.deployment_of),
    (r"POST /v1/projects/(\d+)/create_deployment", FakePlatform.create_deployment),
    (r"GET /v1/projects/(\d+)/list_deployments", FakePlatform.list_deployments),
    (r"GET /v1/deployments/([^/]+)", FakePlatform.deployment),
    (r"POST /v1/deployments/([^/]+)/create_deploy_key", FakePlatform.create_key),
    (r"GET /v1/deployments/([^/]+)/list_deploy_keys", FakePlatform.list_keys),
    (r"POST /v1/deployments/([^/]+)/delete_deploy_key", FakePlatform.delete_key),
    (r"POST /v1/teams/(\d+)/create_access_token", FakePlatform.create_token),
    (r"GET /v1/teams/(\d+)/list_access_tokens", FakePlatform.list_tokens),
    (r"POST /v1/teams/(\d+)/delete_access_token", FakePlatform.delete_token),
    (r"GET /api/teams", FakePlatform.list_teams),
    (r"POST /api/deployment/url_for_key", FakePlatform.url_for_key),
    (r"POST /api/deployment/team_and_project_for_key", FakePlatform.owner_of_key),
    (r"GET /api/v1/get_canonical_urls", FakePlatform.canonical_urls),
]
