"""`vibe-tui dev`: edits deploy themselves, others are told who holds the project, Ctrl-C stops it."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Vibe, fresh_vibe
from tests.program import Output, events, left_running, within

pytestmark = pytest.mark.xdist_group("dev")

ANSWER = """import { query } from "./_generated/server";
export const answer = query({ args: {}, handler: async () => "%s" });
"""


@dataclasses.dataclass
class Dev:
    """A dev server that runs on a connected project."""

    vibe: Vibe
    process: subprocess.Popen[str]
    output: Output
    url: str

    def edit(self, answer: str) -> None:
        (self.vibe.cwd / "convex" / "answer.ts").write_text(ANSWER % answer)

    def answer(self) -> object:
        """What the deployed function answers."""
        body = json.dumps({"path": "answer:answer", "args": {}, "format": "json"}).encode()
        request = urllib.request.Request(f"{self.url}/api/query", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as found:
            return json.load(found).get("value")

    def pushes(self) -> list[dict[str, Any]]:
        said = events(list(self.output.lines))
        return [event["push"] for event in said if event["event"] == "push_finished"]


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory, toolchain: Path) -> Iterator[Dev]:
    with fresh_vibe(tmp_path_factory.mktemp("dev"), toolchain) as program:
        program.json("new", "app")
        vibe = dataclasses.replace(program, cwd=program.cwd / "app")
        url = vibe.json("connect", "--approve")["connection"]["url"]
        process = vibe.start("dev", "--stream-json", stderr=subprocess.DEVNULL)
        running = Dev(vibe, process, Output(process), url)
        try:
            assert within(60, lambda: len(running.pushes()) == 1)
            yield running
        finally:
            process.kill()
            process.wait()


def test_an_edit_deploys_by_itself(dev: Dev) -> None:
    before = len(dev.pushes())
    dev.edit("one")
    assert within(60, lambda: len(dev.pushes()) == before + 1)
    assert dev.pushes()[-1]["result"] == "deployed"
    assert dev.answer() == "one"


def test_edits_during_a_push_become_one_more_and_none_is_lost(dev: Dev) -> None:
    before = len(dev.pushes())
    dev.edit("two")
    started = len(dev.output.lines)
    dev.output.wait_for(lambda line: '"push_started"' in line, after=started)
    for number in range(5):
        dev.edit(f"during {number}")
    assert within(60, lambda: len(dev.pushes()) == before + 2)
    assert dev.answer() == "during 4"


@pytest.mark.slow
def test_an_error_is_told_and_its_correction_deploys(dev: Dev) -> None:
    before = len(dev.pushes())
    wrong = dev.vibe.cwd / "convex" / "wrong.ts"
    wrong.write_text("export const a = 1;\nexport const n: number = 'text';\n")
    assert within(60, lambda: len(dev.pushes()) == before + 1)
    assert dev.pushes()[-1]["problems"][0]["file"] == "convex/wrong.ts"
    assert dev.vibe.json("status")["dev_server"]["status"] == "failed"
    wrong.unlink()
    assert within(60, lambda: len(dev.pushes()) == before + 2)
    assert dev.pushes()[-1]["result"] == "deployed"


def test_others_read_and_are_told_who_holds_the_project(dev: Dev) -> None:
    status = dev.vibe.json("status")
    assert status["open_in"] == {
        "command": "vibe-tui dev",
        "pid": dev.process.pid,
        "since": status["open_in"]["since"],
    }
    assert status["dev_server"]["status"] == "running"
    assert "running, last push deployed in" in dev.vibe("status").stdout
    assert dev.vibe.json("projects")["projects"][0]["open_in"] == "vibe-tui dev"
    dev.vibe.json("download", "-o", "../app.zip")
    for command in (
        ("ask", "--yes", "Add a tasks table"),
        ("push",),
        ("connect",),
        ("disconnect",),
        ("dev",),
    ):
        refused = dev.vibe(*command)
        assert refused.returncode == 1
        assert f"`vibe-tui dev` (process {dev.process.pid}" in refused.stderr
        assert "Stop it there" in refused.stderr


def test_ctrl_c_stops_it(dev: Dev) -> None:
    """Last: it ends what the others share."""
    dev.process.send_signal(signal.SIGINT)
    assert dev.process.wait(15) == 0
    last = events(dev.output.rest())[-1]
    assert last == {"event": "result", "ok": True, "stopped": True}
    assert within(5, lambda: left_running(dev.vibe) == {})
    assert dev.vibe.json("status")["dev_server"] == {"status": "stopped"}
