"""Functions, logs, variables and health of a real (emulated) deployment that was pushed with the real CLI."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from tests.deployed import Deployed
from vibe_tui.services.convex.arguments import ArgumentsInvalid
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.deployment_env import EnvTextInvalid, Variable, env_text, read_env_text
from vibe_tui.services.convex.deployment_functions import FunctionUnknown, NotCallable, Run
from vibe_tui.services.convex.deployment_http import KeyRefused
from vibe_tui.services.convex.deployment_logs import LogBatch
from vibe_tui.services.convex.log_entries import LogEntry, LogFilter
from vibe_tui.services.http_errors import ApiError
from vibe_tui.services.secret import Secret


async def run(api: DeploymentApi, name: str, **args: object) -> Run:
    return await api.functions.run(await api.functions.find(name), args)


# --- Functions ----------------------------------------------------------------------------------------------


async def test_functions_are_those_of_the_convex_cli(api: DeploymentApi, deployed: Deployed) -> None:
    printed = json.loads(await asyncio.to_thread(deployed.convex, "function-spec"))
    theirs = {
        (
            item["functionType"].lower(),
            item["identifier"].replace(".js", ""),
            item["visibility"]["kind"] == "public",
        )
        for item in printed["functions"]
        if item["functionType"] != "HttpAction"
    }
    specs = await api.functions.all()
    assert {(spec.type, spec.name, spec.public) for spec in specs if spec.type != "http"} == theirs
    assert [spec.name for spec in specs if spec.type == "http"] == ["GET /hello"]


async def test_a_function_tells_what_it_takes(api: DeploymentApi) -> None:
    spec = await api.functions.find("messages:paint")
    assert (
        spec.signature
        == 'messages:paint({ colour: "red" | "green", where?: Record<string, number[]> }): string'
    )
    assert spec.encode(json.loads(spec.example)) == {"colour": "red"}
    for other in ("messages.js:paint", "api.messages.paint"):
        assert await api.functions.find(other) == spec


async def test_running_like_the_convex_cli(api: DeploymentApi, deployed: Deployed) -> None:
    printed = await asyncio.to_thread(deployed.convex, "run", "messages:paint", '{"colour": "green"}')
    ended = await run(api, "messages:paint", colour="green")
    assert ended.value == json.loads(printed) == "green"
    assert 0 < ended.seconds < 30
    sent = await run(api, "messages:send", author="Ann", body="hi")
    assert sent.log_lines == ("[LOG] 'sending' 'hi'", "[WARN] 'carefully'")
    assert (await run(api, "messages:secret")).value == "for key holders"
    assert (await run(api, "messages:wait", milliseconds=1)).value == "waited"


async def test_failures_tell_why_and_where(api: DeploymentApi) -> None:
    failed = (await run(api, "messages:fails")).error
    assert failed is not None
    assert (failed.file, failed.line) == ("convex/messages.ts", 22)
    assert "this is wrong" in failed.message
    assert failed.request_id
    refused = (await run(api, "messages:refuses")).error
    assert refused is not None
    assert refused.data == {"reason": "not today", "at": {"$integer": "3"}}


async def test_what_cannot_run_is_not_sent(api: DeploymentApi) -> None:
    with pytest.raises(FunctionUnknown) as raised:
        await api.functions.find("messages:sennd")
    assert "messages:send" in raised.value.next_step
    with pytest.raises(NotCallable):
        await api.functions.find("GET /hello")
    before = (await api.logs.history()).cursor
    with pytest.raises(ArgumentsInvalid, match="author"):
        await run(api, "messages:send", body="no author")
    assert (await api.logs.history()).cursor == before


# --- Logs ---------------------------------------------------------------------------------------------------


async def following(api: DeploymentApi, cursor: float, number: int) -> list[LogEntry]:
    """The next entries, at least so many."""
    found: list[LogEntry] = []
    async with asyncio.timeout(20):
        async for news in api.logs.follow(cursor):
            assert isinstance(news, LogBatch)
            found += news.entries
            if len(found) >= number:
                break
    return found


async def test_logs_come_as_functions_run(api: DeploymentApi) -> None:
    start = (await api.logs.history()).cursor
    follower = asyncio.create_task(following(api, start, 2))
    await run(api, "messages:send", author="Ann", body="logged")
    failed = await run(api, "messages:fails")
    sent, wrong = await follower
    assert (sent.function, sent.type, sent.error) == ("messages:send", "mutation", None)
    assert [(line.level, line.text) for line in sent.lines] == [
        ("LOG", "'sending' 'logged'"),
        ("WARN", "'carefully'"),
    ]
    assert abs(sent.time - time.time()) < 60
    assert 0 < sent.seconds < 30
    assert wrong.error is not None
    assert failed.error is not None
    assert (wrong.error.file, wrong.request_id) == ("convex/messages.ts", failed.error.request_id)
    history = (await api.logs.history()).entries
    assert history[-2:] == (sent, wrong)
    assert await following(api, start, 2) == [sent, wrong], "a kept cursor gives the same again"


async def test_choosing_among_logs(api: DeploymentApi) -> None:
    start = (await api.logs.history()).cursor
    await run(api, "messages:send", author="Ann", body="x")
    failed = await run(api, "messages:fails")
    entries = await following(api, start, 2)
    assert failed.error is not None

    def picked(chosen: LogFilter) -> list[tuple[str, int]]:
        kept = [entry for it in entries if (entry := chosen.pick(it))]
        return [(entry.function.partition(":")[2], len(entry.lines)) for entry in kept]

    assert picked(LogFilter()) == [("send", 2), ("fails", 0)]
    assert picked(LogFilter(level="WARN")) == [("send", 1), ("fails", 0)]
    assert picked(LogFilter(level="ERROR")) == [("fails", 0)]
    assert picked(LogFilter(function="messages:send")) == [("send", 2)]
    assert picked(LogFilter(function="messages")) == [("send", 2), ("fails", 0)]
    assert picked(LogFilter(function="message")) == []
    assert picked(LogFilter(request_id=failed.error.request_id)) == [("fails", 0)]


# --- Variables ----------------------------------------------------------------------------------------------


async def test_variables_are_those_of_the_convex_cli(api: DeploymentApi, deployed: Deployed) -> None:
    await api.variables.set({"GREETING": Secret("hello there"), "SHORT": Secret("x")})
    printed = await asyncio.to_thread(deployed.convex, "env", "list", "--include-values")
    assert read_env_text(printed) == {it.name: it.value for it in await api.variables.all()}
    assert (await api.variables.get("GREETING")).value == Secret("hello there")
    assert "hello there" not in repr(await api.variables.all())
    await api.variables.unset(["GREETING", "SHORT", "NEVER_SET"])
    assert await api.variables.all() == ()


async def test_a_variable_the_deployment_refuses_sets_nothing(api: DeploymentApi) -> None:
    with pytest.raises(ApiError):
        await api.variables.set({"FINE": Secret("1"), "not a name": Secret("2")})
    assert await api.variables.all() == ()


@pytest.mark.parametrize(
    "value", ["", "plain", "two words", "it's", 'a "quote"', "line\nline\n", "back\\slash'", "$HOME #x", "é"]
)
def test_a_variable_survives_its_env_text(value: str) -> None:
    text = env_text([Variable("NAME", Secret(value)), Variable("OTHER", Secret("1"))])
    assert read_env_text(text) == {"NAME": Secret(value), "OTHER": Secret("1")}


def test_an_env_text_that_makes_no_sense_is_refused_as_a_whole() -> None:
    with pytest.raises(EnvTextInvalid, match="Line 2"):
        read_env_text("A=1\njust words\nB=2\n")


# --- Health -------------------------------------------------------------------------------------------------


async def test_health(api: DeploymentApi, deployed: Deployed) -> None:
    health = await api.health()
    assert health.url == deployed.url
    assert health.site_url.startswith("http://127.0.0.1:")
    assert health.version.startswith("1.")
    assert health.last_push is not None
    assert time.time() - 600 < health.last_push / 1000 <= time.time()
    assert (health.info.kind, health.usage) == ("selfHosted", None)


async def test_a_key_that_is_no_good_is_said_so(deployed: Deployed) -> None:
    async with DeploymentApi(deployed.url, Secret("dev:nobody|not-the-key")) as api:
        for work in (api.data.tables(), api.functions.all(), api.logs.history(), api.variables.all()):
            with pytest.raises(KeyRefused) as raised:
                await work
            assert "connect" in raised.value.next_step
