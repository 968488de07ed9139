"""`vibe-tui connect`, every way that needs no browser, against the real emulator as if it were Convex."""

from __future__ import annotations

import dataclasses
import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_at_a_terminal import Terminal
from tests.conftest import Vibe, fresh_vibe
from tests.program import left_running

pytestmark = pytest.mark.xdist_group("connect methods")


@dataclasses.dataclass(frozen=True)
class Convex:
    """The emulator, and a signed-in user of it with one project."""

    program: Vibe
    host: str
    token: str
    """An OAuth token."""
    connection: dict[str, Any]

    def ask(self, path: str, body: object | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.host}/v1{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def team_token(self, name: str) -> str:
        made = self.ask(f"/teams/{self.connection['team_id']}/create_access_token", {"name": name})
        return str(made["accessToken"])

    def key_names(self, deployment: str) -> list[str]:
        return [key["name"] for key in self.ask(f"/deployments/{deployment}/list_deploy_keys")]

    def projects(self) -> list[str]:
        return [row["slug"] for row in self.ask(f"/teams/{self.connection['team_id']}/projects")["items"]]


@pytest.fixture(scope="module")
def convex(tmp_path_factory: pytest.TempPathFactory, toolchain: Path) -> Iterator[Convex]:
    with fresh_vibe(tmp_path_factory.mktemp("connect-methods"), toolchain) as program:
        program.json("new", "first")
        first = dataclasses.replace(program, cwd=program.cwd / "first")
        connection = first.json("connect", "--approve")["connection"]
        secrets = json.loads((program.home / "credentials.json").read_text())["secrets"]
        (token,) = [value for ref, value in secrets.items() if ref.endswith("/oauth")]
        host = connection["provision_host"]
        program = dataclasses.replace(program, env={"PROVISION_HOST": host, "DASHBOARD_HOST": host})
        yield Convex(program, host, token, connection)


@pytest.fixture
def vibe(convex: Convex, request: pytest.FixtureRequest) -> Iterator[Vibe]:
    """A program that stands in a new project of its own."""
    app = convex.program.cwd / re.sub(r"\W+", "-", request.node.name).strip("-")
    convex.program.json("new", app.name, "--dir", str(app))
    yield dataclasses.replace(convex.program, cwd=app)
    assert left_running(convex.program) == {}


def connect(vibe: Vibe, secret: str, *arguments: str, code: int = 0) -> dict[str, Any]:
    ended = vibe("connect", "--json", *arguments, stdin=f"{secret}\n")
    assert ended.returncode == code, ended.stderr
    assert not secret or secret not in ended.stdout + ended.stderr
    result: dict[str, Any] = json.loads(ended.stdout)
    return result


def leaves_no_trace(vibe: Vibe, secret: str) -> bool:
    """Whether nothing but the credential store knows it."""
    places = [*vibe.home.rglob("*"), *vibe.cwd.rglob("*")]
    files = [
        it for it in places if it.is_file() and "node_modules" not in it.parts and "toolchain" not in it.parts
    ]
    knowing = [it for it in files if secret.encode() in it.read_bytes()]
    return [it for it in knowing if it.name != "credentials.json"] == [] and secret not in "".join(vibe.said)


def test_a_team_token_from_stdin(vibe: Vibe, convex: Convex) -> None:
    token = convex.team_token("from stdin")
    connection = connect(vibe, token, "--with", "team-token", "--project-name", "Shop")["connection"]
    assert (connection["backend"], connection["narrow"]) == ("cloud", True)
    assert connection["project"].startswith("shop-")
    assert convex.key_names(connection["deployment"]) == [connection["key_name"]]
    assert vibe.json("push")["push"]["result"] == "deployed"
    assert leaves_no_trace(vibe, token)
    steps = vibe.json("disconnect", "--revoke")["steps"]
    assert "yours and stays valid" in json.dumps(steps)
    assert convex.key_names(connection["deployment"]) == []
    assert "EXPO_PUBLIC_CONVEX_URL" not in (vibe.cwd / ".env.local").read_text()


def test_a_personal_token_names_the_team(vibe: Vibe, convex: Convex) -> None:
    token = convex.team_token("as a personal one")
    refused = connect(vibe, token, "--with", "personal-token", "--team", "nowhere", code=1)
    assert refused["error"]["code"] == "wrong_team"
    team = convex.connection["team"]
    connection = connect(vibe, token, "--with", "personal-token", "--team", team)["connection"]
    assert (connection["team"], connection["narrow"]) == (team, True)
    assert leaves_no_trace(vibe, token)


def test_the_login_of_the_cli_is_used_with_the_users_word(vibe: Vibe, convex: Convex) -> None:
    token = convex.team_token("of the CLI")
    assert vibe.json("connect", "--with", "cli-login", code=1)["error"]["code"] == "cli_login_missing"
    folder = Path(vibe.environment()["HOME"]) / f".convex-test-{convex.host.rpartition(':')[2]}"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"accessToken": token}))
    assert vibe.json("connect", "--with", "cli-login", code=1)["error"]["code"] == "cli_login_refused"
    assert vibe.json("connect", "--with", "cli-login", "--yes")["connection"]["narrow"] is True
    assert leaves_no_trace(vibe, token)


def test_a_deploy_key_deploys_and_is_left_alone(vibe: Vibe, convex: Convex) -> None:
    deployment = convex.connection["deployment"]
    key = convex.ask(f"/deployments/{deployment}/create_deploy_key", {"name": "the user's"})["deployKey"]
    connection = connect(vibe, key, "--with", "deploy-key")["connection"]
    assert (connection["deployment"], connection["project"]) == (deployment, convex.connection["project"])
    assert "yours: disconnecting does not revoke it" in vibe("status").stdout
    assert vibe.json("push")["push"]["result"] == "deployed"
    assert "CONVEX_DEPLOY_KEY=" in (vibe.cwd / ".env.local").read_text()
    refused = vibe.json("disconnect", "--delete-project", "--yes", code=1)
    assert refused["error"]["code"] == "cannot_delete"
    vibe.json("disconnect", "--revoke")
    assert "the user's" in convex.key_names(deployment)
    assert leaves_no_trace(vibe, key)
    assert vibe.json("status")["connection"]["state"] == "not connected"


def test_a_backend_of_ones_own_deploys(vibe: Vibe, convex: Convex) -> None:
    deployment, url = convex.connection["deployment"], convex.connection["url"]
    key = convex.ask(f"/deployments/{deployment}/create_deploy_key", {"name": "admin"})["deployKey"]
    result = connect(vibe, key, "--with", "self-hosted", "--url", url)
    assert (result["connection"]["backend"], result["dashboard_url"]) == ("self-hosted", "")
    assert vibe.json("push")["push"]["result"] == "deployed"
    assert "CONVEX_SELF_HOSTED_URL=" in (vibe.cwd / ".env.local").read_text()
    assert "a Convex backend of your own" in vibe("status").stdout
    vibe.json("disconnect")
    assert leaves_no_trace(vibe, key)


def test_attached_is_deleted_only_with_its_name(vibe: Vibe, convex: Convex) -> None:
    made = convex.ask(f"/teams/{convex.connection['team_id']}/create_project", {"projectName": "Bakery"})
    token = convex.team_token("for the bakery")
    connection = connect(vibe, token, "--with", "team-token", "--attach", made["slug"])["connection"]
    assert (connection["project"], connection["attached"]) == (made["slug"], True)
    for arguments, typed in (([], ""), (["--yes"], ""), (["--yes"], "bakery-2\n")):
        ended = vibe("disconnect", "--delete-project", *arguments, stdin=typed)
        assert ended.returncode == 1
        assert "Nothing was deleted" in ended.stderr
    assert made["slug"] in convex.projects()
    assert vibe("disconnect", "--delete-project", stdin=f"{made['slug']}\n").returncode == 0
    assert made["slug"] not in convex.projects()


def test_a_token_that_is_typed_is_not_shown(vibe: Vibe, convex: Convex) -> None:
    token = convex.team_token("typed")
    terminal = Terminal(vibe, "connect", "--with", "team-token")
    assert terminal.shows("Paste the team access token")
    terminal.type(f"{token}\n")
    assert terminal.end() == 0, terminal.shown
    assert "● Connected" in terminal.shown
    assert token not in terminal.shown


def test_a_question_for_a_token_ends_with_ctrl_c(vibe: Vibe) -> None:
    terminal = Terminal(vibe, "connect", "--with", "deploy-key")
    assert terminal.shows("Paste the deploy key")
    terminal.type("\x03")
    assert terminal.end(5) == 1
    assert "Traceback" not in terminal.shown


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--with", "self-hosted"], "options_do_not_fit"),
        (["--with", "self-hosted", "--url", "http://convex.example.com"], "address_invalid"),
        (["--with", "team-token", "--url", "https://convex.example.com"], "options_do_not_fit"),
        (["--with", "oauth", "--yes"], "options_do_not_fit"),
        (["--with", "oauth", "--approve"], "options_do_not_fit"),
        (["--with", "deploy-key", "--attach", "shop"], "options_do_not_fit"),
        (["--attach", "shop", "--project-name", "Shop"], "options_do_not_fit"),
        (["--project-name", " "], "convex_name_invalid"),
        (["--project-name", "x" * 51], "convex_name_invalid"),
        (["--project-name", "a\x1b[2J"], "convex_name_invalid"),
    ],
)
def test_options_that_do_not_fit(vibe: Vibe, arguments: list[str], error: str) -> None:
    assert vibe.json("connect", *arguments, code=2)["error"]["code"] == error
    assert vibe.json("status")["connection"]["state"] == "not connected"


def test_a_key_that_was_revoked_is_replaced(convex: Convex, vibe: Vibe) -> None:
    token = convex.team_token(vibe.cwd.name)
    connect = ("connect", "--with", "team-token")
    before = json.loads(vibe(*connect, "--json", stdin=token).stdout)["connection"]
    path = f"/deployments/{before['deployment']}"
    convex.ask(f"{path}/delete_deploy_key", {"id": before["key_name"]})
    assert convex.key_names(before["deployment"]) == []
    after = vibe.json(*connect, "--new-key")["connection"]
    assert (after["deployment"], after["project"]) == (before["deployment"], before["project"])
    assert convex.key_names(before["deployment"]) == [before["key_name"]]
    assert vibe.json("push")["push"]["result"] == "deployed"
