"""Calling the functions of a pushed app over HTTP."""

from __future__ import annotations

import asyncio

from aiohttp import ClientSession

from tests.emulator.deployment.deployment_client import KEY, Client, until
from vibe_tui.emulator.deployment import Deployment


async def test_a_mutation_is_seen_by_the_next_query(client: Client) -> None:
    id_ = await client.mutation("messages:send", author="Ann", body="hello")
    await client.mutation("messages:send", author="Bob", body="hi")
    [found] = await client.query("messages:byAuthor", author="Ann")
    assert found["_id"] == id_
    assert found["body"] == "hello"


async def test_log_lines_come_with_the_answer(client: Client) -> None:
    answer = await client.call("mutation", "messages:send", author="Ann", body="hello")
    assert answer["logLines"] == ["[LOG] 'sending' { to: 'everybody' }"]


async def test_an_action_calls_mutations_and_queries(client: Client) -> None:
    assert await client.action("work:sendTwo") == 2


async def test_a_failed_mutation_writes_nothing_and_carries_its_data(client: Client) -> None:
    answer = await client.call("mutation", "messages:sendThenFail")
    assert answer["status"] == "error"
    assert answer["errorData"] == {"reason": "changed my mind", "at": {"$integer": "AwAAAAAAAAA="}}
    assert await client.query("messages:list") == []


async def test_an_error_names_the_file_and_line(client: Client) -> None:
    answer = await client.call("query", "messages:fails")
    assert "Server Error\nUncaught Error: this is wrong\n" in answer["errorMessage"]
    assert "at handler (../convex/messages.ts:40:" in answer["errorMessage"]


async def test_arguments_are_validated(client: Client) -> None:
    missing = await client.call("mutation", "messages:send", author="Ann")
    assert "ArgumentValidationError: Object is missing the required field `body`" in missing["errorMessage"]
    extra = await client.call("query", "messages:list", surprise=1)
    assert "contains extra field `surprise`" in extra["errorMessage"]


async def test_functions_are_found_by_name_and_kind_only(client: Client) -> None:
    for kind, path, problem in (
        ("query", "messages:nothing", "Could not find public function for 'messages:nothing'"),
        ("query", "messages:secret", "Could not find public function for 'messages:secret'"),
        ("query", "messages:send", "as Query, but it is defined as Mutation"),
        ("query", "_system/cli/tables", "need a deploy key"),
    ):
        answer = await client.call(kind, path)
        assert problem in answer["errorMessage"]


async def test_internal_functions_are_for_admins(client: Client, admin: Client) -> None:
    assert await admin.function("messages:secret") == "for admins"
    await client.post("/api/function", {"path": "messages:list", "args": {}}, status=403)


async def test_both_value_formats(client: Client) -> None:
    big = {"$integer": "AAAAAAAAAIA="}
    assert await client.mutation("messages:count", name="a", value=big) == big
    body = {"path": "messages:count", "args": {"name": "b", "value": big}}
    assert (await client.post("/api/mutation", body))["value"] == "-9223372036854775808"


async def test_the_js_client_gets_its_status_and_may_send_arguments_in_a_list(
    deployment: Deployment, session: ClientSession
) -> None:
    headers = {"Convex-Client": "npm-1.48.0"}
    body = {"path": "messages:fails", "format": "convex_encoded_json", "args": [{}]}
    async with session.post(f"{deployment.url}/api/query", json=body, headers=headers) as response:
        assert response.status == 560
        assert (await response.json())["status"] == "error"


async def test_the_other_ways_to_call(client: Client) -> None:
    await client.mutation("messages:send", author="Ann", body="hello")
    ts = (await client.post("/api/query_ts", {}))["ts"]
    at_ts = await client.post("/api/query_at_ts", {"path": "messages:list", "args": {}, "ts": ts})
    got = await client.get("/api/query?path=messages:list&args={}&format=json")
    by_path = await client.post("/api/run/messages/list", {"args": {}})
    queries = [{"path": "messages:list", "args": {}}, {"path": "messages:fails", "args": {}}]
    batch = (await client.post("/api/query_batch", {"queries": queries}))["results"]
    assert [answer["status"] for answer in batch] == ["success", "error"]
    assert at_ts["value"] == got["value"] == by_path["value"] == batch[0]["value"]
    assert got["value"][0]["body"] == "hello"


async def test_malformed_requests_are_refused(client: Client, session: ClientSession) -> None:
    for body in (
        [],
        {"args": {}},
        {"path": 1},
        {"path": "messages:list", "args": 3},
        {"path": "a", "format": "x"},
    ):
        assert "message" in await client.post("/api/query", body, status=400)
    async with session.post(f"{client.url}/api/query", data="{") as response:
        assert response.status == 400
    assert (await client.get("/api/nothing", status=404))["code"] == "NotFound"


async def test_concurrent_mutations_all_arrive(client: Client) -> None:
    await asyncio.gather(*(client.mutation("messages:send", author="A", body=str(n)) for n in range(30)))
    bodies = [message["body"] for message in await client.query("messages:list")]
    assert sorted(bodies, key=int) == [str(n) for n in range(30)]


async def test_acting_as_a_user(session: ClientSession, deployment: Deployment) -> None:
    import base64
    import json

    identity = {
        "subject": "u1",
        "issuer": "https://a.test",
        "tokenIdentifier": "https://a.test|u1",
        "name": "Ann",
    }
    encoded = base64.b64encode(json.dumps(identity).encode()).decode()
    acting = Client(session, deployment.url, f"Convex {KEY}:{encoded}")
    assert await acting.query("messages:viewer") == identity


async def test_user_code_sees_its_variables_and_nothing_of_ours(client: Client, admin: Client) -> None:
    assert await client.query("messages:variable") is None
    await admin.set_variables(GREETING="hello")
    assert await client.query("messages:variable") == "hello"
    assert await client.query("messages:leaks") == ["CONVEX_CLOUD_URL", "CONVEX_SITE_URL", "GREETING"]
    await admin.set_variables(GREETING=None)
    assert await client.query("messages:variable") is None


async def test_variables_are_checked(admin: Client) -> None:
    for name, value in (("1A", "x"), ("CONVEX_SITE_URL", "x"), ("A B", "x"), ("A", "x" * 9000)):
        changes = {"changes": [{"name": "GOOD", "value": "x"}, {"name": name, "value": value}]}
        await admin.post("/api/v1/update_environment_variables", changes, status=400)
    assert (await admin.get("/api/v1/list_environment_variables"))["environmentVariables"] == {}


async def test_an_endless_loop_is_stopped_and_the_next_call_works(client: Client, short_limits: None) -> None:
    await client.mutation("messages:send", author="Ann", body="kept")
    answer = await client.call("mutation", "messages:hang")
    assert "timed out (maximum duration: 1.5s)" in answer["errorMessage"]
    assert [message["body"] for message in await client.query("messages:list")] == ["kept"]


async def test_a_child_that_exits_is_replaced(client: Client) -> None:
    await client.mutation("messages:send", author="Ann", body="kept")
    answer = await client.call("action", "work:crash")
    assert "stopped" in answer["errorMessage"]
    assert len(await client.query("messages:list")) == 1


async def test_stray_rejections_and_output_do_no_harm(client: Client) -> None:
    assert await client.action("work:stray") == "still here"
    assert await client.query("messages:list") == []


async def test_calls_are_logged(client: Client, admin: Client) -> None:
    await client.mutation("messages:send", author="Ann", body="hello")
    await client.call("query", "messages:fails")
    page = await admin.get("/api/stream_function_logs?cursor=0")
    sent, failed = page["entries"]
    assert (sent["udfType"], sent["identifier"], sent["error"]) == ("Mutation", "messages.js:send", None)
    assert sent["logLines"][0]["messages"] == ["'sending'", "{ to: 'everybody' }"]
    assert failed["error"].startswith("Uncaught Error: this is wrong")

    poll = asyncio.create_task(admin.get(f"/api/stream_function_logs?cursor={page['newCursor']}"))
    await client.query("messages:list")
    newer = await asyncio.wait_for(poll, 5)
    assert [entry["identifier"] for entry in newer["entries"]] == ["messages.js:list"]
    assert newer["newCursor"] > page["newCursor"]


async def test_the_dashboard_shows_names_but_no_values(
    client: Client, admin: Client, deployment: Deployment
) -> None:
    await client.mutation("messages:send", author="Ann", body="hello")
    await admin.set_variables(GREETING="the value")
    view = await deployment.dashboard()
    assert [(table.name, table.count) for table in view.tables] == [("counters", 0), ("messages", 1)]
    assert '"body": "hello"' in view.tables[1].documents[0]
    assert ("messages.js:secret", "query", "internal") in {
        (it.identifier, it.type, it.visibility) for it in view.functions
    }
    assert "Mutation messages.js:send" in view.logs[0]
    assert view.variables == ("GREETING",)
    assert "the value" not in repr(view)
    assert view.last_push is not None


async def test_connections_counts_websockets(deployment: Deployment, session: ClientSession) -> None:
    socket = await session.ws_connect(f"{deployment.url}/api/1.48.0/sync")

    async def connected() -> bool:
        return deployment.connections == 1

    async def gone() -> bool:
        return deployment.connections == 0

    await until(connected)
    await socket.close()
    await until(gone)
