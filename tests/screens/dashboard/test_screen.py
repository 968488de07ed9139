"""The Backend screen around its tabs: getting to the deployment, and what keeps one from it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.deployed import Deployed
from tests.fault_server import json_response
from tests.screens.dashboard.backend_screen import Page, backend_screen
from tests.screens.dashboard.relayed import NAME, own_backend
from vibe_tui.app import VibeApp
from vibe_tui.screens.dashboard.screen import DashboardScreen, SignIn
from vibe_tui.screens.project.screen import ProjectScreen
from vibe_tui.services import http
from vibe_tui.services.lease import Lease
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
from vibe_tui.services.settings import Settings


async def test_tabs_are_chosen_by_key_and_mouse_and_have_their_own_commands(deployed: Deployed) -> None:
    async with backend_screen(deployed, "1") as page:
        await page.see("messages")
        await page.press("down")
        await page.see(r"messages · ")
        await page.press("2")
        await page.see("messages:|Type|query")
        await page.press("ctrl+pagedown")
        await page.until(lambda: _shown(page) == "deployment-logs")
        await page.press("ctrl+pageup", "ctrl+pageup")
        assert _shown(page) == "data"
        await page.see(r"messages · ")
        await page.press("slash", "2")
        assert _shown(page) == "data", "a digit that is typed into a field"
        await page.pilot.click("#tabs", offset=(12, 0))
        await page.until(lambda: _shown(page) == "functions")
        await page.press("ctrl+p", *"export the")
        await page.see("No matches found")  # the palette has what the tab on show can do
        await page.press("escape", "1", "ctrl+p", *"export the")
        await page.see("Export the table")


async def test_a_deployment_that_does_not_answer_is_tried_again_until_it_does(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "PATIENCE", 0.0)
    async with own_backend(deployed) as server, backend_screen(deployed, "1", project=NAME) as page:
        await page.see("newest first")
        server.fail(".*", "reset", times=1000)
        await page.press("r")
        await page.see("Unreachable: .*a Convex backend of your own")
        await page.see(r"Trying again in \d+ s")
        await page.press("d", "e", "slash")
        assert "newest first" not in page.text, "nothing can be done in a tab meanwhile"
        server.recover()
        await page.see("newest first")


async def test_a_busy_deployment_is_asked_again_when_it_said_so(deployed: Deployed) -> None:
    async with own_backend(deployed) as server, backend_screen(deployed, "1", project=NAME) as page:
        await page.see("newest first")
        busy = json_response({"code": "TooManyRequests", "message": "slow down"}, 429, **{"Retry-After": "2"})
        server.fail("POST /api/query", "answer", busy)
        await page.press("r")
        await page.see(r"Asking again in 2 s")
        await page.see(r"Asking again in 1 s")
        await page.unsee("Asking again")
        await page.see("newest first")


async def test_a_refused_key_leads_to_signing_in_again(deployed: Deployed) -> None:
    async with own_backend(deployed) as server, backend_screen(deployed, "1", project=NAME) as page:
        await page.see("newest first")
        refused = json_response({"code": "BadDeployKey", "message": "no"}, 403)
        server.fail(".*", "answer", refused, times=100)
        await page.press("r")
        await page.see("The key was refused")
        await page.see("Sign in again: the connection is repaired")
        server.recover()
        await page.press("f5")
        await page.see("newest first")
        server.fail(".*", "answer", refused, times=100)
        await page.press("r")
        await page.see("The key was refused")
        await page.press("enter")
        await page.until(lambda: page.left == [SignIn()])


async def test_it_closes_when_the_project_is_disconnected_elsewhere(deployed: Deployed) -> None:
    async with own_backend(deployed), backend_screen(deployed, "1", project=NAME) as page:
        await page.see("newest first")
        await asyncio.to_thread(deployed.vibe, "disconnect", "--project", NAME, "--forget")
        await page.see("The project was disconnected")
        assert page.left == [None]


async def test_the_dashboard_opens_at_what_is_shown(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")
    async with backend_screen(deployed, "1") as page:
        await page.see("newest first")
        await page.press("ctrl+o")
        await page.until(lambda: bool(page.copied))
        link = page.copied[-1]
        assert link.endswith("/data#many")
        import httpx2

        async with httpx2.AsyncClient(trust_env=False) as client:
            answer = await client.get(link)
        assert 'id="many"' in answer.text
    async with own_backend(deployed), backend_screen(deployed, "1", project=NAME) as page:
        await page.see("newest first")
        await page.press("ctrl+o")
        await page.see("has its dashboard where you put it")


def _shown(page: Page) -> str:
    screen = page.pilot.app.screen
    assert isinstance(screen, DashboardScreen)
    return screen.contexts()[-1]


# --- from the project page ----------------------------------------------------------------------------


@pytest.fixture
def home(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The page runs here, with the environment of the command."""
    for name, value in deployed.vibe.environment().items():
        monkeypatch.setenv(name, value)
    return Home(deployed.vibe.home)


def project_page(home: Home, name: str, folder: Path) -> VibeApp:
    project = Projects(home).find(name, folder)
    return VibeApp(lambda: ProjectScreen(home, Settings(), project), crash_folder=home.crashes)


async def test_the_project_page_opens_it_also_while_somebody_else_has_the_project(
    deployed: Deployed, home: Home
) -> None:
    project = Projects(home).find("shop", deployed.folder)
    with Lease.acquire(home.lease(project.id), "somebody else"):
        app = project_page(home, "shop", deployed.folder)
        async with app.run_test(size=(100, 32), notifications=True) as pilot:
            page = Page(pilot, [])
            await page.see("read only")
            await page.press("ctrl+l")
            await page.see("newest first")
            await page.press("escape")
            await page.see("read only")


async def test_without_a_connection_the_page_offers_to_connect(deployed: Deployed, home: Home) -> None:
    await asyncio.to_thread(deployed.vibe, "new", "lonely", "--dir", str(deployed.folder.parent / "lonely"))
    app = project_page(home, "lonely", deployed.folder)
    async with app.run_test(size=(100, 32), notifications=True) as pilot:
        page = Page(pilot, [])
        await page.see("Convex: not connected")
        await page.press("ctrl+l")
        await page.see("is not connected to Convex, so")
        before: Any = app.screen
        while app.screen is before:
            await pilot.click("#option-1")
            await pilot.pause(0.05)
        await page.see("Convex Backend")
        close = app.on_shutdown
        assert close is not None
        await close()
