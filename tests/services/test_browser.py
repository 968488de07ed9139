from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from vibe_tui.services.browser import open_browser

LINK = "https://convex.invalid/authorize?state=a&b=c"


def program(folder: Path, name: str, does: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    return path


def environ(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], **more}


async def test_the_chosen_browser_gets_the_link(tmp_path: Path) -> None:
    browser = program(tmp_path, "browser", f'printf %s "$1" > {tmp_path}/seen')
    assert await open_browser(LINK, environ(BROWSER=str(browser)))
    assert (tmp_path / "seen").read_text() == LINK


async def test_the_link_stands_where_the_choice_says(tmp_path: Path) -> None:
    browser = program(tmp_path, "browser", f'printf "%s|" "$@" > {tmp_path}/seen')
    assert await open_browser(LINK, environ(BROWSER=f"{browser} --to %s --new"))
    assert (tmp_path / "seen").read_text() == f"--to|{LINK}|--new|"


async def test_the_next_one_is_tried_when_one_fails(tmp_path: Path) -> None:
    failing = program(tmp_path, "failing", "exit 3")
    working = program(tmp_path, "working", f"touch {tmp_path}/opened")
    assert await open_browser(LINK, environ(BROWSER=f"/no/such:{failing}:{working}"))
    assert (tmp_path / "opened").exists()


async def test_nothing_worked(tmp_path: Path) -> None:
    failing = program(tmp_path, "failing", "exit 3")
    assert not await open_browser(LINK, environ(BROWSER=str(failing)))


async def test_it_does_not_write_to_our_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    noisy = program(tmp_path, "noisy", "echo noise; echo noise >&2")
    assert await open_browser(LINK, environ(BROWSER=str(noisy)))
    assert capfd.readouterr() == ("", "")


async def test_a_browser_that_stays_open_is_not_waited_for(tmp_path: Path) -> None:
    staying = program(tmp_path, "staying", f"echo $$ > {tmp_path}/pid; exec sleep 60")
    started = time.monotonic()
    assert await open_browser(LINK, environ(BROWSER=str(staying)))
    assert time.monotonic() - started < 5
    os.kill(int((tmp_path / "pid").read_text()), 15)


@pytest.mark.parametrize(
    "link",
    [
        "http://convex.invalid/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "--help",
        "https://",
        "vscode://x",
    ],
)
async def test_other_links_are_not_opened(tmp_path: Path, link: str) -> None:
    browser = program(tmp_path, "browser", f"touch {tmp_path}/opened")
    assert not await open_browser(link, environ(BROWSER=str(browser)))
    assert not (tmp_path / "opened").exists()


async def test_loopback_needs_no_tls(tmp_path: Path) -> None:
    browser = program(tmp_path, "browser", "exit 0")
    assert await open_browser("http://127.0.0.1:5000/oauth", environ(BROWSER=str(browser)))


async def test_over_ssh_or_without_a_display_there_is_no_browser(tmp_path: Path) -> None:
    program(tmp_path, "xdg-open", f"touch {tmp_path}/opened")
    program(tmp_path, "open", f"touch {tmp_path}/opened")
    path = f"{tmp_path}:{os.environ['PATH']}"
    assert not await open_browser(LINK, {"PATH": path, "SSH_CONNECTION": "1 2 3 4", "DISPLAY": ":0"})
    assert not (tmp_path / "opened").exists()


async def test_a_desktop_has_its_opener(tmp_path: Path) -> None:
    for name in ("xdg-open", "open"):
        program(tmp_path, name, f'printf %s "$1" > {tmp_path}/seen')
    assert await open_browser(LINK, {"PATH": f"{tmp_path}:/usr/bin:/bin", "WAYLAND_DISPLAY": "wayland-0"})
    assert (tmp_path / "seen").read_text() == LINK
