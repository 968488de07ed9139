"""Every request to the Management API is one that the official specification describes."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from inspect import isasyncgenfunction, iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest
from connecting_setup import App
from fake_platform import FakePlatform
from fault_server import FaultServer, Request, Response, json_response
from jsonschema import Draft202012Validator

from vibe_tui.services.convex import leftovers
from vibe_tui.services.convex.management import ManagementApi
from vibe_tui.services.http_errors import HttpError
from vibe_tui.services.secret import Secret

SPEC = json.loads(
    (Path(__file__).parents[2] / "emulator" / "platform" / "management-openapi.json").read_text()
)


def operation(request: Request) -> dict[str, Any]:
    for path, methods in SPEC["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(f"/v1{path}"))
        if re.fullmatch(pattern, request.path) and request.method.lower() in methods:
            found: dict[str, Any] = methods[request.method.lower()]
            return found
    raise AssertionError(f"{request} is not in the specification")


async def attached_with_a_token(app: App, fake: FakePlatform) -> None:
    """Connect to what was there before in every way, with a token of the user's."""
    staging = fake.has_project("Bakery", type="custom")
    number = str(next(iter(fake.projects)))
    for wants in ({"attach": "bakery"}, {"attach": number}, {"deployment": staging}):
        with_token = replace(app, token=fake.has_token("team"), wants={**wants, "team": "acme"})
        await with_token.connect()
        await with_token.provisioning().disconnect("revoke", lambda _: None)


async def test_all_requests_validate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "LOOKS", (0.0,))
    fake = FakePlatform(deployments_made=False)
    async with FaultServer(fake) as server:
        fake.host = server.host
        for made in ("project", "deploy_key", "access_token"):
            server.fail(f"POST .*/create_{made}", "reset", handled=True)
        app = App(tmp_path / "home", server.host)
        await app.connect()
        await app.provisioning().disconnect("delete-project", lambda _: None)
        await attached_with_a_token(app, fake)
        sent = [request for request in server.requests if request.path.startswith("/v1/")]
    assert len({str(request) for request in sent}) > 15
    for request in sent:
        validate(request)


def validate(request: Request) -> None:
    """The request is one that the specification describes, with its query and body."""
    described = operation(request)
    known = {it["name"] for it in described.get("parameters", []) if it["in"] == "query"}
    assert request.query.keys() <= known, f"{request} asks with {request.query}"
    if "requestBody" in described:
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": SPEC["components"]}).validate(request.json)
    else:
        assert request.body == b""


EVERY_CALL: dict[str, Callable[[ManagementApi], Awaitable[object]]] = {
    "token_details": lambda api: api.token_details(),
    "list_projects": lambda api: anext(api.list_projects(7, search="a b&c")),
    "project_page": lambda api: api.project_page(7, search="x", cursor="next", limit=20),
    "create_project": lambda api: api.create_project(7, "my app"),
    "get_project": lambda api: api.get_project(3),
    "delete_project": lambda api: api.delete_project(3),
    "deployment": lambda api: api.deployment("happy-otter-123"),
    "list_deployments": lambda api: api.list_deployments(3),
    "default_dev_deployment": lambda api: api.default_dev_deployment(3),
    "create_dev_deployment": lambda api: api.create_dev_deployment(3),
    "production_deployment": lambda api: api.production_deployment(3),
    "create_production_deployment": lambda api: api.create_production_deployment(3),
    "deployment_names": lambda api: api.deployment_names(3),
    "create_deploy_key": lambda api: api.create_deploy_key("happy-otter-123", "ours", 1_800_000_000_000),
    "deploy_keys": lambda api: api.deploy_keys("happy-otter-123"),
    "deploy_key_names": lambda api: api.deploy_key_names("happy-otter-123"),
    "delete_deploy_key": lambda api: api.delete_deploy_key("happy-otter-123", "ours"),
    "create_access_token": lambda api: api.create_access_token(7, "ours", 1_800_000_000_000),
    "access_tokens": lambda api: api.access_tokens(7),
    "access_token_names": lambda api: api.access_token_names(7),
    "delete_access_token": lambda api: api.delete_access_token(7, "ours"),
}


async def test_every_call_there_is_validates() -> None:
    calls = {
        name
        for name, door in vars(ManagementApi).items()
        if not name.startswith("_") and (iscoroutinefunction(door) or isasyncgenfunction(door))
    }
    assert calls == EVERY_CALL.keys()

    async def refuse(_request: Request) -> Response:
        return json_response({"code": "ProjectNotFound", "message": "There is nothing here."}, 404)

    async with FaultServer(refuse) as server, ManagementApi(server.host, Secret("a-token")) as api:
        for name, call in EVERY_CALL.items():
            before = len(server.requests)
            with suppress(HttpError):
                await call(api)
            assert server.requests[before:], f"{name} asks nothing"
            for request in server.requests[before:]:
                validate(request)
