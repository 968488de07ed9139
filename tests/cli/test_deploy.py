"""`vibe-tui deploy --production` against the real emulator, with the unmodified Convex CLI."""

from __future__ import annotations

import dataclasses
import json
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Vibe, fresh_vibe
from tests.program import Output, left_running, within

pytestmark = pytest.mark.xdist_group("deploy")

ANSWER = """import { query } from "./_generated/server";
export const answer = query({ args: {}, handler: async () => "%s" });
"""


@dataclasses.dataclass(frozen=True)
class App:
    vibe: Vibe
    connection: dict[str, Any]

    def secrets(self) -> dict[str, str]:
        kept: dict[str, str] = json.loads((self.vibe.home / "credentials.json").read_text())["secrets"]
        return kept

    def ask(self, path: str) -> Any:
        (token,) = [value for ref, value in self.secrets().items() if ref.endswith("/team-access-token")]
        request = urllib.request.Request(
            f"{self.connection['provision_host']}/v1{path}", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def deployments(self) -> dict[str, str]:
        """Name to type."""
        rows = self.ask(f"/projects/{self.connection['project_id']}/list_deployments")
        return {row["name"]: row["deploymentType"] for row in rows}

    def keys(self, deployment: str) -> list[str]:
        return [key["name"] for key in self.ask(f"/deployments/{deployment}/list_deploy_keys")]

    def edit(self, answer: str) -> None:
        (self.vibe.cwd / "convex" / "answer.ts").write_text(ANSWER % answer)

    def env_file(self) -> str:
        file = self.vibe.cwd / ".env.local"
        return file.read_text() if file.exists() else ""

    def deploy(self, typed: str, code: int = 0) -> dict[str, Any]:
        ended = self.vibe("deploy", "--production", "--json", stdin=f"{typed}\n")
        assert ended.returncode == code, ended.stdout + ended.stderr
        result: dict[str, Any] = json.loads(ended.stdout)
        return result


def answer_of(url: str) -> Any:
    body = json.dumps({"path": "answer:answer", "args": {}, "format": "json"}).encode()
    request = urllib.request.Request(f"{url}/api/query", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as found:
        return json.load(found).get("value")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, toolchain: Path) -> Iterator[App]:
    with fresh_vibe(tmp_path_factory.mktemp("deploy"), toolchain) as program:
        program.json("new", "shop")
        vibe = dataclasses.replace(program, cwd=program.cwd / "shop")
        yield App(vibe, vibe.json("connect", "--approve")["connection"])
        assert left_running(vibe) == {}


def test_nothing_happens_without_the_project_s_name(app: App) -> None:
    refused = app.deploy("yes", code=1)
    assert refused["error"]["code"] == "not_confirmed"
    assert list(app.deployments().values()) == ["dev"]
    asked = app.vibe("deploy", "--production").stdout
    assert f"a new production deployment of the project {app.connection['project']}" in asked
    assert "convex/schema.ts" in asked
    assert app.vibe.json("deploy", code=2)["error"]["code"] == "wrong_usage"


@pytest.mark.slow
def test_production_gets_the_code_and_its_key_is_gone(app: App) -> None:
    app.edit("first")
    env = app.env_file()
    done = app.deploy(app.connection["project"])
    assert done["push"]["result"] == "deployed"
    assert app.deployments()[done["deployment"]] == "prod"
    assert answer_of(done["url"]) == "first"
    assert (app.keys(done["deployment"]), done["key_left"]) == ([], "")
    assert app.env_file() == env
    assert app.keys(app.connection["deployment"]) == [app.connection["key_name"]]
    assert answer_of(app.connection["url"]) is None, "the development deployment stays as it is"
    known = {value.partition("|")[2] or value for value in app.secrets().values()}
    said = "".join(app.vibe.said)
    assert "prod:" not in said
    assert not any(value in said for value in known)
    places = [*app.vibe.home.rglob("*"), *app.vibe.cwd.rglob("*")]
    files = [it for it in places if it.is_file() and not {"node_modules", "toolchain"} & {*it.parts}]
    key = f"prod:{done['deployment']}|".encode()
    assert [it for it in files if key in it.read_bytes()] == [], "the key for production is kept nowhere"


@pytest.mark.slow
def test_what_convex_refuses_changes_nothing_and_leaves_no_key(app: App) -> None:
    app.edit("second")
    (app.vibe.cwd / "convex" / "wrong.ts").write_text("export const n: number = 'text';\n")
    done = app.deploy(app.connection["project"], code=1)
    (app.vibe.cwd / "convex" / "wrong.ts").unlink()
    assert done["push"]["problems"][0]["file"] == "convex/wrong.ts"
    assert answer_of(done["url"]) == "first"
    assert app.keys(done["deployment"]) == []


@pytest.mark.slow
def test_a_deploy_that_is_stopped_deletes_its_key_and_so_does_the_one_after_a_kill(app: App) -> None:
    (production,) = [name for name, kind in app.deployments().items() if kind == "prod"]
    for number, left in ((signal.SIGINT, 0), (signal.SIGKILL, 1)):
        process = app.vibe.start("deploy", "--production", stdin=-1)
        output = Output(process)
        assert process.stdin is not None
        process.stdin.write(f"{app.connection['project']}\n")
        process.stdin.flush()
        output.wait_for(lambda line: "npx convex deploy" in line)
        assert len(app.keys(production)) == 1
        process.send_signal(number)
        process.wait(15)
        assert within(5, lambda: left_running(app.vibe) == {})
        assert len(app.keys(production)) == left
    assert app.deploy(app.connection["project"])["push"]["result"] == "deployed"
    assert app.keys(production) == []


def test_connections_without_production_say_what_is_possible(app: App) -> None:
    key = app.secrets()[app.connection["key_ref"]]
    app.vibe.json("new", "own", "--dir", str(app.vibe.cwd.parent / "own"))
    own = dataclasses.replace(app.vibe, cwd=app.vibe.cwd.parent / "own")
    own("connect", "--with", "self-hosted", "--url", app.connection["url"], stdin=f"{key}\n")
    refused = own.json("deploy", "--production", code=1)["error"]
    assert (refused["code"], "no other one for production" in refused["message"]) == ("no_production", True)
    own("disconnect")
    host = app.connection["provision_host"]
    given = dataclasses.replace(own, env={"PROVISION_HOST": host, "DASHBOARD_HOST": host})
    given("connect", "--with", "deploy-key", stdin=f"{key}\n")
    refused = given.json("deploy", "--production", code=1)["error"]
    assert "CONVEX_DEPLOY_KEY" in refused["next_step"]
    given("disconnect")


def test_what_was_forgotten_is_listed_and_deleted_on_demand(app: App) -> None:
    """Last: it takes the project away."""
    assert app.vibe.json("doctor")["orphans"] == []
    app.vibe.json("disconnect")
    found = app.vibe.json("doctor")
    assert {it["kind"] for it in found["orphans"]} == {"project", "access token"}
    assert app.connection["project"] in {it["name"] for it in found["orphans"]}
    kept = app.vibe("doctor", "--delete-orphans", stdin="n\ny\n")
    assert "1 of 2 deleted" in kept.stdout
    (left,) = app.vibe.json("doctor")["orphans"]
    assert left["name"] == found["orphans"][0]["name"]
    assert f"Delete {left['name']}" in app.vibe("doctor", "--delete-orphans").stderr
