from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fault_server import FaultServer, Request, Response, json_response

from vibe_tui.services.convex.management import CreatedProject, ManagementApi, TokenDetails
from vibe_tui.services.http_errors import NotFound, NotTheApi, SignedOut
from vibe_tui.services.secret import Secret

PROJECT = {"id": 5, "name": "App", "slug": "app", "teamId": 7, "teamSlug": "acme", "createTime": 1}
DEPLOYMENT = {"kind": "cloud", "name": "happy-otter-1", "deploymentUrl": "https://happy-otter-1.convex.cloud"}


class Canned:
    """Answers each path with what the test put there."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Response]] = {}

    def put(self, request: str, *answers: object) -> None:
        self.answers[request] = [
            answer if isinstance(answer, Response) else json_response(answer) for answer in answers
        ]

    async def __call__(self, request: Request) -> Response:
        return self.answers[str(request)].pop(0)


@pytest.fixture
async def world() -> AsyncIterator[tuple[Canned, FaultServer, ManagementApi]]:
    canned = Canned()
    async with FaultServer(canned) as server, ManagementApi(server.host, Secret("a-token-for-tests")) as api:
        yield canned, server, api


def body(server: FaultServer) -> Any:
    return json.loads(server.requests[-1].body)


async def test_sends_the_token_as_bearer(world) -> None:
    canned, server, api = world
    canned.put(
        "GET /v1/token_details", {"type": "teamToken", "id": 1, "teamId": 7, "name": "x", "createTime": 1}
    )
    assert await api.token_details() == TokenDetails(team_id=7, project_id=0)
    assert server.requests[0].headers["authorization"] == "Bearer a-token-for-tests"


async def test_a_project_token_has_no_team(world) -> None:
    canned, _, api = world
    canned.put("GET /v1/token_details", {"type": "projectToken", "id": 1, "projectId": 5, "name": "x"})
    assert await api.token_details() == TokenDetails(team_id=0, project_id=5)


async def test_lists_all_pages(world) -> None:
    canned, server, api = world
    canned.put(
        "GET /v1/teams/7/projects",
        {"items": [PROJECT], "pagination": {"hasMore": True, "nextCursor": "c1"}},
        {"items": [{**PROJECT, "id": 6}], "pagination": {"hasMore": False}},
    )
    assert [project.id async for project in api.list_projects(7, search="ap p")] == [5, 6]
    assert [request.query for request in server.requests] == [
        {"limit": "100", "q": "ap p"},
        {"limit": "100", "q": "ap p", "cursor": "c1"},
    ]


async def test_a_listing_that_never_ends_is_given_up(world) -> None:
    canned, _, api = world
    page = {"items": [], "pagination": {"hasMore": True, "nextCursor": "again"}}
    canned.put("GET /v1/teams/7/projects", *[page] * 60)
    with pytest.raises(NotTheApi):
        [project async for project in api.list_projects(7)]


async def test_creates_a_project_with_a_dev_deployment(world) -> None:
    canned, server, api = world
    made = {
        "projectId": 5,
        "id": 5,
        "slug": "app",
        "deploymentName": "d-1",
        "deploymentUrl": "https://d-1.convex.cloud",
    }
    canned.put("POST /v1/teams/7/create_project", made)
    assert await api.create_project(7, "App") == CreatedProject(5, "app", "d-1", "https://d-1.convex.cloud")
    assert body(server) == {"projectName": "App", "deploymentType": "dev"}


async def test_a_missing_deployment_is_no_failure(world) -> None:
    canned, _, api = world
    canned.put("POST /v1/teams/7/create_project", {"projectId": 5, "id": 5, "slug": "app"})
    assert (await api.create_project(7, "App")).deployment == ""
    canned.put("GET /v1/projects/5/deployment", json_response({"code": "X", "message": "no"}, 404))
    assert await api.default_dev_deployment(5) is None


async def test_keys_and_tokens(world) -> None:
    canned, server, api = world
    canned.put("POST /v1/deployments/d-1/create_deploy_key", {"deployKey": "dev:d-1|test"})
    assert (await api.create_deploy_key("d-1", "ours")).reveal() == "dev:d-1|test"
    assert body(server) == {"name": "ours"}
    canned.put("GET /v1/deployments/d-1/list_deploy_keys", [{"id": 1, "name": "ours", "creationTime": 1}])
    assert await api.deploy_key_names("d-1") == ["ours"]
    canned.put("POST /v1/deployments/d-1/delete_deploy_key", Response())
    await api.delete_deploy_key("d-1", "ours")
    assert body(server) == {"id": "ours"}
    canned.put(
        "POST /v1/teams/7/create_access_token", json_response({"accessToken": "t", "tokenType": "b"}, 201)
    )
    assert (await api.create_access_token(7, "ours", 1234)).reveal() == "t"
    assert body(server) == {"name": "ours", "expiresAt": 1234}
    canned.put("POST /v1/teams/7/delete_access_token", json_response({"code": "X", "message": "no"}, 404))
    with pytest.raises(NotFound):
        await api.delete_access_token(7, "ours")


async def test_a_name_cannot_leave_its_place_in_the_path(world) -> None:
    _, server, api = world
    server.fail(".*", "answer", json_response([]))
    await api.deploy_key_names("../teams/7?x")
    assert server.requests[0].target == "/v1/deployments/..%2Fteams%2F7%3Fx/list_deploy_keys"


async def test_a_revoked_token_is_told_as_such(world) -> None:
    canned, _, api = world
    canned.put("GET /v1/token_details", json_response({"code": "Unauthenticated", "message": "no"}, 401))
    with pytest.raises(SignedOut):
        await api.token_details()


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "text",
        {},
        {**PROJECT, "id": "5"},
        {**PROJECT, "id": True},
        {**PROJECT, "slug": None},
        {**PROJECT, "slug": "a\x1b]0;b"},
        {**PROJECT, "teamSlug": ""},
    ],
)
async def test_a_project_of_another_shape_is_not_the_api(world, answer) -> None:
    canned, _, api = world
    canned.put("GET /v1/projects/5", answer)
    with pytest.raises(NotTheApi):
        await api.get_project(5)


@pytest.mark.parametrize(
    "url",
    ["", "http://evil.example", "ftp://x", "https://a b", "https://x\nCONVEX_DEPLOY_KEY=evil", None, 5],
)
async def test_a_url_that_must_not_get_into_files_is_not_the_api(world, url) -> None:
    canned, _, api = world
    canned.put("GET /v1/projects/5/deployment", {**DEPLOYMENT, "deploymentUrl": url})
    with pytest.raises(NotTheApi):
        await api.default_dev_deployment(5)


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", 5])
async def test_a_key_that_must_not_get_into_files_is_not_the_api(world, key) -> None:
    canned, _, api = world
    canned.put("POST /v1/deployments/d-1/create_deploy_key", {"deployKey": key})
    with pytest.raises(NotTheApi):
        await api.create_deploy_key("d-1", "ours")


@pytest.mark.parametrize(
    "page", [{"items": {}}, {"items": [], "pagination": {}}, {"items": [1], "pagination": {"hasMore": False}}]
)
async def test_a_page_of_another_shape_is_not_the_api(world, page) -> None:
    canned, _, api = world
    canned.put("GET /v1/teams/7/projects", page)
    with pytest.raises(NotTheApi):
        [project async for project in api.list_projects(7)]
