"""Convex's Management API (`/v1`), as far as connecting and disconnecting need it.

Source: https://api.convex.dev/v1/openapi.json. Every answer is checked: one that is not in the API's form
raises NotTheApi, never a KeyError. Refusals are the ApiErrors of services/http_errors.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

from vibe_tui.services.http import Api, OnWait, silent
from vibe_tui.services.http_errors import NotFound
from vibe_tui.services.http_failures import is_loopback, wrong_shape
from vibe_tui.services.secret import Secret

PAGE_SIZE = "100"
MOST_PAGES = 50
"""A listing that is longer does not end."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TokenDetails:
    """What a token opens: a team, or (team_id 0) one project."""

    team_id: int
    project_id: int


@dataclass(frozen=True, slots=True)
class ConvexProject:
    id: int
    name: str
    slug: str
    team_id: int
    team_slug: str
    dev: str = ""
    """The name of the caller's own dev deployment; "" when there is none, or it was not told."""
    prod: str = ""
    created: int = 0
    """Milliseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A deploy key or access token as it is listed."""

    name: str
    created: int
    """Milliseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class ProjectPage:
    projects: tuple[ConvexProject, ...]
    cursor: str
    """Leads to the next page; "" after the last."""


@dataclass(frozen=True, slots=True)
class CreatedProject:
    id: int
    slug: str
    deployment: str
    """The name of the deployment made with it; "" when there is none."""
    url: str


@dataclass(frozen=True, slots=True)
class ConvexDeployment:
    name: str
    url: str
    project_id: int = 0
    """0: not told."""
    type: str = "dev"
    """"dev", "prod", "preview" or "custom"."""


class ManagementApi:
    """The API of one platform with one token. Use it as a context manager."""

    def __init__(self, host: str, token: Secret, *, on_wait: OnWait = silent) -> None:
        self._api = Api(host.rstrip("/") + "/v1", token, on_wait=on_wait)

    async def __aenter__(self) -> Self:
        await self._api.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._api.__aexit__(kind, error, trace)

    async def token_details(self) -> TokenDetails:
        answer = self._object(await self._api.get("/token_details"))
        if answer.get("type") == "projectToken":
            return TokenDetails(team_id=0, project_id=self._field(answer, "projectId", int))
        return TokenDetails(team_id=self._field(answer, "teamId", int), project_id=0)

    # --- Projects ---------------------------------------------------------------------------------------

    async def list_projects(self, team_id: int, *, search: str = "") -> AsyncIterator[ConvexProject]:
        """The team's projects, newest first; `search` narrows by a part of the name or slug."""
        query = {"q": search} if search else {}
        async for item in self._pages(f"/teams/{team_id}/projects", **query):
            yield self._project(item)

    async def project_page(self, team_id: int, *, search: str, cursor: str, limit: int) -> ProjectPage:
        """One page of `list_projects`. cursor: of the page before; "": the first."""
        query = (
            {"limit": str(limit)} | ({"q": search} if search else {}) | ({"cursor": cursor} if cursor else {})
        )
        items, following = await self._page(f"/teams/{team_id}/projects", **query)
        return ProjectPage(tuple(map(self._project, items)), following)

    async def create_project(self, team_id: int, name: str) -> CreatedProject:
        """Make a project with a dev deployment. Not repeatable: twice makes two of the same name."""
        answer = self._object(
            await self._api.post(
                f"/teams/{team_id}/create_project",
                {"projectName": name, "deploymentType": "dev"},
                repeatable=False,
            )
        )
        return CreatedProject(
            id=self._field(answer, "id", int),
            slug=self._word(answer, "slug"),
            deployment=self._word(answer, "deploymentName") if answer.get("deploymentName") else "",
            url=self._url(answer) if answer.get("deploymentUrl") else "",
        )

    async def get_project(self, project_id: int) -> ConvexProject:
        return self._project(await self._api.get(f"/projects/{project_id}"))

    async def delete_project(self, project_id: int) -> None:
        """Delete it with its deployments and their data. Raises NotFound when it is gone."""
        await self._api.post(f"/projects/{project_id}/delete", repeatable=True)

    # --- Deployments ------------------------------------------------------------------------------------

    async def deployment(self, name: str) -> ConvexDeployment:
        """Raises NotFound when there is none of that name."""
        return self._deployment(await self._api.get(f"/deployments/{quote(name, safe='')}"))

    async def list_deployments(self, project_id: int) -> list[ConvexDeployment]:
        """Those that run at Convex; a local one runs on somebody's machine."""
        answer = await self._api.get(f"/projects/{project_id}/list_deployments")
        if not isinstance(answer, list):
            raise wrong_shape(self._api.host)
        return [self._deployment(it) for it in map(self._object, answer) if it.get("kind") == "cloud"]

    async def default_dev_deployment(self, project_id: int) -> ConvexDeployment | None:
        """The caller's own dev deployment of the project; None when there is none yet."""
        try:
            return self._deployment(
                await self._api.get(f"/projects/{project_id}/deployment", defaultDev="true")
            )
        except NotFound:
            return None

    async def create_dev_deployment(self, project_id: int) -> ConvexDeployment:
        return self._deployment(
            await self._api.post(
                f"/projects/{project_id}/create_deployment", {"type": "dev"}, repeatable=False
            )
        )

    async def production_deployment(self, project_id: int) -> ConvexDeployment | None:
        """The project's default production deployment; None when there is none yet."""
        try:
            return self._deployment(
                await self._api.get(f"/projects/{project_id}/deployment", defaultProd="true")
            )
        except NotFound:
            return None

    async def create_production_deployment(self, project_id: int) -> ConvexDeployment:
        return self._deployment(
            await self._api.post(
                f"/projects/{project_id}/create_deployment", {"type": "prod"}, repeatable=False
            )
        )

    async def deployment_names(self, project_id: int) -> list[str]:
        """Of the project's deployments at Convex, every type."""
        answer = await self._api.get(f"/projects/{project_id}/list_deployments")
        if not isinstance(answer, list):
            raise wrong_shape(self._api.host)
        rows = [self._object(item) for item in answer]
        return [self._word(row, "name") for row in rows if row.get("kind") != "local"]

    # --- Keys and tokens --------------------------------------------------------------------------------

    async def create_deploy_key(self, deployment: str, name: str, expires_at: int | None = None) -> Secret:
        """A key for the deployment. Made with an OAuth token it *is* that token, as wide as the team.

        expires_at: milliseconds since the epoch; None: never.
        """
        body: dict[str, object] = {"name": name} | ({"expiresAt": expires_at} if expires_at else {})
        answer = self._object(
            await self._api.post(_deployment_path(deployment, "create_deploy_key"), body, repeatable=False)
        )
        return self._secret(answer, "deployKey")

    async def deploy_keys(self, deployment: str) -> list[NamedKey]:
        answer = await self._api.get(_deployment_path(deployment, "list_deploy_keys"))
        if not isinstance(answer, list):
            raise wrong_shape(self._api.host)
        return [self._named(self._object(item)) for item in answer]

    async def deploy_key_names(self, deployment: str) -> list[str]:
        return [key.name for key in await self.deploy_keys(deployment)]

    async def delete_deploy_key(self, deployment: str, name: str) -> None:
        """Raises NotFound when there is none of that name."""
        await self._api.post(_deployment_path(deployment, "delete_deploy_key"), {"id": name}, repeatable=True)

    async def create_access_token(self, team_id: int, name: str, expires_at: int) -> Secret:
        """A team access token. expires_at: milliseconds since the epoch."""
        answer = self._object(
            await self._api.post(
                f"/teams/{team_id}/create_access_token",
                {"name": name, "expiresAt": expires_at},
                repeatable=False,
            )
        )
        return self._secret(answer, "accessToken")

    async def access_tokens(self, team_id: int) -> list[NamedKey]:
        """The team access tokens that this member made."""
        return [self._named(item) async for item in self._pages(f"/teams/{team_id}/list_access_tokens")]

    async def access_token_names(self, team_id: int) -> list[str]:
        return [token.name for token in await self.access_tokens(team_id)]

    async def delete_access_token(self, team_id: int, name_or_value: str) -> None:
        """Raises NotFound when there is none of that name or value."""
        await self._api.post(f"/teams/{team_id}/delete_access_token", {"id": name_or_value}, repeatable=True)

    # --- Answers ----------------------------------------------------------------------------------------

    async def _pages(self, path: str, **query: str) -> AsyncIterator[dict[str, object]]:
        cursor: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            items, following = await self._page(path, limit=PAGE_SIZE, **query, **cursor)
            for item in items:
                yield item
            if not following:
                return
            cursor = {"cursor": following}
        raise wrong_shape(self._api.host)

    async def _page(self, path: str, **query: str) -> tuple[list[dict[str, object]], str]:
        """The items of one page, and the cursor of the next; "" after the last."""
        answer = self._object(await self._api.get(path, **query))
        items = [self._object(item) for item in self._field(answer, "items", list)]
        pagination = self._object(answer.get("pagination"))
        more = self._field(pagination, "hasMore", bool)
        return items, self._field(pagination, "nextCursor", str) if more else ""

    def _project(self, answer: object) -> ConvexProject:
        given = self._object(answer)
        return ConvexProject(
            id=self._field(given, "id", int),
            name=self._field(given, "name", str),
            slug=self._word(given, "slug"),
            team_id=self._field(given, "teamId", int),
            team_slug=self._word(given, "teamSlug"),
            dev=self._word(given, "devDeploymentName") if given.get("devDeploymentName") else "",
            prod=self._word(given, "prodDeploymentName") if given.get("prodDeploymentName") else "",
            created=self._field(given, "createTime", int),
        )

    def _named(self, given: dict[str, object]) -> NamedKey:
        return NamedKey(self._field(given, "name", str), self._field(given, "creationTime", int))

    def _deployment(self, answer: object) -> ConvexDeployment:
        given = self._object(answer)
        return ConvexDeployment(
            name=self._word(given, "name"),
            # A local deployment (kind "local") has no URL: it runs on somebody's machine, not for us.
            url=self._url(given),
            project_id=self._field(given, "projectId", int),
            type=self._word(given, "deploymentType"),
        )

    def _object(self, answer: object) -> dict[str, object]:
        if not isinstance(answer, dict):
            raise wrong_shape(self._api.host)
        return answer

    def _field(self, given: dict[str, object], name: str, kind: type[T]) -> T:
        value = given.get(name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            raise wrong_shape(self._api.host)
        return value

    def _word(self, given: dict[str, object], name: str) -> str:
        """A text without blanks or control characters: it goes into URLs, files and onto the screen."""
        value = self._field(given, name, str)
        if not value.isascii() or not value.isprintable() or not value or " " in value:
            raise wrong_shape(self._api.host)
        return value

    def _url(self, given: dict[str, object]) -> str:
        value = self._word(given, "deploymentUrl").rstrip("/")
        if not value.startswith("https://") and not (value.startswith("http://") and is_loopback(value)):
            raise wrong_shape(self._api.host)
        return value

    def _secret(self, given: dict[str, object], name: str) -> Secret:
        return Secret(self._word(given, name))


def _deployment_path(deployment: str, action: str) -> str:
    return f"/deployments/{quote(deployment, safe='')}/{action}"
