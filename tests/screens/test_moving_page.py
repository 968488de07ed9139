"""Moving a project to E2B on the page, without an account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from textual.widgets import Button

from vibe_tui.app import VibeApp
from vibe_tui.screens.confirm import ConfirmDialog
from vibe_tui.screens.dialog import GRACE
from vibe_tui.screens.project.screen import ProjectScreen
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
from vibe_tui.services.settings import Settings


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.02)


async def test_moving_there_and_back(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    project = Projects(home).new_from_template("app", tmp_path / "app")
    page = ProjectScreen(home, Settings(), project)
    app = VibeApp(lambda: page, crash_folder=home.crashes)

    def bar() -> str:
        return page.status.render().plain

    async with app.run_test(size=(120, 40)) as pilot:
        for shown, sandbox in (("E2B: not running", "e2b"), ("this computer", "local")):
            await until(lambda: page.is_enabled("move_sandbox"))
            assert page.is_enabled("pause_sandbox") is (sandbox == "local")
            await page.action_perform("move_sandbox")
            await until(lambda: isinstance(app.screen, ConfirmDialog))
            await pilot.pause()
            await asyncio.sleep(GRACE)  # an answer that comes sooner was meant for something else
            app.screen.query(Button).last().press()
            await until(lambda text=shown: bar().startswith(text))  # type: ignore[misc]
            assert Projects(home).get(project.id).sandbox == sandbox
            await pilot.pause()
        await until(lambda: page.is_enabled("move_sandbox"))
