"""`vibe-tui model`: choosing who answers, and the keys for it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_at_a_terminal import Terminal
from tests.conftest import Vibe, fresh_vibe
from tests.model_server import ModelServer, Refusal

KEY = "the-key-of-the-tests"


@pytest.fixture
def vibe(tmp_path: Path) -> Iterator[Vibe]:
    with fresh_vibe(tmp_path, None) as program:
        yield program


def models(*rows: dict[str, object]) -> Refusal:
    return Refusal(200, json.dumps({"data": rows}).encode(), {"Content-Type": "application/json"})


def test_a_provider_from_the_first_word_to_the_last(vibe: Vibe) -> None:
    rows = ({"id": "maker/big", "context_length": 9000}, {"id": "tiny", "supported_parameters": ["n"]})
    with ModelServer(models=models(*rows), key=KEY) as server:
        added = vibe.json("model", "add", "mine", server.url)["provider"]
        assert added == {"name": "mine", "base_url": server.url, "local": True, "key_from": ""}
        assert vibe.json("model", "list", "mine", code=1)["error"]["code"] == "model_key_refused"
        assert vibe("model", "key", "mine", stdin=f"{KEY}\n").returncode == 0
        listed = vibe.json("model", "list", "mine")["models"]
        assert [(it["id"], it["window"], it["calls_tools"]) for it in listed] == [
            ("maker/big", 9000, None),
            ("tiny", 0, False),
        ]
        used = vibe("model", "use", "mine/maker/big", "--reasoning", "low")
        assert (used.returncode, used.stdout, used.stderr) == (0, "maker/big (mine) answers.\n", "")
        assert "window = 9000" in (vibe.home / "settings.toml").read_text()
        warned = vibe("model", "use", "mine/tiny")
        assert warned.returncode == 0 and "cannot call tools" in warned.stderr
        assert "no gone on its list" in vibe("model", "use", "mine/gone").stderr
    assert "not been looked up" in vibe("model", "use", "mine/later").stderr.replace("without having", "not")
    chosen = vibe.json("model", "list")["chosen"]
    assert chosen == {
        "model": "mine/later",
        "answers": "later (mine)",
        "reasoning_effort": "low",
        "obstacle": "",
    }
    assert vibe("model", "use", "--recipes").stdout == "Built-in recipes answer (no model).\n"
    assert vibe.json("model", "key", "mine", "--forget")["forgotten"] is True
    vibe.json("model", "remove", "mine")
    assert KEY not in "".join(vibe.said) + (vibe.home / "settings.toml").read_text()


def test_a_key_is_never_an_argument_and_never_shown(vibe: Vibe) -> None:
    refused = vibe("model", "key", "openai", KEY)
    assert refused.returncode == 2 and KEY not in refused.stdout + refused.stderr
    terminal = Terminal(vibe, "model", "key", "openai")
    assert terminal.shows("Key for https://api.openai.com/v1")
    terminal.type(f"{KEY}\n")
    assert terminal.end() == 0
    assert "The key of openai is kept in" in terminal.shown and KEY not in terminal.shown
    assert KEY in (vibe.home / "credentials.json").read_text()
    assert vibe("model", "key", "openai", stdin="").returncode == 2


def test_a_model_without_a_key_says_that_the_recipes_answer(vibe: Vibe) -> None:
    offline = dataclasses.replace(vibe, env={"HTTPS_PROXY": "http://127.0.0.1:9"})
    used = offline("model", "use", "gpt-5")
    assert used.returncode == 0 and "Built-in recipes answer" in used.stdout
    assert "no key for openai" in used.stderr and "vibe-tui model key openai" in used.stderr


def test_the_environment_gives_key_and_address(vibe: Vibe) -> None:
    with ModelServer(models=["small"], key=KEY) as server:
        here = dataclasses.replace(vibe, env={"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY})
        assert here("model", "list", "openai").stdout == "openai/small\n"
        assert here("model", "use", "small").stdout == "small (openai) answers.\n"
        listing = here("model", "list").stdout
        assert server.listed == 2, "only who is named is asked"
    assert "key in the environment variable OPENAI_API_KEY" in listing and KEY not in listing


def test_servers_on_this_computer_are_looked_for_when_asked(vibe: Vibe) -> None:
    with ModelServer(models=["qwen"]) as server:
        vibe.json("model", "add", "ollama", server.url)
        found = vibe.json("model", "list", "--local")
        assert "servers" not in vibe.json("model", "list")
        assert server.listed == 1
    named = {it["provider"]: [model["id"] for model in it["models"]] for it in found["servers"]}
    assert named["ollama"] == ["qwen"]


def test_wrong_usage(vibe: Vibe) -> None:
    for arguments, code in (
        (("model", "use", "--recipes", "x"), "wrong_usage"),
        (("model", "use"), "wrong_usage"),
        (("model",), "wrong_usage"),
        (("model", "list", "nobody"), "provider_unknown"),
        (("model", "add", "x", "http://x.example"), "provider_invalid"),
        (("model", "add", "x", "https://x.example", "--key-variable", "sk-1"), "settings_invalid"),
    ):
        ended = vibe(*arguments, "--json")
        assert ended.returncode != 0
        assert json.loads(ended.stdout)["error"]["code"] == code
    assert not (vibe.home / "settings.toml").exists()
