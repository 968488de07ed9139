"""What every command prints for scripts, how it exits, and what it does without a reader."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Vibe, fresh_vibe
from tests.program import Output, events, left_running, processes_of, within

pytestmark = pytest.mark.xdist_group("results")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, toolchain: Path) -> Iterator[Vibe]:
    """A program that stands in a connected project."""
    with fresh_vibe(tmp_path_factory.mktemp("results"), toolchain) as program:
        program.json("new", "app")
        inside = dataclasses.replace(program, cwd=program.cwd / "app")
        inside.json("connect", "--approve")
        yield inside


@pytest.fixture
def vibe(shared: Vibe) -> Iterator[Vibe]:
    yield shared
    assert left_running(shared) == {}


def only_object(ended: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert "Traceback" not in ended.stderr
    lines = ended.stdout.splitlines()
    assert len(lines) == 1, ended.stdout
    found = json.loads(lines[0])
    assert found["ok"] is (ended.returncode == 0)
    if not found["ok"] and "error" in found:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", found["error"]["code"])
        assert found["error"]["message"] in ended.stderr
        assert found["error"]["next_step"] in ended.stderr
    return dict(found)


COMMANDS: dict[tuple[str, ...], set[str]] = {
    ("new", "second", "--dir", "../second"): {"project"},
    ("projects",): {"projects"},
    ("projects", "--forget", "second"): {"forgotten"},
    ("status",): {"project", "connection", "dev_server", "open_in"},
    ("connect",): {"connection", "dashboard_url"},
    ("push",): {"push"},
    ("ask", "--yes", "Add a notes table"): {"outcome", "changed", "push"},
    ("download", "-o", "../app.zip"): {"path", "files", "bytes", "skipped"},
    ("emulator",): {"running", "pid", "host", "started", "deployments"},
    ("doctor",): {"checks", "orphans", "not_asked"},
    ("disconnect",): {"how", "steps"},
    ("connect", "--approve"): {"connection", "dashboard_url"},
}


@pytest.mark.slow
def test_json_is_one_object_for_every_command(vibe: Vibe) -> None:
    for arguments, keys in COMMANDS.items():
        ended = vibe(*arguments, "--json")
        assert ended.returncode == 0, ended.stderr
        assert only_object(ended).keys() == {"ok", *keys}, arguments


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (("frobnicate",), 2, "wrong_usage"),
        (("push", "--fast"), 2, "wrong_usage"),
        (("push", "--json", "--stream-json"), 2, "wrong_usage"),
        (("disconnect", "--forget", "--revoke"), 2, "wrong_usage"),
        (("publish",), 2, "not_yet"),
        (("connect", "--with", "local-backend"), 1, "already_connected"),
        (("deploy",), 2, "wrong_usage"),
        (("deploy", "--production"), 1, "not_confirmed"),
        (("ask", "Add a tasks table"), 1, "not_approved"),
        (("disconnect", "--delete-project"), 1, "not_confirmed"),
        (("status", "--project", "nobody"), 1, "project_not_found"),
        (("status", "--project", "/nowhere/at all"), 1, "project_not_found"),
        (("new", "app"), 1, "project_name_taken"),
        (("new", "bad/name"), 2, "project_name_invalid"),
        (("new", "third", "--dir", "."), 1, "folder_taken"),
        (("new", "third", "--dir", "convex"), 1, "folder_not_empty"),
        (("download", "-o", "package.json"), 1, "archive_exists"),
        (("download", "-o", "/nowhere/app.zip"), 1, "archive_failed"),
    ],
)
def test_what_cannot_be_done_is_one_object_too(
    vibe: Vibe, arguments: tuple[str, ...], code: int, error: str
) -> None:
    ended = vibe(*arguments, "--json") if "--json" not in arguments else vibe(*arguments)
    assert ended.returncode == code
    found = only_object(ended)
    assert found["error"]["code"] == error
    assert found["error"]["next_step"]


def test_without_json_failures_are_on_stderr_alone(vibe: Vibe) -> None:
    ended = vibe("status", "--project", "nobody")
    assert (ended.returncode, ended.stdout) == (1, "")
    message, next_step = ended.stderr.splitlines()
    assert message == "vibe-tui: There is no project nobody."
    assert "vibe-tui projects" in next_step


def test_a_type_error_names_file_and_line(vibe: Vibe) -> None:
    bad = vibe.cwd / "convex" / "bad.ts"
    bad.write_text('export const a = 1;\nexport const wrong: number = "text";\n')
    try:
        ended = vibe("push", "--json")
    finally:
        bad.unlink()
    assert ended.returncode == 1
    push = only_object(ended)["push"]
    assert push["result"] == "failed"
    assert (push["problems"][0]["file"], push["problems"][0]["line"]) == ("convex/bad.ts", 2)
    assert "✗ failed: convex/bad.ts:2: TS2322" in ended.stderr


def test_stream_json_tells_the_events_then_the_result(vibe: Vibe) -> None:
    ended = vibe("push", "--stream-json")
    said = events(ended.stdout.splitlines())
    names = [event["event"] for event in said]
    assert names[-1] == "result"
    assert names.count("result") == 1
    assert names.index("push_started") < names.index("push_finished")
    assert any("Convex functions ready!" in event["text"] for event in said if event["event"] == "log")
    assert said[-1]["push"]["result"] == "deployed"


def test_a_file_that_holds_a_key_stays_out_of_the_zip(vibe: Vibe) -> None:
    secrets = json.loads((vibe.home / "credentials.json").read_text())["secrets"]
    key = next(value for ref, value in secrets.items() if ref.endswith("deploy-key"))
    note = vibe.cwd / "note.txt"
    note.write_text(f"remember {key}\n")
    try:
        found = vibe.json("download", "-o", "../keys.zip")
    finally:
        note.unlink()
    assert found["skipped"] == ["note.txt: it holds a secret"]


def test_download_goes_on_without_the_credential_store(vibe: Vibe) -> None:
    store = vibe.home / "credentials.json"
    content = store.read_bytes()
    store.write_text("{ damaged")
    try:
        ended = vibe("download", "-o", "../without.zip")
    finally:
        store.write_bytes(content)
    assert ended.returncode == 0
    assert "is damaged" in ended.stderr
    assert (vibe.cwd.parent / "without.zip").exists()


def test_a_reader_that_goes_away_ends_the_dev_server(vibe: Vibe) -> None:
    process = vibe.start("dev", stderr=subprocess.PIPE)
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(30) == 1
    assert process.stderr.read() == ""


def test_a_full_disk_behind_stdout_is_said(vibe: Vibe) -> None:
    with Path("/dev/full").open("w") as full:
        process = vibe.start("status", stdout=full, stderr=subprocess.PIPE)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert said == "vibe-tui: The output could not be written: no space left on device.\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams(vibe: Vibe, closed: str) -> None:
    shell = f'exec "$0" -m vibe_tui status {closed}'
    ended = subprocess.run(
        ["sh", "-c", shell, vibe.python],
        cwd=vibe.cwd,
        env=vibe.environment(),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0
    assert ended.stderr == ""
    assert ("● Connected" in ended.stdout) is (">&-" not in closed.replace("2>&-", ""))


def test_the_emulator_runs_in_the_foreground_and_stops(vibe: Vibe) -> None:
    assert vibe.json("emulator", "stop")["stopped"] is True
    assert vibe.json("emulator", "stop")["stopped"] is False
    assert vibe.json("emulator", "status") == {"ok": True, "running": False}
    process = vibe.start("emulator", "run")
    output = Output(process)
    assert within(20, lambda: bool(vibe.json("emulator")["running"]))
    assert vibe.json("push")["push"]["result"] == "deployed"
    process.terminate()
    assert process.wait(20) == 1
    assert "vibe-tui: Stopped." in output.rest()
    assert within(5, lambda: processes_of(vibe) == {})
