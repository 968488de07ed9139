"""`vibe-tui sandbox`, as far as it needs no account, and what a project that runs at E2B says."""

from __future__ import annotations

import os

from tests.conftest import Vibe


def test_a_project_for_e2b_says_that_nothing_runs_yet(vibe: Vibe) -> None:
    assert vibe.json("new", "app", "--sandbox", "e2b")["project"]["sandbox"] == "e2b"
    assert vibe.json("sandbox", "status", "--project", "app")["state"] == "off"
    assert "E2B" in vibe("status", "--project", "app").stdout


def test_what_runs_on_this_computer_is_out_of_its_reach(vibe: Vibe) -> None:
    vibe.json("new", "app", "--sandbox", "e2b")
    for method in ("emulator", "local-backend"):
        refused = vibe.json("connect", "--with", method, "--project", "app", code=1)
        assert refused["error"]["code"] == "out_of_reach"
        assert "--with oauth" in refused["error"]["next_step"]
    assert vibe.json("status", "--project", "app")["connection"]["state"] == "not connected"


def test_an_e2b_on_this_computer_can_reach_it(vibe: Vibe) -> None:
    own = Vibe(vibe.home, vibe.cwd, {**vibe.env, "E2B_API_URL": "http://127.0.0.1:3000"})
    own.json("new", "app", "--sandbox", "e2b")
    connected = own.json("connect", "--approve", "--project", "app", limit=120)
    assert connected["connection"]["backend"] == "emulator"


def test_moving_there_and_back_keeps_the_files(vibe: Vibe) -> None:
    vibe.json("new", "app")
    assert vibe.json("sandbox", "status", "--project", "app")["state"] == "here"
    failed = vibe.json("sandbox", "move", "--to", "e2b", "--project", "app", code=1)
    assert failed["error"]["next_step"]
    assert vibe.json("projects")["projects"][0]["sandbox"] == "e2b", "it is tried again by the next command"
    back = vibe.json("sandbox", "move", "--to", "local", "--project", "app")
    assert back["project"]["sandbox"] == "local"
    assert (vibe.cwd / "app" / "convex" / "schema.ts").exists()


def test_pausing_this_computer_makes_no_sense(vibe: Vibe) -> None:
    vibe.json("new", "app")
    refused = vibe.json("sandbox", "pause", "--project", "app", code=2)
    assert refused["error"]["code"] == "no_cloud_sandbox"


def test_a_key_is_kept_and_never_shown(vibe: Vibe) -> None:
    secret = f"not-a-real-key-{os.urandom(8).hex()}"
    kept = vibe("sandbox", "key", stdin=f"{secret}\n")
    assert kept.returncode == 0
    assert secret not in kept.stdout + kept.stderr
    assert vibe("sandbox", "key", stdin="\n").returncode == 2
