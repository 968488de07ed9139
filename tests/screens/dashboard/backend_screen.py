"""The real Backend screen on a real (emulated) deployment, at one of its tabs."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual import events
from textual.pilot import Pilot
from textual.screen import Screen

from tests.deployed import Deployed
from vibe_tui.app import VibeApp
from vibe_tui.screens.dashboard.screen import DashboardScreen
from vibe_tui.services.convex.journal import JournalFile, connection_of
from vibe_tui.services.model import Connected
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
from vibe_tui.services.settings import Settings


class Page:
    """What is on the screen, and the keys."""

    def __init__(self, pilot: Pilot[None], left: list[object]) -> None:
        self.pilot = pilot
        self.left = left
        """What the Backend screen was left with."""
        self.copied: list[str] = []
        self.shown: list[str] = []
        """Every text that was looked at."""

    @property
    def text(self) -> str:
        strips = self.pilot.app.screen._compositor.render_strips()
        text = "\n".join("".join(segment.text for segment in strip) for strip in strips)
        self.shown.append(text)
        return text

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        await self.press(*text)

    async def paste(self, text: str) -> None:
        """As a terminal sends it."""
        self.pilot.app.post_message(events.Paste(text))
        await self.pilot.pause()

    async def see(self, pattern: str, limit: float = 20) -> re.Match[str]:
        await self.until(lambda: re.search(pattern, self.text) is not None, pattern, limit)
        found = re.search(pattern, self.text)
        assert found is not None
        return found

    async def unsee(self, pattern: str) -> None:
        await self.until(lambda: re.search(pattern, self.text) is None, f"no {pattern}")

    async def until(self, holds: Callable[[], bool], what: str = "", limit: float = 20) -> None:
        end = time.monotonic() + limit
        while not holds():
            assert time.monotonic() < end, f"{what!r} did not come:\n{self.text}"
            await self.pilot.pause(0.02)


@asynccontextmanager
async def backend_screen(
    deployed: Deployed, tab_key: str, *, size: tuple[int, int] = (100, 32), project: str = "shop"
) -> AsyncIterator[Page]:
    """tab_key: what goes to the tab."""
    home = Home(deployed.vibe.home)
    projects = Projects(home)
    found = projects.find(project, deployed.folder)
    connection = connection_of(JournalFile(projects.document(found.id)).read())
    assert isinstance(connection, Connected)
    left: list[object] = []
    app = VibeApp(Screen[Any], crash_folder=home.crashes)
    async with app.run_test(size=size, notifications=True) as pilot:
        page = Page(pilot, left)
        app.copy_to_clipboard = page.copied.append  # type: ignore[method-assign]  # what goes to the terminal
        app.push_screen(DashboardScreen(home, Settings(), found, connection), left.append)
        await pilot.pause()
        await page.press(tab_key)
        yield page
