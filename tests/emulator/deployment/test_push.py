"""The push protocol, spoken by hand where the CLI cannot be made to."""

from __future__ import annotations

import json
from typing import Any

import brotli
import pytest
from aiohttp import ClientSession

from tests.emulator.deployment.deployment_client import KEY, Client
from vibe_tui.emulator.deployment import Deployment


def push_of(changed: dict[str, str], unchanged: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {
        "adminKey": KEY,
        "dryRun": False,
        "functions": "convex/",
        "appDefinition": {
            "definition": None,
            "dependencies": [],
            "schema": None,
            "changedModules": [
                {"path": path, "source": source, "environment": "isolate"} for path, source in changed.items()
            ],
            "unchangedModuleHashes": unchanged or [],
            "udfServerVersion": "1.48.0",
        },
        "componentDefinitions": [],
        "nodeDependencies": [],
    }


async def start(client: Client, push: dict[str, Any], status: int = 200) -> Any:
    """As the CLI sends it: brotli, and the key in the body only."""
    body = brotli.compress(json.dumps(push).encode(), quality=4)
    headers = {"Content-Type": "application/json", "Content-Encoding": "br"}
    url = f"{client.url}/api/deploy2/start_push"
    async with client.session.post(url, data=body, headers=headers) as response:
        assert response.status == status, await response.text()
        return await response.json()


async def finish(client: Client, started: Any, status: int = 200) -> Any:
    body = {"adminKey": KEY, "startPush": started, "dryRun": False, "message": None}
    return await client.post("/api/deploy2/finish_push", body, status=status)


@pytest.fixture
def caller(empty: Deployment, session: ClientSession) -> Client:
    return Client(session, empty.url, f"Convex {KEY}")


async def test_code_is_live_only_after_finish_push(client: Client) -> None:
    started = await start(client, push_of({"other.js": "export const a = 1;"}))
    assert await client.query("messages:list") == []
    await finish(client, started)
    assert "Could not find" in (await client.call("query", "messages:list"))["errorMessage"]


async def test_unchanged_modules_are_kept_by_hash(client: Client) -> None:
    hashes = (await client.post("/api/get_config_hashes", {"adminKey": KEY}))["moduleHashes"]
    unchanged = [{"path": m["path"], "environment": m["environment"], "sha256": m["hash"]} for m in hashes]
    started = await start(client, push_of({"extra.js": "export const a = 1;"}, unchanged))
    diff = await finish(client, started)
    assert diff["componentDiffs"][""]["moduleDiff"] == {"added": ["extra.js"], "removed": []}
    assert await client.query("messages:list") == []
    after = (await client.post("/api/get_config_hashes", {"adminKey": KEY}))["moduleHashes"]
    assert {m["path"] for m in after} == {m["path"] for m in hashes} | {"extra.js"}


async def test_a_push_based_on_other_code_has_to_start_over(client: Client) -> None:
    unchanged = [{"path": "messages.js", "environment": "isolate", "sha256": "0" * 64}]
    assert (await start(client, push_of({}, unchanged), status=400))["code"] == "RaceDetected"


async def test_variables_changed_during_a_push_start_it_over(client: Client, admin: Client) -> None:
    started = await start(client, push_of({}))
    await admin.set_variables(GREETING="new")
    assert (await finish(client, started, status=400))["code"] == "RaceDetected"
    assert await client.query("messages:list") == []


async def test_an_unknown_push_cannot_be_finished(client: Client) -> None:
    assert (await finish(client, {"schemaChange": {"schemaIds": {"": "x"}}}, status=400))[
        "code"
    ] == "RaceDetected"
    waited = await client.post(
        "/api/deploy2/wait_for_schema", {"adminKey": KEY, "schemaChange": {"schemaIds": {"": "x"}}}
    )
    assert waited == {"type": "raceDetected"}


async def test_documents_written_after_the_check_still_stop_the_push(client: Client) -> None:
    schema = {
        "path": "schema.js",
        "environment": "isolate",
        "source": """
            const documentType = { type: "object", value: {} };
            const tables = [{ tableName: "messages", indexes: [], documentType }];
            const schema = JSON.stringify({ schemaValidation: true, tables });
            export default { tables: {}, export: () => schema };
        """,
    }
    push = push_of({})
    push["appDefinition"]["schema"] = schema
    started = await start(client, push)
    waiting = {"adminKey": KEY, "schemaChange": started["schemaChange"], "timeoutMs": 10000, "dryRun": False}
    assert await client.post("/api/deploy2/wait_for_schema", waiting) == {"type": "complete"}
    await client.mutation("messages:send", author="Ann", body="in between")
    refused = await finish(client, started, status=400)
    assert "contains extra field `author`" in refused["message"]
    assert len(await client.query("messages:list")) == 1


@pytest.mark.parametrize(
    "path", ["../outside.js", "/etc/outside.js", "a/../../outside.js", "no-extension", ""]
)
async def test_module_paths_stay_inside(caller: Client, path: str) -> None:
    refused = await start(caller, push_of({path: "export {}"}), status=400)
    assert refused["code"] == "InvalidModules"


async def test_external_packages_are_refused(caller: Client) -> None:
    push = {**push_of({}), "nodeDependencies": [{"name": "sharp", "version": "1"}]}
    assert (await start(caller, push, status=400))["code"] == "ExternalPackagesUnsupported"


async def test_pushes_need_the_key(empty: Deployment, session: ClientSession) -> None:
    stranger = Client(session, empty.url)
    for path in (
        "get_config_hashes",
        "deploy2/start_push",
        "deploy2/finish_push",
        "update_environment_variables",
    ):
        refused = await stranger.post(f"/api/{path}", {**push_of({}), "adminKey": "dev:x|wrong"}, status=403)
        assert refused["code"] == "BadDeployKey"
