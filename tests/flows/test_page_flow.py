"""What a newcomer does on the page, from its first paint to disconnecting, with a browser that consents."""

from __future__ import annotations

import asyncio
import re
import shlex
import sys
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from tests.conftest import ROOT, Vibe
from tests.flows.seen_page import Page
from vibe_tui.app import VibeApp
from vibe_tui.screens.project.screen import ProjectScreen
from vibe_tui.screens.project_list import ProjectListScreen
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
from vibe_tui.services.settings import Settings

pytestmark = [pytest.mark.xdist_group("real"), pytest.mark.timeout(180)]
BROWSER = ROOT / "tests" / "flows" / "following_browser.py"


@pytest.fixture
def visited(vibe: Vibe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the browser writes what it saw. The page runs here, with the environment of the command."""
    visited = tmp_path / "visited"
    visited.touch()
    for name in ("SSH_CONNECTION", "SSH_TTY", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    for name, value in vibe.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BROWSER", shlex.join([sys.executable, str(BROWSER), str(visited)]))
    monkeypatch.chdir(vibe.cwd)
    return visited


@asynccontextmanager
async def open_page(
    first: Callable[[Home], Screen[Any]], vibe: Vibe, size: tuple[int, int]
) -> AsyncIterator[Page]:
    """The page until the user quits, which must happen in the body."""
    home = Home(vibe.home)
    app = VibeApp(lambda: first(home), crash_folder=home.crashes)
    ended = asyncio.Event()
    async with app.run_test(size=size, notifications=True) as pilot:
        yield Page(pilot)
        close = app.on_shutdown
        if close is not None:

            async def close_and_tell() -> None:
                await close()
                ended.set()

            app.on_shutdown = close_and_tell
        await pilot.press("ctrl+q")
        await asyncio.wait_for(ended.wait(), 10)
    assert not list(home.crashes.glob("*"))


def seen(visited: Path) -> str:
    return visited.read_text()


def project_page(vibe: Vibe) -> Callable[[Home], Screen[Any]]:
    def make(home: Home) -> Screen[Any]:
        return ProjectScreen(home, Settings(), Projects(home).find("my-app", vibe.cwd))

    return make


@pytest.mark.parametrize(
    "size",
    [
        pytest.param((120, 40), id="120x40", marks=pytest.mark.slow),
        pytest.param((80, 24), id="80x24", marks=pytest.mark.slow),  # the pty flow does the same every time
    ],
)
async def test_from_an_app_without_a_backend_to_a_deployed_table_and_back(
    vibe: Vibe, visited: Path, size: tuple[int, int]
) -> None:
    made = await asyncio.to_thread(vibe.json, "new", "my-app", "--dir", "./my-app")
    schema = Path(made["project"]["folder"]) / "convex" / "schema.ts"

    async with open_page(project_page(vibe), vibe, size) as page:
        await connect(page, visited)
        await start_the_dev_server(page)
        await add_a_table(page)
        assert "messages: defineTable" in schema.read_text()
        await edit_it(page)
        await break_it(page)
        await look_at_the_dashboard(page, visited)
        await download(page, vibe.cwd / "my-app.zip")
        await page.press("alt+u")
        await page.choose("Close", until="Enter sends|F5 Chat")

    async with open_page(lambda home: ProjectListScreen(home, Settings()), vibe, size) as page:
        await page.see(r"my-app  Convex Connected \(emulator\)")
        await page.press("enter")
        await page.see("● Convex Connected")
        await disconnect(page)
    status = await asyncio.to_thread(vibe.json, "status", "--project", "my-app")
    assert status["connection"]["state"] == "not connected"
    assert "CONVEX" not in (schema.parent.parent / ".env.local").read_text()


async def connect(page: Page, visited: Path) -> None:
    await page.see("Convex: not connected")
    await page.press("f8")
    await page.see(r"Status +○ Not connected")
    await page.choose("Connect to Convex", until=r"Status +(↻ Connecting|● Connected)")
    await page.see(r"Status +● Connected", 40)
    await page.see(r"Dev server +○ Stopped")
    link, told = seen(visited).split("\n", 1)
    assert "/oauth/authorize" in link
    assert "go back" in told.lower()


async def start_the_dev_server(page: Page) -> None:
    await page.choose("Start Dev Server", until="Stop Dev Server")
    await page.see(r"Dev server +● Running, last push \d", 60)
    await page.press("escape")
    await page.see("● Convex Connected")
    await page.press("f4")
    await page.see("npx convex dev --once")
    await page.see("Convex functions ready!")


async def add_a_table(page: Page) -> None:
    await page.press("f5")
    await page.type("Add a messages database table")
    await page.press("enter")
    await page.choose("Apply", until="Applied")
    await page.see(r"✓ deployed \d", 60)
    await page.see("✓ convex/schema.ts  [+]\\d+ \N{MINUS SIGN}\\d+")


async def edit_it(page: Page) -> None:
    """The focus is in the prompt again; the file's card leads to the file."""
    await page.press("shift+tab", "o")
    await page.see("messages: defineTable")
    await page.type("// by hand\n")
    await page.press("ctrl+s")
    await page.see("dev server pushing")
    await page.see("● dev server running", 60)


async def break_it(page: Page) -> None:
    await page.type("const wrong: number = 'text';\n")
    await page.press("ctrl+s")
    await page.see("✗ push failed", 60)
    await page.see("✗ Line 2: ")
    await page.press("f2", "alt+e")
    await page.see("2  const wrong: number")
    await page.press("ctrl+x", "ctrl+s")
    await page.see("● dev server running", 60)


async def look_at_the_dashboard(page: Page, visited: Path) -> None:
    before = len(seen(visited))
    await page.press("alt+o")
    await page.see("The dashboard was opened")
    assert "Emulated Convex" in seen(visited)[before:]


async def download(page: Page, target: Path) -> None:
    await page.press("alt+d")
    await page.see(re.escape(target.name))
    await page.choose("Save the zip", until="Downloaded")
    with zipfile.ZipFile(target) as archive:
        assert "my-app/convex/schema.ts" in archive.namelist()
    await page.choose("Close", until="Enter sends|F5 Chat")


async def disconnect(page: Page) -> None:
    await page.press("f8")
    await page.choose("Disconnect", until="Disconnect from Convex")
    await page.choose("Delete the project", until='Type "')
    name = await page.see('Type "(.*)" to go on')
    await page.type(name[1])
    await page.choose("Delete it", until=r"Disconnecting|Status +○ Not connected")
    await page.see(r"Status +○ Not connected", 30)
    await page.press("escape")
    await page.see("Convex: not connected")
