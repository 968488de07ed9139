"""A turn is undone on the page, and brought back from the history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.flows.seen_page import Page
from vibe_tui.app import VibeApp
from vibe_tui.screens.project.screen import ProjectScreen
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
from vibe_tui.services.settings import Settings

PROMPT = "Add a messages database table"


async def ready(pilot: Pilot[Any]) -> Page:
    page = Page(pilot)
    await page.see("Convex: not connected", 20)
    return page


async def perform(pilot: Pilot[Any], action: str) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, ProjectScreen)
    await screen.action_perform(action)


@pytest.mark.parametrize("size", [(120, 40), pytest.param((80, 24), marks=pytest.mark.slow)])
async def test_undo_and_bring_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.chdir(tmp_path)
    home = Home(tmp_path / "home")
    home.prepare()
    project = Projects(home).new_from_template("my-app", tmp_path / "my-app")
    schema = project.folder / "convex" / "schema.ts"
    before = schema.read_text()
    app = VibeApp(lambda: ProjectScreen(home, Settings(), project), crash_folder=home.crashes)
    async with app.run_test(size=size, notifications=True) as pilot:
        page = await ready(pilot)
        await perform(pilot, "undo_turn")
        await page.see("There is no chat turn to undo")
        await page.press("f5")
        await page.type(PROMPT)
        await page.press("enter")
        await page.choose("Apply", until="Applied")
        await page.see("No Convex backend is connected")
        with_table = schema.read_text()
        assert "messages" in with_table
        (project.folder / "notes.txt").write_text("by hand\n")

        await page.press("alt+z")
        await page.see(f'The files before "{PROMPT}"')
        await page.see(r"convex/schema.ts  \+\d+ \N{MINUS SIGN}\d+")
        await page.see(r"notes.txt  new  \+1")
        await page.choose("Undo the turn", until="2 files put back")
        await page.see("2 files are as they were")
        await page.see("not rolled back")
        assert schema.read_text() == before
        assert not (project.folder / "notes.txt").exists()

        (project.folder / "more.txt").write_text("after that\n")
        await page.press("alt+h")
        await page.see("undone: Add a messages")
        await page.see("Changed since then: 3 files")
        await page.insist("enter", until="That is kept in History, too")
        await page.choose("Restore this state", until="3 files put back")
        assert schema.read_text() == with_table
        assert (project.folder / "notes.txt").read_text() == "by hand\n"
        assert not (project.folder / "more.txt").exists()
        await pilot.press("ctrl+q")
    assert not list(home.crashes.glob("*"))
