"""The history: its list, what happened since each state, and what choosing one answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button

from tests.flows.seen_page import Page
from vibe_tui.app import VibeApp
from vibe_tui.screens import dialog
from vibe_tui.screens.history import HistoryDialog
from vibe_tui.services.checkpoints import Checkpoint, CheckpointsDamaged
from vibe_tui.services.checkpoints_restore import FileChange
from vibe_tui.services.terminal_text import visible

HOSTILE = "evil\x1b[2J [red]x[/] \u202egnp.exe"
KEPT = [
    Checkpoint("c" * 10, "2026-01-03T12:00:00Z", "Add a table", "restore", "b" * 10, 3),
    Checkpoint("b" * 10, "2026-01-02T12:00:00Z", visible(HOSTILE), "turn", "", 3),
    Checkpoint("a" * 10, "2026-01-01T12:00:00Z", "Add a table", "turn", "", 3),
]
CHANGES = {
    "c" * 10: [],
    "b" * 10: [FileChange("convex/schema.ts", "changed", 1, 1, "@@ -1 +1 @@\n-old line\n+new line")],
    "a" * 10: [
        FileChange("icon.png", "created", 0, 0, "", "not a text"),
        *(FileChange(f"file{number}.ts", "deleted", 0, 1, "@@ -1 +0,0 @@\n-x") for number in range(60)),
    ],
}


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialog, "GRACE", 0)


class Opened(Page):
    def __init__(self, pilot: Pilot[Any]) -> None:
        super().__init__(pilot)
        self.app = pilot.app
        self.answers: list[str | None] = []
        self.asked: list[str] = []

    def open(self, kept: Sequence[Checkpoint] = KEPT, *, at: str = "") -> None:
        self.app.push_screen(HistoryDialog(kept, self.changes, at=at), self.answers.append)

    async def changes(self, id: str) -> Sequence[FileChange]:
        self.asked.append(id)
        return CHANGES[id]


def app(tmp_path: Path) -> VibeApp:
    return VibeApp(Screen, crash_folder=tmp_path)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_moving_in_the_list_shows_what_happened_since(tmp_path: Path, size: tuple[int, int]) -> None:
    async with app(tmp_path).run_test(size=size) as pilot:
        page = Opened(pilot)
        page.open()
        await page.see(r"03 Jan \d\d:00 +undone: Add a table")
        await page.see("The files are as then")
        await page.press("down")
        await page.see(r"convex/schema.ts  \+1 \N{MINUS SIGN}1")
        await page.see("- old line")
        await page.see("[+] new line")
        await page.see(r"evil<U\+001B>\[2J \[red\]x")
        await page.press("enter")
        assert page.answers == ["b" * 10]


async def test_many_files_are_not_all_shown(tmp_path: Path) -> None:
    async with app(tmp_path).run_test(size=(120, 200)) as pilot:
        page = Opened(pilot)
        page.open(at="a" * 10)
        await page.see("Changed since then: 61 files")
        await page.see("icon.png  new  not a text")
        await page.see("and 21 more files")


async def test_who_rushes_through_the_list_asks_for_the_last_one_only(tmp_path: Path) -> None:
    async with app(tmp_path).run_test(size=(120, 40)) as pilot:
        page = Opened(pilot)
        page.open()
        await pilot.press("down", "down")
        await page.see("61 files")
        assert page.asked[-1] == "a" * 10
        assert "b" * 10 not in page.asked
        await page.press("r")
        assert page.answers == ["a" * 10]


async def test_esc_and_close_answer_nothing(tmp_path: Path) -> None:
    async with app(tmp_path).run_test(size=(120, 40)) as pilot:
        page = Opened(pilot)
        for kept in (KEPT, []):
            page.open(kept)
            await page.see("undone: Add a table" if kept else "Nothing is kept yet")
            await page.press("r" if not kept else "escape")
            if not kept:
                assert isinstance(pilot.app.focused, Button)
                await page.press("enter")
        assert page.answers == [None, None]


async def test_damage_is_said_where_the_changes_would_be(tmp_path: Path) -> None:
    async def damaged(_: str) -> Sequence[FileChange]:
        raise CheckpointsDamaged("They are aside [b]now[/b].", next_step="Your files are as they were.")

    async with app(tmp_path).run_test(size=(120, 40)) as pilot:
        page = Opened(pilot)
        pilot.app.push_screen(HistoryDialog(KEPT, damaged))
        await page.see(r"They are aside \[b\]now\[/b\]")
        await page.see("Your files are as they were")
