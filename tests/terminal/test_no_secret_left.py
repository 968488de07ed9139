"""What the deployment's own screens and commands leave behind, searched for every secret there was."""

from __future__ import annotations

import dataclasses
import json
import secrets as random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Vibe
from tests.deployed import Deployed, deployed_project
from tests.program import left_running, secrets_of
from tests.real.test_sequence import everything_left, sampled_command_lines
from tests.terminal.conftest import OpenPage

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real"), pytest.mark.timeout(240)]


@pytest.fixture
def deployed(toolchain: Path, tmp_path: Path) -> Iterator[Deployed]:
    with deployed_project(tmp_path, toolchain) as project:
        yield project


def test_the_backend_screen_and_its_commands_leave_no_secret(deployed: Deployed, open_page: OpenPage) -> None:
    vibe = dataclasses.replace(deployed.vibe, said=[])
    values = {name: f"{name.lower()}-{random.token_hex(12)}" for name in ("TYPED", "IMPORTED", "ON_THE_PAGE")}
    secrets = {deployed.key.reveal(), *secrets_of(vibe), *values.values()}
    with sampled_command_lines(vibe) as command_lines:
        secrets |= use_the_commands(deployed, vibe, values)
        screen = use_the_page(vibe, open_page, values["ON_THE_PAGE"])
        secrets |= secrets_of(vibe)
        exported = json.loads(vibe("env", "list", "--json", "--reveal").stdout)["variables"]
        secrets |= {line for line in exported["JWT_PRIVATE_KEY"].split() if len(line) > 16}
        vibe.said.pop(-2)  # that was asked for
        vibe.json("disconnect", "--delete-project", "--yes")
    assert left_running(vibe) == {}

    assert values["ON_THE_PAGE"] == exported["ON_THE_PAGE"]
    assert len(secrets) > 8
    # While it is there, the deployment itself holds its variables; that is what they are for.
    kept = [(path, content) for path, content in everything_left(vibe) if not of_the_deployment(vibe, path)]
    for secret in secrets:
        assert not [line for line in command_lines if secret in line]
        assert not [text for text in vibe.said if secret in text]
        assert not [path for path, content in kept if secret.encode() in content]
        assert secret.encode() not in screen


def use_the_commands(deployed: Deployed, vibe: Vibe, values: dict[str, str]) -> set[str]:
    """Every command of the deployment; returns the secrets that came up on the way."""
    assert vibe("env", "set", "TYPED", stdin=values["TYPED"] + "\n").returncode == 0
    given = deployed.folder / "given.env"
    given.write_text(f"IMPORTED={values['IMPORTED']}\n")
    vibe.json("env", "import", "given.env")
    given.unlink()
    vibe.json("env", "set-up-auth", "--site-url", "http://localhost:8081")
    vibe.json("env", "list")
    vibe.json("run", "messages:send", '{"author": "Ann", "body": "hello"}')
    vibe.json("data", "messages")
    vibe.json("data", "messages", "--export", "messages.jsonl")
    vibe.json("functions")
    vibe.json("logs")
    vibe.json("health")
    vibe.json("doctor")
    project = vibe.json("status")["connection"]["project"]
    deploy = vibe("deploy", "--production", stdin=f"{project}\n", limit=120)
    assert deploy.returncode == 0, deploy.stdout + deploy.stderr
    vibe.json("download", "-o", "../shop.zip")
    return secrets_of(vibe)


def use_the_page(vibe: Vibe, open_page: OpenPage, value: str) -> bytes:
    """All tabs of the Backend screen, a variable typed on it; returns every byte that was painted."""
    page = open_page(vibe, ".")
    page.wait("Convex: emulator")
    page.press("ctrl+l")
    page.wait(r"messages +1")
    page.press("2")
    page.wait("messages:send|send")
    page.press("3")
    page.wait("Live")
    page.press("4")
    page.wait("JWT_PRIVATE_KEY")
    page.press("a")
    page.wait("Name")
    page.type("ON_THE_PAGE")
    page.press("tab")
    page.settle()
    page.type(value)
    page.settle()
    page.press("enter")
    page.wait_gone("Esc cancels")
    page.wait("ON_THE_PAGE +•")
    page.settle()
    page.press("5")
    page.wait("is what is deployed")
    page.press("esc")
    page.wait("F9 Dev server")
    page.press("ctrl+q")
    assert page.exit_code(10) == 0
    return page.output


def of_the_deployment(vibe: Vibe, path: Path) -> bool:
    return path.is_relative_to(vibe.home / "emulator" / "deployments")
