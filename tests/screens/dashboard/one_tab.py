"""A screen with one tab of the Backend screen on it, and what the tab asked its host for."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen

from vibe_tui.action_host import ActionHost
from vibe_tui.actions import Context, bindings
from vibe_tui.app import VibeApp
from vibe_tui.screens.dashboard.tab import Tab
from vibe_tui.screens.dialog import Dialog
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected, Project
from vibe_tui.services.paths import Home
from vibe_tui.services.settings import Settings
from vibe_tui.widgets.key_bar import KeyBar
from vibe_tui.widgets.status_bar import Tone

SHEETS = Path(__file__).parents[3] / "vibe_tui" / "screens" / "dashboard"


class OneTab(ActionHost, Screen[None]):
    """The Host of one tab."""

    CSS_PATH = [SHEETS / "functions.tcss", SHEETS / "logs.tcss"]  # noqa: RUF012
    BINDINGS = bindings("functions", "deployment-logs")

    def __init__(self, make: Callable[[OneTab], Tab], api: DeploymentApi, project: Project) -> None:
        super().__init__()
        self.api = api
        self.project = project
        self.settings = Settings()
        self.home = Home(project.folder)
        self.notices: list[str] = []
        self.problems: list[VibeError] = []
        self.copied: list[str] = []
        self.opened: list[tuple[str, int | None]] = []
        self.tab = make(self)
        self.handlers |= self.tab.handlers

    def contexts(self) -> Sequence[Context]:
        return (self.tab.context,)

    def compose(self) -> ComposeResult:
        yield self.tab.pane
        yield KeyBar()

    def on_mount(self) -> None:
        self.tab.shown()

    @property
    def connection(self) -> Connected:
        raise NotImplementedError

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except VibeError as problem:
                self.problems.append(problem)

        self.run_worker(guarded(), exclusive=False)

    def notice(self, text: str, tone: Tone = "plain") -> None:
        self.notices.append(text)

    async def ask(self, dialog: Dialog[Any]) -> Any:
        return await self.app.push_screen_wait(dialog)

    async def copy(self, text: str) -> None:
        self.copied.append(text)

    def open_file(self, path: str, line: int | None) -> None:
        self.opened.append((path, line))


class Page:
    """What is on the screen, and the keys."""

    def __init__(self, pilot: Pilot[None], screen: OneTab) -> None:
        self.pilot = pilot
        self.screen = screen

    @property
    def text(self) -> str:
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def see(self, pattern: str, limit: float = 20) -> re.Match[str]:
        await self.until(lambda: re.search(pattern, self.text) is not None, pattern, limit)
        found = re.search(pattern, self.text)
        assert found is not None
        return found

    async def until(self, holds: Callable[[], bool], what: str = "", limit: float = 20) -> None:
        end = time.monotonic() + limit
        while not holds():
            assert time.monotonic() < end, f"{what!r} did not come:\n{self.text}\n{self.screen.problems}"
            await self.pilot.pause(0.02)


@asynccontextmanager
async def one_tab(
    make: Callable[[OneTab], Tab],
    deployment: DeploymentApi,
    folder: Path,
    *,
    size: tuple[int, int] = (100, 30),
) -> AsyncIterator[Page]:
    """The tab on show, with the deployment behind it. folder: the project's."""
    project = Project("0123456789ab", "shop", folder, "local", "2026-01-01T00:00:00Z")
    async with deployment as api:
        screen = OneTab(make, api, project)
        app = VibeApp(lambda: screen, crash_folder=folder / "crashes")
        async with app.run_test(size=size, notifications=True) as pilot:
            yield Page(pilot, screen)
            screen.tab.hidden()
