"""Live queries: the sync protocol by hand, and the PyPI client `convex`."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse

from tests.emulator.deployment.deployment_client import KEY, Client
from vibe_tui.emulator.deployment import Deployment


class Socket:
    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.version: dict[str, Any] = {"querySet": 0, "identity": 0, "ts": "AAAAAAAAAAA="}

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send_json({"type": kind, **fields})

    async def receive(self) -> dict[str, Any]:
        """The next message; transitions have to follow on one another."""
        message: dict[str, Any] = await self.socket.receive_json(timeout=10)
        if message["type"] == "Transition":
            assert message["startVersion"] == self.version
            assert ts_of(message["endVersion"]) >= ts_of(self.version)
            self.version = message["endVersion"]
        return message

    async def subscribe(self, query_id: int, path: str, base: int = 0, **args: Any) -> dict[str, Any]:
        added = {"type": "Add", "queryId": query_id, "udfPath": path, "args": [args]}
        await self.send("ModifyQuerySet", baseVersion=base, newVersion=base + 1, modifications=[added])
        return await self.receive()


def ts_of(version: dict[str, Any]) -> int:
    return int(struct.unpack("<Q", base64.b64decode(version["ts"]))[0])


@pytest.fixture
async def socket(deployment: Deployment, session: ClientSession) -> AsyncIterator[Socket]:
    async with session.ws_connect(f"{deployment.url}/api/1.48.0/sync") as connection:
        await connection.send_json(
            {
                "type": "Connect",
                "sessionId": "s",
                "connectionCount": 0,
                "lastCloseReason": None,
                "clientTs": 0,
            }
        )
        yield Socket(connection)


async def test_a_subscription_sees_the_writes_of_others(socket: Socket, client: Client) -> None:
    first = await socket.subscribe(7, "messages:list")
    assert first["endVersion"]["querySet"] == 1
    assert [(m["type"], m["queryId"], m["value"]) for m in first["modifications"]] == [
        ("QueryUpdated", 7, [])
    ]
    await client.mutation("messages:send", author="Ann", body="hello")
    [change] = (await socket.receive())["modifications"]
    assert change["value"][0]["body"] == "hello"


async def test_only_changed_queries_are_sent(socket: Socket, client: Client) -> None:
    await socket.subscribe(1, "messages:byAuthor", author="Ann")
    await socket.subscribe(2, "messages:byAuthor", base=1, author="Bob")
    await client.mutation("messages:send", author="Carl", body="nobody sees this")
    await client.mutation("messages:send", author="Bob", body="hi")
    [change] = (await socket.receive())["modifications"]
    assert change["queryId"] == 2
    removal = {"type": "Remove", "queryId": 2}
    await socket.send("ModifyQuerySet", baseVersion=2, newVersion=3, modifications=[removal])
    assert (await socket.receive())["modifications"] == [{"type": "QueryRemoved", "queryId": 2}]


async def test_a_mutation_is_answered_before_the_transition_that_shows_it(socket: Socket) -> None:
    await socket.subscribe(1, "messages:list")
    await socket.send(
        "Mutation", requestId=0, udfPath="messages:send", args=[{"author": "Ann", "body": "hello"}]
    )
    answer = await socket.receive()
    assert (answer["type"], answer["requestId"], answer["success"]) == ("MutationResponse", 0, True)
    assert answer["logLines"] == ["[LOG] 'sending' { to: 'everybody' }"]
    shown = await socket.receive()
    assert shown["modifications"][0]["value"][0]["_id"] == answer["result"]
    assert ts_of(shown["endVersion"]) >= ts_of({"ts": answer["ts"]})


async def test_failures_are_told_with_their_data(socket: Socket) -> None:
    failed = await socket.subscribe(1, "messages:fails")
    assert failed["modifications"][0]["type"] == "QueryFailed"
    await socket.send("Mutation", requestId=1, udfPath="messages:sendThenFail", args=[{}])
    answer = await socket.receive()
    assert answer["success"] is False
    assert answer["errorData"]["reason"] == "changed my mind"


async def test_actions_do_not_hold_up_queries(socket: Socket) -> None:
    await socket.send("Action", requestId=3, udfPath="work:wait", args=[{"milliseconds": 400}])
    assert (await socket.subscribe(1, "messages:list"))["modifications"][0]["value"] == []
    answer = await socket.receive()
    assert (answer["type"], answer["result"]) == ("ActionResponse", "waited")


async def test_admins_read_with_system_queries(socket: Socket, client: Client) -> None:
    await client.mutation("messages:send", author="Ann", body="hello")
    await socket.send("Authenticate", tokenType="Admin", value=KEY, baseVersion=0)
    assert (await socket.receive())["endVersion"]["identity"] == 1
    page = {"numItems": 1, "cursor": None}
    tables = await socket.subscribe(0, "_system/cli/tables:default", paginationOpts=page)
    first = tables["modifications"][0]["value"]
    assert first["page"] == [{"name": "counters"}]
    assert first["isDone"] is False
    internal = await socket.subscribe(1, "messages:secret", base=1)
    assert internal["modifications"][0]["value"] == "for admins"


async def test_a_wrong_key_is_an_auth_error(socket: Socket) -> None:
    await socket.send("Authenticate", tokenType="Admin", value="dev:x|wrong", baseVersion=0)
    answer = await socket.receive()
    assert (answer["type"], answer["baseVersion"], answer["authUpdateAttempted"]) == ("AuthError", 0, True)
    denied = await socket.subscribe(0, "_system/cli/tables:default", paginationOpts={})
    assert denied["modifications"][0]["type"] == "QueryFailed"


@pytest.mark.parametrize("text", ["{", "[]", '{"type": "Nonsense"}', '{"type": "ModifyQuerySet"}'])
async def test_nonsense_ends_the_connection(socket: Socket, client: Client, text: str) -> None:
    await socket.socket.send_str(text)
    assert (await socket.receive())["type"] == "FatalError"
    assert await client.query("messages:list") == []


async def test_a_push_shows_in_open_subscriptions(socket: Socket, admin: Client) -> None:
    assert (await socket.subscribe(1, "messages:variable"))["modifications"][0]["value"] is None
    await admin.set_variables(GREETING="hello")
    assert (await socket.receive())["modifications"][0]["value"] == "hello"


async def test_the_python_client(deployment: Deployment) -> None:
    script = str(Path(__file__).with_name("use_python_client.py"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, script, deployment.url, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(30):
            stdout, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    told = json.loads(stdout.splitlines()[-1])
    assert told["seen"][0] == []
    assert [message["_id"] for message in told["seen"][1]] == [told["sent"]]
    assert told["found"] == told["seen"][1]
    assert told["reason"] == "changed my mind"
    assert told["after"] == 3
