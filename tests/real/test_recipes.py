"""Recipes through `vibe-tui ask`, pushed to the emulator with the unmodified Convex CLI, and then run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.conftest import Vibe, fresh_vibe
from tests.services.assistant.recipes.conftest import checks as checks
from tests.services.assistant.recipes.prompts import ALL, AUTH
from tests.services.assistant.recipes.trees import carry_out, template, write_tree

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real"), pytest.mark.timeout(280)]

APART = (
    ("Add a users table", "Add CRUD for users", "Paginate users", "Add a search index to users on name"),
    ("Make todos real-time", "Schedule deleting a todo after 5 minutes", "Delete old todos every hour"),
    ("Add file upload", "Add a webhook at /stripe", "Add a cron job"),
)
"""A covering set: each recipe, in small projects of their own."""


@pytest.fixture
def connected(tmp_path: Path, toolchain: Path) -> Iterator[Vibe]:
    """A new project, connected; the program stands in its folder."""
    with fresh_vibe(tmp_path, toolchain) as first:
        first.json("new", "app")
        vibe = dataclasses.replace(first, cwd=first.cwd / "app")
        vibe.json("connect", "--approve")
        yield vibe


def ask(vibe: Vibe, prompt: str) -> None:
    """Carry a prompt out; it must end deployed."""
    ended = vibe("ask", prompt, "--yes", limit=100)
    assert ended.returncode == 0, f"{prompt}\n{ended.stdout}\n{ended.stderr}"


@pytest.mark.parametrize("prompts", APART, ids=lambda prompts: prompts[0])
def test_each_recipe_is_deployed(prompts: tuple[str, ...], connected: Vibe) -> None:
    for prompt in prompts:
        ask(connected, prompt)


def push(vibe: Vibe, prompts: Sequence[str], modules: Path | None = None) -> None:
    """Push what these prompts make of a new project, all at once. modules: what npm install would bring."""
    write_tree(carry_out(template(), prompts), vibe.cwd)
    if modules is not None:
        (vibe.cwd / "node_modules").symlink_to(modules)
    pushed = vibe("push", limit=100)
    assert pushed.returncode == 0, pushed.stdout + pushed.stderr


def test_all_that_needs_no_more_packages(connected: Vibe) -> None:
    push(connected, [prompt for prompt in ALL if prompt != AUTH])
    sent = connected.json("run", "messages:send", '{"author": "Ann", "body": "hello there"}')
    found = connected.json("run", "messages:searchByBody", '{"words": "hello"}')["value"]
    assert [one["_id"] for one in found] == [sent["value"]]
    assert connected.json("run", "messages:removeOld", "{}")["value"] is None
    names = {one["name"] for one in connected.json("functions")["functions"]}
    assert {"messages:page", "todos:update", "files:generateUploadUrl", "jobs:scheduleSendReminder"} <= names


def test_all_of_them(connected: Vibe, checks: Path) -> None:
    push(connected, ALL, checks)
    refused = connected("run", "messages:send", '{"body": "hi"}')
    assert "Sign in to send messages." in refused.stdout + refused.stderr
    assert connected.json("run", "users:viewer", "{}")["value"] is None
    assert connected.json("run", "messages:list", "{}")["value"] == []


def test_signing_in_is_deployed_without_installing_anything(connected: Vibe) -> None:
    ask(connected, AUTH)
    assert "@convex-dev/auth" in (connected.cwd / "package.json").read_text()
    assert connected.json("run", "users:viewer", "{}")["value"] is None
    assert {table["name"] for table in connected.json("data")["tables"]} >= {"users", "authSessions"}
