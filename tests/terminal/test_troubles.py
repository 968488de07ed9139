"""What the page says and does when connecting goes wrong, and when what it stands on goes away."""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Vibe, fresh_vibe
from tests.consenting_browser import consent
from tests.program import emulator_of, left_running, within
from tests.terminal.conftest import OpenPage
from tests.terminal.harness import Terminal

pytestmark = pytest.mark.xdist_group("terminal troubles")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, toolchain: Path) -> Iterator[Vibe]:
    with fresh_vibe(tmp_path_factory.mktemp("troubles"), toolchain) as program:
        program.json("new", "connected")
        program.json("connect", "--project", "connected", "--approve")
        yield program


@pytest.fixture
def vibe(shared: Vibe) -> Iterator[Vibe]:
    """At the end of every test, nothing but the emulator runs."""
    yield shared
    assert within(5, lambda: left_running(shared) == {}), left_running(shared)


def begin_to_connect(page: Terminal) -> str:
    """Returns the sign-in link."""
    page.wait("Convex: not connected")
    page.press("f8")
    page.choose("Connect to Convex")
    return link_shown(page)


def link_shown(page: Terminal) -> str:
    page.wait("Open this link and consent")
    page.wait("clipboard")
    return base64.b64decode(re.findall(rb"\x1b\]52;c;([\w+/=]+)", page.output)[-1]).decode()


def quit_page(page: Terminal) -> None:
    page.press("ctrl+q")
    assert page.exit_code(10) == 0
    page.assert_given_back()


def test_a_sign_in_that_goes_wrong_in_turn(vibe: Vibe, open_page: OpenPage) -> None:
    """Declined, a wrong address pasted, cancelled; then it is approved, and nothing was made twice."""
    vibe.json("new", "unlucky")
    page = open_page(vibe, "unlucky", columns=80, rows=24)
    link = begin_to_connect(page)
    consent(link, "cancel")
    page.wait("Not connected: the last try failed")
    page.wait("Signing in: .*declined")
    page.wait("Signing in failed")  # the header's button

    page.choose("Try again")
    page.wait("Status +↻ Connecting")
    link_shown(page)
    page.settle()
    page.press("up")
    page.settle()
    page.paste("http://127.0.0.1:43110/callback?code=none&state=of-another-sign-in")
    page.press("enter")
    page.wait("another sign-in|other sign-in|not of this sign-in")
    assert "code=none" not in page.text
    page.wait("Status +↻ Connecting")

    page.press("esc")
    page.wait("Status +○ Not connected", 3)
    page.wait("○ Connect Backend")
    page.choose("Connect to Convex")
    page.choose("Approve here")
    page.wait("Status +● Connected")
    page.press("esc")
    quit_page(page)


def test_a_sign_in_that_nobody_finishes(vibe: Vibe, open_page: OpenPage) -> None:
    vibe.json("new", "late")
    (vibe.home / "settings.toml").write_text("[convex]\nsign_in_limit = 3\n")
    try:
        page = open_page(vibe, "late")
        begin_to_connect(page)
        page.wait(r"\(0:0[0-3] left\)")
        page.wait("Not connected: the last try failed")
        page.wait("Try again")
        page.press("esc")
        page.wait_gone("Try again")
        quit_page(page)
    finally:
        (vibe.home / "settings.toml").unlink()


def test_esc_and_quit_while_connecting(vibe: Vibe, open_page: OpenPage) -> None:
    vibe.json("new", "brief")
    page = open_page(vibe, "brief")
    begin_to_connect(page)
    quit_page(page)
    page = open_page(vibe, "brief")
    page.wait("Connect Backend|Finish connecting")
    quit_page(page)


@pytest.mark.slow
def test_the_emulator_is_killed_while_the_page_is_open(vibe: Vibe, open_page: OpenPage) -> None:
    page = open_page(vibe, "connected")
    page.wait("Convex: emulator")
    page.press("f9")
    page.wait("● dev server running", 60)
    emulator = emulator_of(vibe)
    assert emulator
    os.kill(emulator["pid"], signal.SIGKILL)
    page.press("f7")
    page.wait("dev server pushing", 30)
    page.wait("● dev server running", 60)
    page.press("alt+o")
    page.wait("Convex Dashboard")
    quit_page(page)


def test_a_project_that_is_open_elsewhere_is_read_and_opens_by_itself(
    vibe: Vibe, open_page: OpenPage
) -> None:
    dev = vibe.start("dev", "--project", "connected", stdout=subprocess.DEVNULL)
    try:
        assert within(30, lambda: bool(vibe.json("status", "--project", "connected")["open_in"]))
        page = open_page(vibe, "connected")
        page.wait(f"read only: open in vibe-tui dev, process {dev.pid}")
        page.wait("You can read here")
        page.press("f8", "f9", "f7")
        page.press("f2")
        page.wait("README.md")
        page.press("end", "up", "enter")
        page.wait("README.md \N{MULTIPLICATION SIGN}")
        page.press("f5")
        page.type("Add a tasks table")
        page.press("enter")
        page.wait("not open for")
        assert "Convex Backend" not in page.text
    finally:
        dev.send_signal(signal.SIGINT)
        dev.wait(15)
    page.wait("Convex: emulator")
    page.wait_gone("read only")
    page.press("f8")
    page.wait("Status +● Connected")
    page.press("esc")
    quit_page(page)


def test_the_folder_goes_away_while_the_page_is_open(vibe: Vibe, open_page: OpenPage) -> None:
    folder = Path(vibe.json("new", "moved")["project"]["folder"])
    page = open_page(vibe, "moved")
    page.wait("Convex: not connected")
    page.press("f2")
    page.wait("README.md")
    page.press("end", "up", "enter")
    page.wait("README.md \N{MULTIPLICATION SIGN}")
    folder.rename(folder.with_name("elsewhere"))
    page.type("mine ")
    page.press("alt+d")
    page.choose("Save the zip")
    page.wait("▌ Move it back, or forget the project")
    assert not (vibe.cwd / "moved.zip").exists()
    page.press("ctrl+s")
    page.wait("(?s)(?:▌ Move it back, or forget the project.*){2}")
    page.press("f5")
    page.type("Add a tasks table")
    page.press("enter")
    page.wait("│ ▌ Move it back, or forget")
    folder.with_name("elsewhere").rename(folder)
    page.press("f3", "ctrl+s")
    page.wait("README.md \N{MULTIPLICATION SIGN}")
    assert (folder / "README.md").read_text().startswith("mine # moved")
    quit_page(page)


def test_a_listed_project_whose_folder_is_gone(vibe: Vibe, open_page: OpenPage) -> None:
    folder = Path(vibe.json("new", "aaa-gone")["project"]["folder"])
    folder.rename(folder.with_name("aaa-somewhere"))
    page = open_page(vibe)
    page.wait("aaa-gone  ✗ folder not found")
    page.settle()
    page.press("end", "enter")
    page.wait("▌ The folder of aaa-gone was at")
    page.press("home", "enter")
    page.wait("● Convex Connected")
    page.wait("Convex: emulator")
    quit_page(page)


def test_keys_typed_ahead(vibe: Vibe, open_page: OpenPage) -> None:
    """A machine under load takes several of them for the same question."""
    vibe.json("new", "hasty")
    page = open_page(vibe, "hasty")
    page.wait("Convex: not connected")
    page.press("ctrl+p")
    page.wait("Search for commands")
    page.type("Publish")
    page.wait_gone("Connect this project to Convex")
    page.settle()
    page.press("enter", "enter", "enter", "enter")
    page.wait("comes in a later version")
    page.settle(0.7)
    page.press("esc")
    page.wait_gone("comes in a later version")
    page.type("Add a tasks table\n" * 3)
    page.wait("Apply")
    page.settle(0.7)
    page.press("esc")
    page.wait("Stopped|Cancelled")
    quit_page(page)
