"""Every request that connecting and disconnecting send is one that the official specification describes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from connecting_setup import App
from fake_platform import FakePlatform
from fault_server import FaultServer, Request
from jsonschema import Draft202012Validator

from vibe_tui.services.convex import leftovers

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
        described = operation(request)
        known = {it["name"] for it in described.get("parameters", []) if it["in"] == "query"}
        assert request.query.keys() <= known, f"{request} asks with {request.query}"
        if "requestBody" in described:
            schema = described["requestBody"]["content"]["application/json"]["schema"]
            Draft202012Validator({**schema, "components": SPEC["components"]}).validate(request.json)
        else:
            assert request.body == b""
