"""`vibe-tui connect`: every way through the real sign-in with the emulator's platform."""

from __future__ import annotations

import dataclasses
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import consenting_browser
from tests.conftest import Vibe, fresh_vibe
from tests.consenting_browser import consent
from tests.program import Output, events, left_running

LIMIT = "[convex]\nsign_in_limit = 20\n"
pytestmark = pytest.mark.xdist_group("signing in")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, toolchain: Path) -> Iterator[Vibe]:
    with fresh_vibe(tmp_path_factory.mktemp("signing-in"), toolchain) as program:
        (program.home / "settings.toml").write_text(LIMIT)
        yield program


@pytest.fixture
def vibe(shared: Vibe, request: pytest.FixtureRequest) -> Iterator[Vibe]:
    """A program that stands in a new project of its own; they share one emulator."""
    app = shared.cwd / re.sub(r"\W+", "-", request.node.name).strip("-")
    shared.json("new", app.name, "--dir", str(app))
    yield dataclasses.replace(shared, cwd=app)
    assert left_running(shared) == {}


def with_browser(vibe: Vibe, decision: str) -> Vibe:
    browser = f"{sys.executable} {consenting_browser.__file__} {decision}"
    return dataclasses.replace(vibe, env={"BROWSER": browser})


def start(vibe: Vibe, *arguments: str) -> tuple[subprocess.Popen[str], Output, str]:
    """A connect that waits for the user, and the link that it shows."""
    process = vibe.start(
        "connect", "--no-browser", "--stream-json", *arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output = Output(process)
    number = output.wait_for(lambda line: '"sign_in"' in line)
    return process, output, events(output.lines)[number]["link"]


def end(process: subprocess.Popen[str], output: Output) -> tuple[int, dict[str, object], str]:
    """Its exit code, its result and what it said on stderr."""
    assert process.stdin
    assert process.stderr
    process.stdin.close()
    said = process.stderr.read()
    code = process.wait(30)
    return code, events(output.rest())[-1], said


def paste(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin
    process.stdin.write(f"{text}\n")
    process.stdin.flush()


def is_connected(vibe: Vibe) -> bool:
    return bool(vibe.json("status")["connection"]["state"] == "connected")


def test_the_browser_is_opened_and_comes_back(vibe: Vibe) -> None:
    ended = with_browser(vibe, "authorize")("connect", "--with", "emulator")
    assert ended.returncode == 0, ended.stderr
    assert "Consent in the browser" in ended.stdout
    assert "● Connected" in ended.stdout
    assert "opens this deployment only" in ended.stdout
    assert is_connected(vibe)


def test_declined(vibe: Vibe) -> None:
    ended = with_browser(vibe, "cancel")("connect")
    assert ended.returncode == 1
    assert "declined" in ended.stderr
    assert "Connect again" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert vibe.json("status")["connection"]["state"] == "failed"
    again = vibe.json("connect", "--approve")
    assert again["connection"]["narrow"] is True


def test_the_link_is_printed_and_opened_by_hand(vibe: Vibe) -> None:
    process, output, link = start(vibe)
    consent(link)
    code, result, _ = end(process, output)
    assert code == 0
    assert result["ok"] is True
    titles = [event["title"] for event in events(output.lines) if event["event"] == "connecting"]
    assert titles == [
        "Signing in",
        "Reading the team",
        "Creating the Convex project",
        "Making a key for this project only",
        "Saving",
    ]


def test_the_redirected_address_is_pasted(vibe: Vibe) -> None:
    process, output, link = start(vibe)
    paste(process, "")
    paste(process, consent(link, follow=False))
    code, result, _ = end(process, output)
    assert (code, result["ok"]) == (0, True)
    assert is_connected(vibe)


def test_a_wrong_state_is_refused_and_the_right_address_still_counts(vibe: Vibe) -> None:
    process, output, link = start(vibe)
    back = consent(link, follow=False)
    paste(process, re.sub(r"state=[^&]+", "state=of-another-sign-in", back))
    paste(process, "https://example.com/")
    paste(process, back)
    code, result, said = end(process, output)
    assert (code, result["ok"]) == (0, True), said
    assert "another sign-in" in said


def test_only_a_wrong_state(vibe: Vibe) -> None:
    process, output, link = start(vibe)
    paste(process, re.sub(r"state=[^&]+", "state=of-another-sign-in", consent(link, follow=False)))
    code, result, said = end(process, output)
    assert code == 1
    assert result["error"]["code"] == "wrong_state"  # type: ignore[index]
    assert "Traceback" not in said
    assert not is_connected(vibe)


def test_a_program_may_consent_to_the_emulator_alone(vibe: Vibe) -> None:
    assert vibe.json("connect", "--approve")["connection"]["backend"] == "emulator"
    refused = vibe.json("connect", "--with", "oauth", "--approve", code=2)
    assert "emulator" in refused["error"]["message"]


def test_all_ports_are_busy(vibe: Vibe) -> None:
    with ExitStack() as held:
        ports = []
        for _ in range(2):
            listener = held.enter_context(socket.create_server(("127.0.0.1", 0)))
            ports.append(listener.getsockname()[1])
        settings = vibe.home / "settings.toml"
        settings.write_text(f"{LIMIT}redirect_ports = {ports}\n")
        try:
            ended = vibe("connect", "--no-browser")
        finally:
            settings.write_text(LIMIT)
    assert ended.returncode == 1
    assert f"{ports[0]}, {ports[1]}" in ended.stdout + ended.stderr
    assert "Free one of the ports" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_ctrl_c_while_the_browser_is_waited_for(vibe: Vibe) -> None:
    process, output, _ = start(vibe)
    process.send_signal(signal.SIGINT)
    code, result, _ = end(process, output)
    assert code == 1
    assert result["error"]["code"] == "interrupted"  # type: ignore[index]
    resumed = vibe.json("connect", "--approve")
    assert resumed["connection"]["project"].startswith("test-ctrl-c-while-")


def test_oauth_without_an_application_says_what_to_set(vibe: Vibe) -> None:
    refused = vibe.json("connect", "--with", "oauth", code=1)
    assert refused["error"]["code"] == "oauth_not_configured"
    assert "CONVEX_OAUTH_CLIENT_ID" in refused["error"]["next_step"]


def test_oauth_works_against_any_server_that_speaks_the_protocol(vibe: Vibe) -> None:
    """Here: the emulator's platform under the name of a cloud."""
    import json

    vibe.json("connect", "--approve")  # starts the emulator
    info = json.loads((vibe.home / "emulator" / "emulator.json").read_text())
    host = f"http://127.0.0.1:{info['port']}"
    app = vibe.cwd.parent / "cloudy"
    vibe.json("new", "cloudy", "--dir", str(app))
    cloud = dataclasses.replace(
        vibe,
        cwd=app,
        env={
            "PROVISION_HOST": host,
            "DASHBOARD_HOST": host,
            "CONVEX_OAUTH_CLIENT_ID": info["client_id"],
            "CONVEX_OAUTH_CLIENT_SECRET": info["client_secret"],
        },
    )
    process, output, link = start(cloud, "--with", "oauth")
    assert link.startswith(f"{host}/oauth/authorize/team?")
    consent(link)
    code, result, said = end(process, output)
    assert code == 0, said
    assert result["connection"]["backend"] == "cloud"  # type: ignore[index]
