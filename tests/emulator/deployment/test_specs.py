"""Requests and answers of the documented paths are what Convex's OpenAPI files say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.emulator.deployment.deployment_client import Client

_BIG = {"$integer": "AQAAAAAAAAA="}


class Spec:
    def __init__(self, name: str, prefix: str) -> None:
        self._document = json.loads(Path(__file__).with_name(name).read_text())
        resource = Resource.opaque(self._document)
        self._registry = Registry().with_resource("urn:spec", resource)
        self._prefix = prefix

    def check_request(self, method: str, path: str, body: Any) -> None:
        self._check(self._operation(method, path)["requestBody"], body)

    def check_answer(self, method: str, path: str, body: Any) -> None:
        self._check(self._operation(method, path)["responses"]["200"], body)

    def _operation(self, method: str, path: str) -> Any:
        return self._document["paths"][path][method]

    def _check(self, part: Any, body: Any) -> None:
        schema = _absolute(part["content"]["application/json"]["schema"])
        Draft202012Validator(schema, registry=self._registry).validate(body)

    async def post(self, client: Client, path: str, body: Any, at: str = "") -> Any:
        self.check_request("post", path, body)
        answer = await client.post(self._prefix + (at or path), body)
        self.check_answer("post", path, answer)
        return answer

    async def get(self, client: Client, path: str, query: str = "") -> Any:
        answer = await client.get(self._prefix + path + query)
        self.check_answer("get", path, answer)
        return answer


def _absolute(schema: Any) -> Any:
    """References point into the document, which the registry knows as urn:spec."""
    match schema:
        case {"$ref": str(reference)}:
            return {"$ref": f"urn:spec{reference}"}
        case dict():
            return {name: _absolute(item) for name, item in schema.items()}
        case list():
            return [_absolute(item) for item in schema]
    return schema


PUBLIC = Spec("public-deployment-openapi.json", "/api")
DEPLOYMENT = Spec("deployment-openapi.json", "/api/v1")


async def test_functions(client: Client, admin: Client) -> None:
    send = {"path": "messages:send", "args": {"author": "Ann", "body": "hello"}, "format": "json"}
    await PUBLIC.post(client, "/mutation", send)
    await PUBLIC.post(client, "/action", {"path": "work:sendTwo", "args": {}})
    found = await PUBLIC.post(client, "/query", {"path": "messages:list", "args": {}, "format": None})
    assert len(found["value"]) == 3
    await PUBLIC.get(client, "/query", "?path=messages:list&args={}")
    await PUBLIC.post(admin, "/function", {"path": "messages:secret", "args": {}, "componentPath": None})
    await PUBLIC.post(client, "/run/{*functionIdentifier}", {"args": {}}, at="/run/messages/list")
    queries = [{"path": "messages:list", "args": {}}, {"path": "messages:fails", "args": {}}]
    await PUBLIC.post(client, "/query_batch", {"queries": queries})


async def test_failures(client: Client) -> None:
    for path, args in (
        ("messages:sendThenFail", {}),
        ("messages:send", {}),
        ("messages:nothing", {}),
        ("messages:count", {"name": "a", "value": 1}),
    ):
        answer = await PUBLIC.post(client, "/mutation", {"path": path, "args": args})
        assert answer["status"] == "error"


async def test_timestamps(client: Client) -> None:
    ts = await client.post("/api/query_ts", None)
    PUBLIC.check_answer("post", "/query_ts", ts)
    await PUBLIC.post(client, "/query_at_ts", {"path": "messages:list", "args": {}, "ts": ts["ts"]})


async def test_the_deployment(admin: Client) -> None:
    assert (await DEPLOYMENT.get(admin, "/get_canonical_urls"))["convexCloudUrl"] == admin.url
    await DEPLOYMENT.get(admin, "/deployment_info")
    assert await DEPLOYMENT.get(admin, "/list_environment_variables") == {"environmentVariables": {}}
    changes = {"changes": [{"name": "A", "value": "1"}, {"name": "B", "value": None}, {"name": "C"}]}
    DEPLOYMENT.check_request("post", "/update_environment_variables", changes)
    await admin.post("/api/v1/update_environment_variables", changes)
    listed = await DEPLOYMENT.get(admin, "/list_environment_variables")
    assert listed == {"environmentVariables": {"A": "1"}}
