"""`vibe-tui undo` and `vibe-tui history`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Vibe, fresh_vibe

PROMPT = "Add a messages database table"


@pytest.fixture
def offline(tmp_path: Path) -> Iterator[Vibe]:
    """Without the Convex toolchain: nothing is deployed here."""
    with fresh_vibe(tmp_path, None) as vibe:
        vibe.json("new", "my-app")
        yield Vibe(vibe.home, vibe.cwd / "my-app")


def test_a_turn_is_listed_looked_at_undone_and_brought_back(offline: Vibe) -> None:
    schema = offline.cwd / "convex" / "schema.ts"
    before = schema.read_text()
    assert "No checkpoints yet" in offline("history").stdout
    nothing = offline.json("undo", "--yes", code=1)
    assert nothing["error"]["code"] == "nothing_to_undo"

    offline("ask", "--yes", PROMPT)
    with_table = schema.read_text()
    assert "messages" in with_table
    (listed,) = offline.json("history")["checkpoints"]
    assert (listed["title"], listed["kind"]) == (PROMPT, "turn")
    (change,) = offline.json("history", "--diff", listed["id"])["changes"]
    assert (change["path"], change["kind"]) == ("convex/schema.ts", "changed")
    assert "~ convex/schema.ts" in offline("history", "--diff", listed["id"][:5]).stdout

    refused = offline.json("undo", code=1)
    assert refused["error"]["code"] == "not_confirmed"
    assert schema.read_text() == with_table

    undone = offline("undo", "--yes", "--stream-json").stdout.splitlines()
    assert json.loads(undone[0])["event"] == "change"
    result = json.loads(undone[-1])
    assert (result["ok"], result["changed"], result["push"]) == (True, ["convex/schema.ts"], None)
    assert schema.read_text() == before

    offline.json("undo", "--yes", "--to", result["before"])
    assert schema.read_text() == with_table
    assert 'before undoing "Add a messages' in offline("history").stdout
    missing = offline.json("undo", "--yes", "--to", "ffffffff", code=1)
    assert missing["error"]["code"] == "checkpoint_missing"


@pytest.mark.slow
@pytest.mark.xdist_group("real")
def test_undo_deploys_what_it_put_back(vibe: Vibe) -> None:
    """With the unmodified Convex CLI and the emulator."""
    vibe.json("new", "my-app")
    app = Vibe(vibe.home, vibe.cwd / "my-app")
    app.json("connect", "--approve")
    asked = app.json("ask", "--yes", PROMPT)
    assert asked["push"]["result"] == "deployed"
    assert [table["name"] for table in app.json("data")["tables"]] == ["messages"]
    undone = app.json("undo", "--yes")
    assert undone["push"]["result"] == "deployed"
    assert app.json("data")["tables"] == []
    broken = app.cwd / "convex" / "schema.ts"
    broken.write_text("nonsense")
    again = app.json("undo", "--yes", "--to", undone["before"])
    assert again["push"]["result"] == "deployed"
    assert "messages" in broken.read_text()
