"""What is sent to a deployment, and what a real (emulated) one answers, is what Convex's OpenAPI files say;
and answers that are something else end in typed errors."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from jsonschema import Draft202012Validator

from tests.deployed import Deployed
from tests.fault_server import FaultServer, Request, Response, json_response
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.deployment_http import DeploymentRefused
from vibe_tui.services.convex.deployment_logs import LogBatch, Reconnecting
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http_errors import NotTheApi
from vibe_tui.services.secret import Secret

_FOLDER = Path(__file__).parents[2] / "emulator" / "deployment"
SPECS = {
    prefix: json.loads((_FOLDER / f"{name}-openapi.json").read_text())
    for prefix, name in (("/api/v1", "deployment"), ("/api", "public-deployment"))
}
KEY = Secret("dev:test|not-a-secret")


def described(request: Request) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The operation and its document; None for a path that Convex does not document."""
    for prefix, spec in SPECS.items():
        operation = spec["paths"].get(request.path.removeprefix(prefix), {}).get(request.method.lower())
        if request.path.startswith(prefix) and operation:
            return operation, spec
    return None


def validate(part: dict[str, Any], spec: dict[str, Any], body: object) -> None:
    schema = part["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": spec["components"]}).validate(body)


class Recorder:
    """Hands requests to the real deployment and keeps both sides."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self.seen: list[tuple[Request, bytes]] = []

    async def __call__(self, request: Request) -> Response:
        headers = {
            name: request.headers[name]
            for name in ("authorization", "content-type")
            if name in request.headers
        }
        async with self._session.request(
            request.method, self._url + request.target, data=request.body or None, headers=headers
        ) as answer:
            body = await answer.read()
            self.seen.append((request, body))
            return Response(answer.status, body, {"Content-Type": "application/json"})


async def test_everything_that_is_documented_is_as_documented(deployed: Deployed) -> None:
    async with ClientSession() as session:
        recorder = Recorder(session, deployed.url)
        async with FaultServer(recorder) as server, DeploymentApi(server.host, deployed.key) as api:
            await use_all(api)
    documented = set()
    for request, answer in recorder.seen:
        assert request.headers["authorization"].startswith("Convex ")
        if (found := described(request)) is None:
            continue
        operation, spec = found
        if "requestBody" in operation:
            validate(operation["requestBody"], spec, request.json)
        promised = operation["responses"]["200"]
        if request.path != "/api/v1/get_current_usage":  # the emulator has none
            documented.add(request.path)
            if "content" in promised:
                validate(promised, spec, json.loads(answer))
    assert documented == {
        "/api/query",
        "/api/mutation",
        "/api/function",
        "/api/v1/deployment_info",
        "/api/v1/get_canonical_urls",
        "/api/v1/list_environment_variables",
        "/api/v1/update_environment_variables",
    }


async def use_all(api: DeploymentApi) -> None:
    await api.data.tables()
    await api.data.insert("messages", [{"author": "Ann", "body": "contract"}])
    document = (await api.data.page("messages")).documents[0]
    await api.data.patch("messages", [document.id], {"stars": 1})
    await api.data.replace(document.id, {"author": "Ann", "body": "replaced"})
    await api.data.find(document.id)
    await api.data.count("messages")
    await api.data.delete("messages", [document.id])
    for name in ("messages:list", "messages:fails", "messages:refuses"):
        await api.functions.run(await api.functions.find(name), {})
    await api.logs.history()
    await api.variables.set({"CONTRACT": Secret("1")})
    await api.variables.all()
    await api.variables.unset(["CONTRACT"])
    await api.health()


async def test_health_of_convex_cloud() -> None:
    usage = {"current_day": 1.5, "current_month": 20}
    answers = {
        "/deployment_info": {
            "kind": "cloud",
            "teamId": 1,
            "projectId": 2,
            "projectName": None,
            "projectSlug": "shop",
            "id": 3,
            "deploymentType": "dev",
        },
        "/get_canonical_urls": {
            "convexCloudUrl": "https://a-b-1.convex.cloud",
            "convexSiteUrl": "https://a-b-1.convex.site",
        },
        "/get_current_usage": {
            "metrics": {"functionCalls": {"unit": "calls", "usage": usage}},
            "seedStatus": "partial",
        },
    }
    for path, answer in answers.items():
        operation = SPECS["/api/v1"]["paths"][path]["get"]
        validate(operation["responses"]["200"], SPECS["/api/v1"], answer)

    async def handler(request: Request) -> Response:
        if request.path == "/api/query":
            return json_response({"status": "success", "value": None, "logLines": []})
        return json_response(answers[request.path.removeprefix("/api/v1")])

    async with FaultServer(handler) as server, DeploymentApi(server.host, KEY) as api:
        health = await api.health()
    assert (health.info.kind, health.info.project_slug, health.info.type) == ("cloud", "shop", "dev")
    assert health.usage is not None
    assert health.usage.seeded == "partial"
    [metric] = health.usage.metrics
    assert (metric.name, metric.unit, metric.day, metric.month) == ("functionCalls", "calls", 1.5, 20)
    assert (health.version, health.last_push) == ("", None)


CALLS: dict[str, Callable[[DeploymentApi], Awaitable[object]]] = {
    "tables": lambda api: api.data.tables(),
    "page": lambda api: api.data.page("messages"),
    "find": lambda api: api.data.find("1"),
    "count": lambda api: api.data.count("messages"),
    "insert": lambda api: api.data.insert("messages", [{}]),
    "functions": lambda api: api.functions.all(),
    "history": lambda api: api.logs.history(),
    "variables": lambda api: api.variables.all(),
    "health": lambda api: api.health(),
}
WRONG = [
    [],
    "text",
    {},
    {"status": "success"},
    {"status": "error"},
    {"status": "new", "value": []},
    {"status": "success", "value": {"page": [{}], "isDone": "yes"}, "logLines": []},
    {"status": "success", "value": {"page": None, "isDone": True}},
    {"status": "success", "value": [{"functionType": "Query", "identifier": 1}]},
    {"status": "success", "value": [{"functionType": "Query", "identifier": "a:b", "args": {"type": "new"}}]},
    {"status": "success", "value": {"success": "maybe"}},
    {"status": "success", "value": "text", "logLines": [1]},
    {"entries": [{}], "newCursor": 1},
    {"entries": [], "newCursor": "later"},
    {"environmentVariables": {"A": 1}},
    {"environmentVariables": []},
    {"kind": "new"},
    {"kind": "cloud"},
    {"kind": "selfHosted"},
]


@pytest.mark.parametrize("name", CALLS)
async def test_malformed_answers_are_typed_errors(name: str) -> None:
    for wrong in WRONG:

        async def handler(_request: Request, wrong: object = wrong) -> Response:
            return json_response(wrong)

        async with FaultServer(handler) as server, DeploymentApi(server.host, KEY) as api:
            with pytest.raises(NotTheApi):
                await CALLS[name](api)


async def test_a_refusal_of_the_deployment_is_its_sentence() -> None:
    async def handler(_request: web.Request) -> web.Response:
        said = "[Request ID: abc123] Server Error\nUncaught Error: \x1b[31mno room\x1b[0m"
        answer = {"status": "error", "errorMessage": said, "logLines": []}
        return web.json_response(answer, status=560)

    app = web.Application()
    app.add_routes([web.post("/api/query", handler)])
    async with TestServer(app) as server, DeploymentApi(str(server.make_url("")), KEY) as api:
        with pytest.raises(DeploymentRefused) as raised:
            await api.data.tables()
    assert raised.value.message == "The deployment refused: no room."


async def test_following_goes_on_after_the_connection_was_lost() -> None:
    entry = {"kind": "Completion", "udfType": "Query", "identifier": "a.js:b", "timestamp": 5.0,
             "executionTime": 0.1, "logLines": ["[WARN] 'old form'"], "error": None}  # fmt: skip

    async def handler(request: Request) -> Response:
        if "cursor" not in request.query:
            return json_response("1.48.0")  # somebody asks whether the deployment is back
        cursor = float(request.query["cursor"])
        entries = [{**entry, "requestId": str(cursor)}]
        return json_response({"entries": entries, "newCursor": cursor + 1})

    async with FaultServer(handler) as server, DeploymentApi(server.host, KEY) as api:
        for kind in ("reset", "half"):
            server.fail("GET /api/stream_function_logs", kind)  # type: ignore[arg-type]
        seen: list[str] = []
        async for news in api.logs.follow(7.0):
            if isinstance(news, Reconnecting):
                seen.append("reconnecting")
                assert news.seconds < 3
            else:
                assert isinstance(news, LogBatch)
                seen.append(news.entries[0].request_id if news.entries else "back")
                assert not news.entries or [(line.level, line.text) for line in news.entries[0].lines] == [
                    ("WARN", "'old form'")
                ]
            if len(seen) == 6:
                break
    assert seen == ["reconnecting", "back", "reconnecting", "back", "7.0", "8.0"]


async def test_a_mutation_whose_answer_was_lost_is_not_sent_again() -> None:
    async def handler(request: Request) -> Response:
        spec = {"functionType": "Mutation", "identifier": "a.js:b", "args": {"type": "any"}}
        value = [spec] if re.search("apiSpec", request.body.decode()) else None
        return json_response({"status": "success", "value": value, "logLines": []})

    async with FaultServer(handler) as server, DeploymentApi(server.host, KEY) as api:
        spec = await api.functions.find("a:b")
        server.fail("POST /api/function", "reset", handled=True)
        with pytest.raises(VibeError):
            await api.functions.run(spec, {})
        assert server.count("POST /api/function") == 1
