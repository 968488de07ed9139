"""Hostile text at every door of the page, through the real program: none of it reaches past the screen."""

from __future__ import annotations

import asyncio
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import urlopen

import pytest
from fake_platform import CLIENT_ID, CLIENT_SECRET, FakePlatform
from fault_server import FaultServer, json_response

from tests.conftest import Vibe, fresh_vibe
from tests.terminal.conftest import OpenPage
from tests.terminal.payloads import MARKUP, PAYLOADS, assert_harmless

pytestmark = pytest.mark.xdist_group("terminal text")

HOSTILE = "".join(PAYLOADS.values()).replace("\udc9b\ud800", "") + "".join(MARKUP)
"""Everything at once, but for what no file can hold."""
PASTED = re.sub("[\x00-\x1f\x7f]", "", HOSTILE)
"""Terminals leave the others out of what is pasted: to a program they are keys."""
NAME = "".join(MARKUP[:2]) + "\x1b]52;c;UFdORUQ=\x07\x1b]0;PWNED\x07\x9b2J\u202e\u200b"
"""As a name of a file or a project."""

FAKE_CONVEX = """
const text = %s;
for (const line of text) process.stderr.write(line + "\\n");
for (const line of text) process.stdout.write(line);
process.stdout.write("\\n" + Buffer.from([0x1b, 0x5d, 0xff, 0x9b, 0xfe]).toString("latin1") + "\\n");
process.stdout.write("convex/%s.ts:1:1 - error TS2322: " + text.join("").replace("\\r", "") + "\\n");
process.stdout.write("convex/plain.ts:1:1 - error TS2322: " + text.join("").replace("\\r", "") + "\\n");
process.stderr.write("✖ " + text.join("").replace("\\r", "") + "\\n");
process.exitCode = 1;
"""


@pytest.fixture(scope="module")
def vibe(tmp_path_factory: pytest.TempPathFactory, toolchain: Path) -> Iterator[Vibe]:
    with fresh_vibe(tmp_path_factory.mktemp("text"), toolchain) as program:
        yield program


def rename_in_the_index(vibe: Vibe, name: str, hostile: str) -> None:
    """As another program, or an older version, might have left it."""
    files = [vibe.home / "index.json", *vibe.home.glob("projects/*/project.json")]
    for path in files:
        text = path.read_text()
        assert '"name"' in text or path != files[0]
        path.write_text(text.replace(json.dumps(name), json.dumps(hostile)))


@pytest.mark.slow
def test_names_of_projects_and_files_and_what_is_in_them(vibe: Vibe, open_page: OpenPage) -> None:
    app = Path(vibe.json("new", "victim")["project"]["folder"])
    for number, text in enumerate([*PAYLOADS.values(), *MARKUP]):
        safe = text.encode("utf-8", "surrogatepass").replace(b"/", b"_").replace(b"\0", b"")
        (app / os.fsdecode(b"zz%02d" % number + safe)).write_text(text, errors="replace")
    (app / f"aa{NAME.replace('/', '_')}.ts").write_text("")
    (app / "ab[@click=app.quit]x[nope].ts").write_text(f"const a = `{HOSTILE}`;\n".replace("\0", ""))
    (app / "ac[@click=app.quit]x[nope].ts").write_text("const b = 1;\n")
    rename_in_the_index(vibe, "victim", f"victim{NAME}")

    page = open_page(vibe)
    page.wait("victim")
    page.settle()
    page.press("enter")
    page.wait("Convex: not connected")
    page.press("f2")
    page.wait("aa")
    page.press("home", *["down"] * 4, "enter")  # below the folders and .gitignore
    page.settle()
    page.press("f2", "down", "enter")
    page.wait("const a")  # to be read only: it holds control characters
    page.press("f2", "down", "enter")
    page.wait("const b")
    page.type("x")
    page.wait("xconst b")
    page.settle()
    page.press("alt+w")
    page.wait("Unsaved changes")
    page.settle(0.7)
    page.press("esc")
    page.wait_gone("Unsaved changes")
    page.press("ctrl+q")
    page.wait("Not saved")
    page.settle(0.7)
    page.press("esc")
    page.wait_gone("Not saved")
    page.press("f2", "end")
    page.settle()
    for _ in range(24):  # open every file; some are refused in a notification
        page.press("up", "enter", "f2")
    page.wait("cannot be used")
    page.wait_gone("cannot be used", 30)
    page.press("ctrl+p")
    page.wait("Search for commands")
    page.settle()
    page.press("esc")
    page.wait_gone("Search for commands")  # and the keys belong to the page again
    page.press("ctrl+q")
    page.wait("Not saved")
    page.choose("Quit without saving")
    assert page.exit_code(10) == 0
    assert_harmless(page.output)


def test_prompts_and_paths_that_are_pasted(vibe: Vibe, open_page: OpenPage) -> None:
    vibe.json("new", "pasted")
    page = open_page(vibe, "pasted")
    page.wait("Convex: not connected")
    for text in MARKUP:
        page.paste(f"Add a {text} table")
        page.press("enter")
        page.wait("Ask for a change to your app")
    page.paste(f"Add a {PASTED} table")
    page.press("enter")
    page.settle()
    page.press("alt+d")
    page.wait("Save the zip")
    page.paste(f"/{PASTED}/x")
    page.settle(0.7)
    page.press("enter")
    page.settle()
    page.press("f4", "/")
    page.wait("Find in the log")
    page.paste(PASTED)
    page.settle()
    page.press("enter", "ctrl+q")
    assert page.exit_code(10) == 0
    assert_harmless(page.output)


def test_what_a_push_says(vibe: Vibe, open_page: OpenPage) -> None:
    app = Path(vibe.json("new", "pushed")["project"]["folder"])
    vibe.json("connect", "--project", "pushed", "--approve")
    texts = [*(text.replace("\udc9b\ud800", "") for text in PAYLOADS.values()), *MARKUP]
    cli = app / "node_modules" / "convex" / "bin" / "main.js"
    if cli.parent.parent.parent.is_symlink():
        cli.parent.parent.parent.unlink()
    cli.parent.mkdir(parents=True)
    cli.write_text(FAKE_CONVEX % (json.dumps(texts), MARKUP[0] + MARKUP[1].replace("/", "")))
    (cli.parent.parent / "package.json").write_text('{"name": "convex", "version": "1.48.0"}')
    page = open_page(vibe, "pushed")
    page.wait("Convex: emulator")
    page.press("f9")
    page.wait("✗ push failed", 60)
    page.press("f8")
    page.wait("Dev server +✗")
    page.press("esc")
    page.wait_gone("Dev server +✗")
    page.type("Add a tasks table")
    page.press("enter")
    page.wait("Apply")
    page.settle(0.7)
    page.choose("Apply")
    page.wait(r"✗ convex/", 60)
    page.press("alt+e")  # a file that is not there
    page.settle()
    page.press("f4", "up", "enter")
    page.settle()
    page.press("c")
    page.wait("Copied")
    page.press("ctrl+q")
    assert page.exit_code(10) == 0
    copied = re.findall(rb"\x1b\]52;c;[A-Za-z0-9+/=]*\x07", page.output)
    assert copied
    assert not any(b"UFdORUQ=" in text for text in copied)
    output = page.output
    for text in copied:
        output = output.replace(text, b"")
    assert_harmless(output)


@contextmanager
def platform() -> Iterator[FakePlatform]:
    """A Convex whose answers to the fourth step are hostile, in a thread of its own."""
    fake = FakePlatform()
    ready, over = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with FaultServer(fake) as server:
            fake.host = server.host
            refused = json_response({"code": HOSTILE, "message": HOSTILE}, 403)
            server.fail("POST /v1/teams/.*/create_project", "answer", refused, times=99)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield fake
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


def test_what_the_platform_answers(vibe: Vibe, open_page: OpenPage) -> None:
    vibe.json("new", "refused")
    with platform() as fake:
        (vibe.home / "settings.toml").write_text(
            f'[convex]\nprovision_host = "{fake.host}"\ndashboard_host = "{fake.host}"\n'
            f'oauth_client_id = "{CLIENT_ID}"\noauth_client_secret = "{CLIENT_SECRET}"\n'
        )
        try:
            page = open_page(vibe, "refused")
            page.wait("Convex: not connected")
            page.press("f8")
            page.wait("Where +Convex, signing in with the browser")
            page.choose("Connect to Convex")
            page.wait("Open this link")
            page.wait("clipboard")
            link = re.findall(rb"\x1b\]8;[^;]*;(http[^\x1b]*)\x1b", page.output)[-1].decode()
            asked = dict(parse_qsl(urlsplit(link).query))
            answer = urlencode({"code": fake.code_for(asked), "state": asked["state"]})
            urlopen(f"{asked['redirect_uri']}?{answer}").close()
            page.wait("Not connected: the last try failed")
            page.settle()
            page.press("esc", "ctrl+q")
            assert page.exit_code(10) == 0
        finally:
            (vibe.home / "settings.toml").unlink()
    status = vibe("status", "--project", "refused")
    assert_harmless(status.stdout.encode().replace(b"\n", b"\r\n"))
    assert_harmless(re.sub(rb"\x1b\]52;c;[A-Za-z0-9+/=]*\x07", b"", page.output))
