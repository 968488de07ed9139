"""Deploy keys and access tokens: wide through OAuth, narrow through a team token; what the CLI asks."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.emulator.platform.platform_client import PlatformClient
from vibe_tui.emulator.files import EmulatorFolder
from vibe_tui.emulator.server import Server


@pytest.fixture
async def token(platform: PlatformClient) -> str:
    return await platform.token()


async def deploy_key(platform: PlatformClient, bearer: str, deployment: str, name: str = "key") -> str:
    path = f"/deployments/{deployment}/create_deploy_key"
    key: str = (await platform.ok("POST", path, bearer, {"name": name}))["deployKey"]
    assert key.startswith(f"dev:{deployment}|")
    return key


async def team_token(platform: PlatformClient, token: str, name: str = "narrowing") -> str:
    answer = await platform.api("POST", "/teams/1/create_access_token", token, {"name": name})
    assert answer.status == 201
    made: str = answer.body["accessToken"]
    return made


async def two_projects(platform: PlatformClient, token: str) -> tuple[Any, Any]:
    bodies = [{"projectName": name, "deploymentType": "dev"} for name in ("one", "two")]
    one, two = [await platform.ok("POST", "/teams/1/create_project", token, body) for body in bodies]
    return one, two


async def cli(platform: PlatformClient, path: str, key: str) -> tuple[int, Any]:
    url = f"{platform.url}/api/deployment/{path}"
    async with platform.session.post(url, json={"deployKey": key}) as response:
        return response.status, await response.json()


async def test_a_key_minted_through_oauth_is_the_wide_token(platform: PlatformClient, token: str) -> None:
    one, two = await two_projects(platform, token)
    key = await deploy_key(platform, token, one["deploymentName"])
    assert key.partition("|")[2] == token.partition("|")[2]
    assert await platform.deployment_status(one["deploymentUrl"], key) == 200
    assert await platform.deployment_status(two["deploymentUrl"], key) == 200
    assert (await platform.api("GET", "/teams/1/projects", key)).status == 200


async def test_a_key_minted_through_a_team_access_token_is_narrow(
    platform: PlatformClient, token: str
) -> None:
    one, two = await two_projects(platform, token)
    key = await deploy_key(platform, await team_token(platform, token), one["deploymentName"])
    assert key.partition("|")[2] != token.partition("|")[2]
    assert await platform.deployment_status(one["deploymentUrl"], key) == 200
    assert await platform.deployment_status(two["deploymentUrl"], key) == 403
    for path in ("/token_details", "/teams/1/projects", f"/projects/{one['id']}"):
        assert (await platform.api("GET", path, key)).status == 403


async def test_keys_are_listed_and_deleted_by_name_value_or_secret(
    platform: PlatformClient, token: str
) -> None:
    one, _ = await two_projects(platform, token)
    path = f"/deployments/{one['deploymentName']}"
    narrow = await team_token(platform, token)
    keys = {name: await deploy_key(platform, narrow, one["deploymentName"], name) for name in "abc"}
    listed = await platform.ok("GET", f"{path}/list_deploy_keys", token)
    assert [row["name"] for row in listed] == ["a", "b", "c"]
    assert keys["a"].partition("|")[2] not in str(listed)
    for wanted in ("a", keys["b"], keys["c"].partition("|")[2]):
        await platform.ok("POST", f"{path}/delete_deploy_key", token, {"id": wanted})
    for key in keys.values():
        assert await platform.deployment_status(one["deploymentUrl"], key) == 403
    assert await platform.ok("GET", f"{path}/list_deploy_keys", token) == []
    gone = await platform.api("POST", f"{path}/delete_deploy_key", token, {"id": "a"})
    assert gone.status == 404


async def test_deleting_a_wide_key_unlists_it_and_the_token_lives_on(
    platform: PlatformClient, token: str
) -> None:
    one, _ = await two_projects(platform, token)
    path = f"/deployments/{one['deploymentName']}"
    key = await deploy_key(platform, token, one["deploymentName"])
    await platform.ok("POST", f"{path}/delete_deploy_key", token, {"id": "key"})
    assert await platform.ok("GET", f"{path}/list_deploy_keys", token) == []
    assert await platform.deployment_status(one["deploymentUrl"], key) == 200
    await platform.ok("POST", "/teams/1/delete_access_token", token, {"id": token})
    assert await platform.deployment_status(one["deploymentUrl"], key) == 403
    assert (await platform.api("GET", "/token_details", token)).status == 401


async def test_names_of_keys_are_unique_and_arguments_checked(platform: PlatformClient, token: str) -> None:
    one, _ = await two_projects(platform, token)
    path = f"/deployments/{one['deploymentName']}/create_deploy_key"
    await deploy_key(platform, token, one["deploymentName"])
    assert (await platform.api("POST", path, token, {"name": "key"})).status == 409
    soon = int(time.time() * 1000) + 60_000
    for body in ({}, {"name": "k", "allowedActions": ["deployment:fly"]}, {"name": "k", "expiresAt": soon}):
        assert (await platform.api("POST", path, token, body)).status == 400
    later = soon + 3_600_000
    body = {"name": "restricted", "allowedActions": ["deployment:deploy"], "expiresAt": later}
    await platform.ok("POST", path, await team_token(platform, token), body)
    listed = await platform.ok("GET", f"/deployments/{one['deploymentName']}/list_deploy_keys", token)
    assert listed[1]["allowedActions"] == ["deployment:deploy"]
    assert listed[1]["expiresAt"] == later


async def test_team_access_tokens(platform: PlatformClient, token: str) -> None:
    made = [await team_token(platform, token, f"token {number}") for number in range(3)]
    page = await platform.ok("GET", "/teams/1/list_access_tokens?limit=2", token)
    assert [row["name"] for row in page["items"]] == ["token 2", "token 1"]
    cursor = page["pagination"]["nextCursor"]
    page = await platform.ok("GET", f"/teams/1/list_access_tokens?cursor={cursor}", token)
    assert [row["name"] for row in page["items"]] == ["token 0"]
    assert (await platform.ok("GET", "/token_details", made[0]))["name"] == "token 0"
    assert (await platform.api("POST", "/teams/1/create_access_token", made[0], {})).status == 403
    again = await platform.api("POST", "/teams/1/create_access_token", token, {"name": "token 0"})
    assert again.status == 409
    await platform.ok("POST", "/teams/1/delete_access_token", token, {"id": "token 0"})
    await platform.ok("POST", "/teams/1/delete_access_token", token, {"id": made[1]})
    assert [(await platform.api("GET", "/token_details", it)).status for it in made] == [401, 401, 200]
    assert (
        await platform.api("POST", "/teams/1/delete_access_token", token, {"id": "token 0"})
    ).status == 404


async def test_a_narrow_key_outlives_the_token_that_minted_it_but_not_its_deployment(
    platform: PlatformClient, token: str
) -> None:
    one, two = await two_projects(platform, token)
    narrow = await team_token(platform, token)
    key = await deploy_key(platform, narrow, one["deploymentName"])
    await platform.ok("POST", "/teams/1/delete_access_token", token, {"id": narrow})
    assert await platform.deployment_status(one["deploymentUrl"], key) == 200
    await platform.ok("POST", f"/projects/{one['id']}/delete", token)
    assert await platform.deployment_status(two["deploymentUrl"], key) == 403
    assert (await cli(platform, "url_for_key", key))[0] == 403


async def test_an_expired_key_opens_nothing(
    platform: PlatformClient, token: str, folder: EmulatorFolder, server: Server
) -> None:
    one, _ = await two_projects(platform, token)
    key = await deploy_key(platform, await team_token(platform, token), one["deploymentName"], "short")
    assert await platform.deployment_status(one["deploymentUrl"], key) == 200
    await server.stop()
    expire(folder, "short")
    again = Server(folder, node="node", toolchain=folder.root)
    await again.start()
    try:
        assert await platform.deployment_status(one["deploymentUrl"], key) == 403
        platform.url = f"http://127.0.0.1:{again.port}"
        path = f"/deployments/{one['deploymentName']}/list_deploy_keys"
        assert await platform.ok("GET", path, token) == []
    finally:
        await again.stop()


def expire(folder: EmulatorFolder, name: str) -> None:
    """Let the time of a key be over: the API wants half an hour at least."""
    state = json.loads(folder.state.read_bytes())
    [key] = [row for row in state["tokens"] if row["name"] == name]
    key["expires"] = key["created"]
    folder.state.write_text(json.dumps(state))


async def test_what_the_cli_asks_with_a_deploy_key(platform: PlatformClient, token: str) -> None:
    one, two = await two_projects(platform, token)
    narrow = await deploy_key(platform, await team_token(platform, token), one["deploymentName"])
    wide = await deploy_key(platform, token, two["deploymentName"])
    for project, key in ((one, narrow), (two, wide)):
        assert await cli(platform, "url_for_key", key) == (200, project["deploymentUrl"])
        status, answer = await cli(platform, "team_and_project_for_key", key)
        assert status == 200
        assert (answer["team"], answer["project"], answer["isDefault"]) == ("personal", project["slug"], True)
    secret = narrow.partition("|")[2]
    for key in (f"dev:{two['deploymentName']}|{secret}", "dev:nobody-none-100|x", "nonsense"):
        status, answer = await cli(platform, "url_for_key", key)
        assert (status, answer["code"]) == (403, "BadDeployKey")


async def test_the_cli_checks_its_login_and_lists_teams(platform: PlatformClient, token: str) -> None:
    for bearer, status in ((token, 200), ("unknown", 401)):
        headers = {"Authorization": f"Bearer {bearer}"}
        async with platform.session.head(f"{platform.url}/api/authorize", headers=headers) as response:
            assert response.status == status
    headers = {"Authorization": f"Bearer {token}"}
    async with platform.session.get(f"{platform.url}/api/teams", headers=headers) as response:
        assert await response.json() == [{"id": 1, "name": "Personal", "slug": "personal"}]
