"""`vibe-tui data|functions|run|logs|env` on a project that was pushed with the real CLI."""

from __future__ import annotations

import json
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployed import Deployed, deployed_project
from tests.program import Output, events, left_running

pytestmark = pytest.mark.xdist_group("real")

HIDDEN = "a value nobody may see 4711"


@pytest.fixture(scope="module")
def deployed(toolchain: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with deployed_project(tmp_path_factory.mktemp("deployed"), toolchain) as project:
        yield project


def failure(deployed: Deployed, *arguments: str, code: int = 1) -> dict[str, Any]:
    error: dict[str, Any] = deployed.vibe.json(*arguments, code=code)["error"]
    return error


def test_running_and_reading_back(deployed: Deployed) -> None:
    vibe = deployed.vibe
    sent = vibe.json("run", "messages:send", '{"author": "Ann", "body": "hello"}')
    assert sent["logs"] == ["[LOG] 'sending' 'hello'", "[WARN] 'carefully'"]
    found = vibe.json("data", "--id", sent["value"])
    assert found["table"] == "messages"
    assert found["document"]["body"] == "hello"
    page = vibe.json("data", "messages")
    assert (page["documents"], page["cursor"], page["done"]) == ([found["document"]], None, True)
    [line] = vibe("data", "messages", "--jsonl").stdout.splitlines()
    assert json.loads(line) == found["document"]
    assert [
        json.loads(it) for it in deployed.convex("data", "messages", "--format", "jsonl").splitlines()
    ] == [found["document"]]
    counts = {it["name"]: it["documents"] for it in vibe.json("data")["tables"]}
    assert counts == {"many": 0, "messages": 1, "rows": 0, "things": 0}


def test_paging_and_export(deployed: Deployed) -> None:
    vibe = deployed.vibe
    vibe.json("run", "messages:fill", '{"table": "rows", "from": 0, "to": 5}')
    first = vibe.json("data", "rows", "--limit", "3", "--order", "asc")
    rest = vibe.json("data", "rows", "--limit", "3", "--order", "asc", "--cursor", first["cursor"])
    assert [it["n"] for it in first["documents"] + rest["documents"]] == [0, 1, 2, 3, 4]
    text = vibe("data", "rows", "--limit", "3").stdout
    assert "--cursor" in text.splitlines()[-1]
    assert vibe.json("data", "rows", "--export", "rows.jsonl")["documents"] == 5
    lines = (deployed.folder / "rows.jsonl").read_text().splitlines()
    assert [json.loads(line)["n"] for line in lines] == [0, 1, 2, 3, 4]
    assert failure(deployed, "data", "rows", "--export", "rows.jsonl")["code"] == "export_failed"
    assert vibe.json("data", "rows", "--export", "rows.jsonl", "--replace")["documents"] == 5


def test_failures_say_what_to_do(deployed: Deployed) -> None:
    threw = deployed.vibe.json("run", "messages:refuses", code=1)
    assert threw["error"]["code"] == "function_failed"
    assert threw["failure"]["file"] == "convex/messages.ts"
    assert threw["failure"]["data"] == {"reason": "not today", "at": {"$integer": "3"}}
    assert (
        failure(deployed, "run", "messages:send", '{"author": 1, "body": ""}')["code"] == "arguments_invalid"
    )
    assert failure(deployed, "run", "messages:send", "{")["code"] == "value_invalid"
    assert failure(deployed, "run", "nothing")["code"] == "function_unknown"
    assert "messages" in failure(deployed, "data", "mesages")["next_step"]
    assert failure(deployed, "data", "--id", "1")["code"] == "document_unknown"
    assert failure(deployed, "data", "--export", "x", code=2)["code"] == "usage"
    assert failure(deployed, "logs", "--follow", code=2)["code"] == "usage"


def test_functions(deployed: Deployed) -> None:
    listed = {it["name"]: it for it in deployed.vibe.json("functions")["functions"]}
    assert listed["messages:secret"]["visibility"] == "internal"
    assert listed["messages:send"]["args"] == "{ author: string, body: string, stars?: number }"
    assert listed["GET /hello"]["type"] == "http"


def test_logs_are_followed_until_they_are_stopped(deployed: Deployed) -> None:
    vibe = deployed.vibe
    follower = vibe.start("logs", "--follow", "--level", "warn", "--stream-json")
    output = Output(follower)
    output.wait_for(lambda line: '"following"' in line)
    vibe.json("run", "messages:send", '{"author": "Ann", "body": "followed"}')
    vibe.json("run", "messages:list")
    vibe.json("run", "messages:fails", code=1)
    output.wait_for(lambda line: "messages:fails" in line)
    follower.send_signal(signal.SIGINT)
    assert follower.wait(10) == 0
    told = [it for it in events(output.rest()) if it["event"] == "log"]
    assert [it["function"] for it in told] == ["messages:send", "messages:fails"]
    assert [line["text"] for line in told[0]["lines"]] == ["'carefully'"]
    assert (told[1]["error"]["file"], told[1]["error"]["line"]) == ("convex/messages.ts", 22)
    last = vibe.json("logs", "--history", "1", "--function", "messages:send")["entries"]
    assert [it["request_id"] for it in last] == [told[0]["request_id"]]
    assert left_running(vibe) == {}


def test_variables_are_never_in_the_command_nor_shown_unasked(deployed: Deployed) -> None:
    vibe = deployed.vibe
    for given in (("TOKEN", HIDDEN), (f"TOKEN={HIDDEN}",)):
        assert failure(deployed, "env", "set", *given, code=2)["code"] == "usage"
    vibe.said.clear()
    assert vibe("env", "set", "TOKEN", stdin=f"{HIDDEN}\n").returncode == 0
    assert vibe.json("env", "list")["variables"] == {"TOKEN": "***"}
    assert vibe.json("env", "get", "TOKEN")["value"] == "***"
    assert vibe.json("env", "export", "kept.env")["variables"] == ["TOKEN"]
    assert HIDDEN not in "".join(vibe.said)
    kept = deployed.folder / "kept.env"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert vibe.json("env", "get", "TOKEN", "--reveal")["value"] == HIDDEN
    assert f"TOKEN={HIDDEN}" in deployed.convex("env", "list", "--include-values").replace("'", "").replace(
        '"', ""
    )
    assert vibe.json("env", "unset", "TOKEN", "NEVER_SET")["unset"] == ["TOKEN"]
    assert vibe.json("env", "import", "kept.env")["set"] == ["TOKEN"]
    assert vibe("env", "list", "--reveal").stdout == f"TOKEN={HIDDEN}\n"
    (deployed.folder / "bad.env").write_text(f"TOKEN={HIDDEN}\n{HIDDEN}\n")
    problem = failure(deployed, "env", "import", "bad.env")
    assert problem["code"] == "env_text_invalid"
    assert HIDDEN not in json.dumps(problem)


def test_importing_says_what_changes(deployed: Deployed) -> None:
    vibe = deployed.vibe
    (deployed.folder / "some.env").write_text("ONE=1\nTWO=2\n")
    assert vibe("env", "import", "some.env").stdout == "New: ONE, TWO\n"
    (deployed.folder / "some.env").write_text("ONE=1\nTWO=changed\nTHREE=3\n")
    done = vibe.json("env", "import", "some.env")
    assert (done["new"], done["changed"], done["same"]) == (["THREE"], ["TWO"], ["ONE"])
    assert vibe.json("env", "unset", "ONE", "TWO", "THREE")["ok"]


def test_setting_up_convex_auth(deployed: Deployed) -> None:
    vibe = deployed.vibe
    vibe.said.clear()
    assert failure(deployed, "env", "set-up-auth", "--site-url", "nowhere")["code"] == "site_url_invalid"
    done = vibe.json("env", "set-up-auth")
    assert done["set"] == ["JWKS", "JWT_PRIVATE_KEY", "SITE_URL"]
    uri = done["google_redirect_uri"]
    assert uri.startswith("http://127.0.0.1:")
    assert uri.endswith("/api/auth/callback/google")
    again = vibe("env", "set-up-auth")
    assert "Nothing was missing." in again.stdout
    assert uri in again.stdout
    assert vibe.json("env", "set-up-auth", "--replace-keys")["set"] == ["JWKS", "JWT_PRIVATE_KEY"]
    assert "PRIVATE KEY-----" not in "".join(vibe.said)
    assert vibe.json("env", "unset", "JWKS", "JWT_PRIVATE_KEY", "SITE_URL")["ok"]


def test_health_compares_the_schema_with_what_is_deployed(deployed: Deployed) -> None:
    vibe = deployed.vibe
    schema = deployed.folder / "convex" / "schema.ts"
    before = schema.read_text()
    told = vibe.json("health")
    assert told["health"]["url"] == deployed.url
    assert (told["schema"]["same"], told["schema"]["file"]) == (True, "convex/schema.ts")
    assert told["dev_server"] is None
    try:
        schema.write_text(before.replace("rows: defineTable({ n: v.number() })", "lines: defineTable({})"))
        changed = vibe.json("health")["schema"]
        assert [(it["name"], it["change"]) for it in changed["tables"]] == [
            ("lines", "added"),
            ("rows", "removed"),
        ]
        assert "+ table lines" in vibe("health").stdout
        schema.write_text(before.replace("v.number()", "v.numb()", 1))
        broken = vibe.json("health", code=1)
        assert broken["error"]["code"] == "schema_broken"
        assert (broken["problem"]["file"], broken["problem"]["line"]) == ("convex/schema.ts", 5)
        assert broken["health"]["version"].startswith("1.")
    finally:
        schema.write_text(before)


def test_they_work_while_a_dev_server_has_the_project(deployed: Deployed) -> None:
    vibe = deployed.vibe
    dev = vibe.start("dev", "--stream-json")
    output = Output(dev)
    try:
        output.wait_for(lambda line: '"push_finished"' in line, limit=60)
        assert vibe.json("status")["open_in"]["command"] == "vibe-tui dev"
        assert vibe.json("run", "messages:secret")["value"] == "for key holders"
        assert vibe.json("functions")["ok"]
        seen = vibe.json("health")["dev_server"]
        assert (seen["command"], seen["status"], seen["last_push"]) == ("vibe-tui dev", "running", "deployed")
    finally:
        dev.send_signal(signal.SIGINT)
        assert dev.wait(20) == 0


def test_they_start_the_emulator_when_it_is_needed(deployed: Deployed) -> None:
    vibe = deployed.vibe
    assert vibe.json("emulator", "stop")["stopped"]
    assert {it["name"] for it in vibe.json("data")["tables"]} == {"many", "messages", "rows", "things"}
    assert vibe.json("emulator")["running"]


def test_a_project_that_is_not_connected_says_so(deployed: Deployed) -> None:
    vibe = deployed.vibe
    vibe.json("new", "other", "--dir", str(deployed.folder.parent / "other"))
    for command in (("data",), ("functions",), ("run", "a:b"), ("logs",), ("env", "list"), ("health",)):
        assert failure(deployed, *command, "--project", "other")["code"] == "not_connected"
