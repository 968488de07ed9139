"""HTTP actions, file storage, and signed-in users."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from aiohttp import ClientSession
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.emulator.deployment.deployment_client import Client
from vibe_tui.emulator.deployment import Deployment


async def test_an_http_action_gets_the_request_as_it_came(
    deployment: Deployment, session: ClientSession
) -> None:
    url = f"{deployment.site_url}/echo?a=1&b=%20"
    async with session.post(url, data="a body", headers={"X-Header": "yes"}) as response:
        assert response.status == 201
        assert response.headers["X-Header"] == "yes"
        assert response.headers.getall("Content-Type") == ["application/json"]
        assert await response.json() == {"url": url, "body": "a body", "messages": 0}


async def test_unknown_paths_are_not_found(deployment: Deployment, session: ClientSession) -> None:
    async with session.get(f"{deployment.site_url}/nothing") as response:
        assert response.status == 404


async def test_without_http_ts_there_is_no_site(empty: Deployment, session: ClientSession) -> None:
    async with session.get(f"{empty.site_url}/echo") as response:
        assert response.status == 404
        assert "does not have HTTP actions enabled" in await response.text()


async def test_an_action_stores_a_file_that_has_a_url(client: Client, session: ClientSession) -> None:
    kept = await client.action("work:keep", text="some text")
    assert kept["text"] == "some text"
    async with session.get(kept["url"]) as response:
        assert await response.text() == "some text"
        assert response.headers["Content-Type"] == "text/plain"
        assert response.headers["Content-Security-Policy"] == "sandbox"


async def test_an_upload_url_works_once(client: Client, session: ClientSession) -> None:
    url = await client.mutation("work:uploadUrl")
    async with session.post(url, data=b"\x00\xff" * 1000, headers={"Content-Type": "image/png"}) as response:
        id_ = (await response.json())["storageId"]
    async with session.post(url, data=b"again") as response:
        assert response.status == 403
    async with session.get(await client.query("work:fileUrl", id=id_)) as response:
        assert await response.read() == b"\x00\xff" * 1000
        assert response.headers["Content-Type"] == "image/png"
    await client.mutation("work:forget", id=id_)
    assert await client.query("work:fileUrl", id=id_) is None
    async with session.get(f"{client.url}/api/storage/{id_}") as response:
        assert response.status == 404


@pytest.fixture
async def key(admin: Client) -> RSAKey:
    """Signs tokens the deployment's own site vouches for."""
    key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
    await admin.set_variables(JWKS=json.dumps(KeySet([key]).as_dict(private=False)))
    return key


def token(key: RSAKey, deployment: Deployment, **claims: Any) -> str:
    payload = {
        "iss": deployment.site_url,
        "sub": "user1|session1",
        "aud": "convex",
        "exp": int(time.time()) + 60,
        "name": "Ann",
        "email_verified": True,
        "plan": "free",
        **claims,
    }
    return jwt.encode({"alg": "RS256", "kid": "k1"}, payload, key)


async def test_a_signed_in_user_is_known_to_functions(
    deployment: Deployment, session: ClientSession, key: RSAKey
) -> None:
    user = Client(session, deployment.url, f"Bearer {token(key, deployment)}")
    assert await user.query("messages:viewer") == {
        "issuer": deployment.site_url,
        "subject": "user1|session1",
        "tokenIdentifier": f"{deployment.site_url}|user1|session1",
        "name": "Ann",
        "emailVerified": True,
        "plan": "free",
    }


async def test_tokens_that_prove_nothing_are_refused(
    deployment: Deployment, session: ClientSession, key: RSAKey
) -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "k1"})
    for bad in (
        token(key, deployment, exp=int(time.time()) - 60),
        token(key, deployment, aud="another app"),
        token(key, deployment, iss="https://elsewhere.test"),
        token(stranger, deployment),
        token(key, deployment)[:-8],
        "not.a.token",
        "nonsense",
    ):
        user = Client(session, deployment.url, f"Bearer {bad}")
        await user.post("/api/query", {"path": "messages:viewer", "args": {}}, status=401)


async def test_a_user_signs_in_over_the_websocket(
    deployment: Deployment, session: ClientSession, key: RSAKey
) -> None:
    async with session.ws_connect(f"{deployment.url}/api/1.48.0/sync") as socket:
        await socket.send_json(
            {"type": "Authenticate", "tokenType": "User", "value": token(key, deployment), "baseVersion": 0}
        )
        assert (await socket.receive_json(timeout=10))["type"] == "Transition"
        added = {"type": "Add", "queryId": 0, "udfPath": "messages:viewer", "args": [{}]}
        await socket.send_json(
            {"type": "ModifyQuerySet", "baseVersion": 0, "newVersion": 1, "modifications": [added]}
        )
        answer = await socket.receive_json(timeout=10)
        assert answer["modifications"][0]["value"]["name"] == "Ann"
        await socket.send_json(
            {"type": "Authenticate", "tokenType": "User", "value": "nonsense", "baseVersion": 1}
        )
        assert (await socket.receive_json(timeout=10))["type"] == "AuthError"
