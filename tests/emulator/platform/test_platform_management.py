"""The Management API: projects, deployments, variables, rights. Every answer is checked against the spec."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.emulator.platform.platform_client import Form, PlatformClient


@pytest.fixture
async def token(platform: PlatformClient) -> str:
    return await platform.token()


async def create(platform: PlatformClient, token: str, name: str, kind: str | None = "dev") -> Any:
    body = {"projectName": name} if kind is None else {"projectName": name, "deploymentType": kind}
    return await platform.ok("POST", "/teams/1/create_project", token, body)


async def test_token_details_name_the_team(platform: PlatformClient, token: str) -> None:
    details = await platform.ok("GET", "/token_details", token)
    assert (details["type"], details["teamId"]) == ("teamToken", 1)


async def test_a_project_with_its_development_deployment(platform: PlatformClient, token: str) -> None:
    made = await create(platform, token, "My App")
    assert made["slug"] == "my-app"
    assert made["id"] == made["projectId"]
    project = await platform.ok("GET", f"/projects/{made['id']}", token)
    assert project["devDeploymentName"] == made["deploymentName"]
    assert (project["name"], project["teamSlug"]) == ("My App", "personal")
    assert await platform.ok("GET", "/teams/personal/projects/my-app", token) == project
    deployment = await platform.ok("GET", f"/projects/{made['id']}/deployment?defaultDev=true", token)
    assert deployment["deploymentUrl"] == made["deploymentUrl"]
    assert await platform.ok("GET", f"/deployments/{made['deploymentName']}", token) == deployment
    path = "/teams/personal/projects/my-app/deployment"
    assert await platform.ok("GET", f"{path}?reference={deployment['reference']}", token) == deployment
    assert await platform.deployment_status(made["deploymentUrl"], token) == 200


async def test_a_project_without_a_deployment_gets_one_later(platform: PlatformClient, token: str) -> None:
    made = await create(platform, token, "bare", None)
    assert "deploymentName" not in made
    path = f"/projects/{made['id']}"
    missing = await platform.api("GET", f"{path}/deployment?defaultDev=true", token)
    assert (missing.status, missing.body["code"]) == (404, "DeploymentNotFound")
    dev = await platform.ok("POST", f"{path}/create_deployment", token, {"type": "dev"})
    assert dev["isDefault"]
    extra = {"type": "dev", "reference": "dev/second"}
    second = await platform.ok("POST", f"{path}/create_deployment", token, extra)
    assert not second["isDefault"]
    again = await platform.api("POST", f"{path}/create_deployment", token, extra)
    assert (again.status, again.body["code"]) == (409, "DuplicateReference")
    default = await platform.api("POST", f"{path}/create_deployment", token, {"type": "dev"})
    assert (default.status, default.body["code"]) == (409, "DefaultDeploymentExists")
    prod = await platform.ok("POST", f"{path}/create_deployment", token, {"type": "prod"})
    listed = await platform.ok("GET", f"{path}/list_deployments", token)
    assert [it["name"] for it in listed] == [dev["name"], second["name"], prod["name"]]
    listed = await platform.ok("GET", f"{path}/list_deployments?deploymentType=dev&isDefault=true", token)
    assert [it["name"] for it in listed] == [dev["name"]]
    project = await platform.ok("GET", path, token)
    assert project["prodDeploymentName"] == prod["name"]


async def test_projects_are_listed_in_pages_newest_first(platform: PlatformClient, token: str) -> None:
    made = [(await create(platform, token, f"app {number}", None))["id"] for number in range(5)]
    first = await platform.ok("GET", "/teams/1/projects?limit=2", token)
    assert first["pagination"]["hasMore"]
    cursor = first["pagination"]["nextCursor"]
    second = await platform.ok("GET", f"/teams/1/projects?limit=2&cursor={cursor}", token)
    cursor = second["pagination"]["nextCursor"]
    third = await platform.ok("GET", f"/teams/1/projects?limit=2&cursor={cursor}", token)
    assert third["pagination"] == {"hasMore": False}
    shown = [row["id"] for page in (first, second, third) for row in page["items"]]
    assert shown == list(reversed(made))
    found = await platform.ok("GET", "/teams/1/projects?q=APP%203", token)
    assert [row["name"] for row in found["items"]] == ["app 3"]


async def test_a_second_project_of_the_same_name_gets_another_slug(
    platform: PlatformClient, token: str
) -> None:
    slugs = [(await create(platform, token, "My App!", None))["slug"] for _ in range(3)]
    assert slugs[0] == "my-app"
    assert len(set(slugs)) == 3
    assert all(slug.startswith("my-app-") for slug in slugs[1:])


async def test_deleting_a_project_stops_and_removes_its_deployments(
    platform: PlatformClient, token: str, folder: Any
) -> None:
    kept, gone = await create(platform, token, "kept"), await create(platform, token, "gone")
    assert folder.deployment(gone["deploymentName"]).exists()
    await platform.ok("POST", f"/projects/{gone['id']}/delete", token)
    for path in (f"/projects/{gone['id']}", f"/deployments/{gone['deploymentName']}"):
        assert (await platform.api("GET", path, token)).status == 404
    assert (await platform.api("POST", f"/projects/{gone['id']}/delete", token)).status == 404
    assert not folder.deployment(gone["deploymentName"]).exists()
    with pytest.raises(OSError, match="Cannot connect"):
        await platform.deployment_status(gone["deploymentUrl"], token)
    assert await platform.deployment_status(kept["deploymentUrl"], token) == 200
    published = folder.published.read_text()
    assert kept["deploymentName"] in published
    assert gone["deploymentName"] not in published


async def test_deleting_one_deployment_leaves_the_project(platform: PlatformClient, token: str) -> None:
    made = await create(platform, token, "app")
    await platform.ok("POST", f"/deployments/{made['deploymentName']}/delete", token)
    assert await platform.ok("GET", f"/projects/{made['id']}/list_deployments", token) == []
    assert "devDeploymentName" not in await platform.ok("GET", f"/projects/{made['id']}", token)


async def test_the_quota_of_a_team_is_forty_deployments(platform: PlatformClient, token: str) -> None:
    project = (await create(platform, token, "many", None))["id"]
    path = f"/projects/{project}/create_deployment"
    bodies = [{"type": "dev", "reference": f"dev/{number}"} for number in range(40)]
    await asyncio.gather(*(platform.ok("POST", path, token, body) for body in bodies))
    full = await platform.api("POST", path, token, {"type": "dev", "reference": "dev/one-too-many"})
    assert (full.status, full.body["code"]) == (400, "ProjectQuotaReached")
    body = {"projectName": "more", "deploymentType": "dev"}
    full = await platform.api("POST", "/teams/1/create_project", token, body)
    assert (full.status, full.body["code"]) == (400, "ProjectQuotaReached")
    names = [row["name"] for row in (await platform.ok("GET", "/teams/1/projects", token))["items"]]
    assert names == ["many"]


async def test_default_environment_variables(platform: PlatformClient, token: str) -> None:
    path = f"/projects/{(await create(platform, token, 'app', None))['id']}"
    changes = [{"name": "SHARED", "deploymentType": kind, "value": "same"} for kind in ("dev", "prod")] + [
        {"name": "ONLY_DEV", "deploymentType": "dev", "value": "1"}
    ]
    update = f"{path}/update_default_environment_variables"
    await platform.ok("POST", update, token, {"changes": changes})
    listing = f"{path}/list_default_environment_variables"
    items = (await platform.ok("GET", listing, token))["items"]
    assert items == [
        {"name": "ONLY_DEV", "value": "1", "deploymentTypes": ["dev"]},
        {"name": "SHARED", "value": "same", "deploymentTypes": ["dev", "prod"]},
    ]
    gone = {"changes": [{"name": "SHARED", "deploymentType": "dev", "value": None}]}
    await platform.ok("POST", update, token, gone)
    items = (await platform.ok("GET", f"{listing}?deploymentType=prod&name=SHARED", token))["items"]
    assert items == [{"name": "SHARED", "value": "same", "deploymentTypes": ["prod"]}]
    bad = {"changes": [{"name": "not a name", "deploymentType": "dev", "value": "x"}]}
    assert (await platform.api("POST", update, token, bad)).status == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/teams/1/create_project", {}),
        ("POST", "/teams/1/create_project", {"projectName": " "}),
        ("POST", "/teams/1/create_project", {"projectName": "x" * 200}),
        ("POST", "/teams/1/create_project", {"projectName": "\ud800"}),
        ("POST", "/teams/1/create_project", {"projectName": 3}),
        ("POST", "/teams/1/create_project", {"projectName": "app", "deploymentType": "local"}),
        ("POST", "/teams/1/create_project", {"projectName": "app", "surprise": True}),
        ("POST", "/teams/1/create_project", ["app"]),
        ("POST", "/teams/1/create_access_token", {"expiresAt": 1}),
        ("POST", "/teams/create_team", {"name": "x", "defaultRegion": "moon"}),
        ("GET", "/teams/1/projects?limit=0", None),
        ("GET", "/teams/1/projects?limit=101", None),
        ("GET", "/teams/1/projects?limit=%C2%B2", None),
        ("GET", "/teams/1/projects?cursor=here", None),
    ],
)
async def test_bad_arguments_are_refused(
    platform: PlatformClient, token: str, method: str, path: str, body: Any
) -> None:
    assert (await platform.api(method, path, token, body)).status == 400


async def test_what_is_not_json_is_refused(platform: PlatformClient, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{platform.url}/v1/teams/1/create_project"
    for body in (b"{", b"\xff\xfe", b"[" * 100_000, b"9" * 5_000, b"x" * 300_000):
        async with platform.session.post(url, data=body, headers=headers) as response:
            assert response.status in (400, 413)
            assert set(await response.json()) == {"code", "message"}


async def test_who_may_not(platform: PlatformClient, token: str) -> None:
    project = (await create(platform, token, "app"))["id"]
    for bearer in (None, "team:personal|unknown", "nonsense"):
        for path in ("/token_details", f"/projects/{project}", "/no/such/path"):
            assert (await platform.api("GET", path, bearer)).status == 401
    body = {"name": "Others", "defaultRegion": "aws-us-east-1"}
    await platform.ok("POST", "/teams/create_team", token, body)
    stranger = await platform.token(team="others")
    for path in ("/teams/1/projects", f"/projects/{project}", f"/projects/{project}/list_deployments"):
        assert (await platform.api("GET", path, stranger)).status == 403
    assert (await platform.api("POST", f"/projects/{project}/delete", stranger)).status == 403
    for path in (
        "/teams/77/projects",
        "/teams/nobody/projects",
        "/projects/777",
        "/projects/x",
        "/projects/" + "9" * 5_000,
    ):
        assert (await platform.api("GET", path, token)).status == 404
    assert (await platform.api("GET", "/no/such/path", token)).status == 404


async def test_a_project_token_reaches_its_project_only(platform: PlatformClient, token: str) -> None:
    mine, other = await create(platform, token, "mine"), await create(platform, token, "other")
    narrow = await platform.token("project", project=str(mine["id"]))
    details = await platform.ok("GET", "/token_details", narrow)
    assert (details["type"], details["projectId"]) == ("projectToken", mine["id"])
    await platform.ok("GET", f"/projects/{mine['id']}", narrow)
    await platform.ok("GET", f"/deployments/{mine['deploymentName']}", narrow)
    for path in (f"/projects/{other['id']}", f"/deployments/{other['deploymentName']}", "/teams/1/projects"):
        assert (await platform.api("GET", path, narrow)).status == 403
    assert (await platform.api("POST", f"/projects/{mine['id']}/delete", narrow)).status == 403
    assert (await platform.api("POST", "/teams/1/create_access_token", narrow, {})).status == 403


async def test_a_token_for_a_project_that_is_deleted_meanwhile_is_refused(
    platform: PlatformClient, token: str
) -> None:
    project = str((await create(platform, token, "short-lived"))["id"])
    page = Form((await platform.consent("project")).body)
    assert project in page.options["project"]
    code = await platform.code("project", project=project)
    await platform.ok("POST", f"/projects/{project}/delete", token)
    assert (await platform.exchange(code)).body["error"] == "invalid_grant"
