"""What a model wants to do is shown exactly, and a careless key rejects it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button

from vibe_tui.app import VibeApp
from vibe_tui.screens.approval import ApprovalDialog
from vibe_tui.services.assistant.ports import ToolRequest

COMMAND = ToolRequest("packages", "Install 1 package", "npm install zod \u202eand\x1b[2J [bold]more")


class Asked:
    def __init__(self, pilot: Pilot[Any], request: ToolRequest) -> None:
        self.pilot = pilot
        self.answers: list[bool | None] = []
        pilot.app.push_screen(ApprovalDialog(request), self.answers.append)

    async def settle(self) -> None:
        for _ in range(3):
            await self.pilot.pause()

    @property
    def text(self) -> str:
        strips = self.pilot.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def app(tmp_path: Path) -> VibeApp:
    return VibeApp(Screen, crash_folder=tmp_path)


async def test_nothing_is_answered_within_the_grace_and_enter_rejects(tmp_path: Path) -> None:
    async with app(tmp_path).run_test(size=(80, 24)) as pilot:
        asked = Asked(pilot, COMMAND)
        await asked.settle()
        screen = pilot.app.screen
        assert isinstance(screen, ApprovalDialog)
        assert isinstance(pilot.app.focused, Button) and pilot.app.focused.id == "reject"
        screen._opened += 1_000  # the question was asked just now, however slow this machine is
        screen.query_one("#allow", Button).press()
        await asked.settle()
        await pilot.press("escape")
        assert asked.answers == []
        screen._opened -= 2_000
        await pilot.press("enter")
        await asked.settle()
        assert asked.answers == [False]


async def test_only_allow_once_allows(tmp_path: Path) -> None:
    async with app(tmp_path).run_test(size=(80, 24)) as pilot:
        for keys, answer in ((("right", "enter"), True), (("escape",), None)):
            asked = Asked(pilot, COMMAND)
            await asked.settle()
            screen = pilot.app.screen
            assert isinstance(screen, ApprovalDialog)
            screen._opened -= 1
            await pilot.press(*keys)
            await asked.settle()
            assert asked.answers == [answer]


async def test_the_command_is_spelled_out(tmp_path: Path) -> None:
    async with app(tmp_path).run_test(size=(80, 24)) as pilot:
        asked = Asked(pilot, COMMAND)
        await asked.settle()
        assert "npm install zod <U+202E>and<U+001B>[2J [bold]more" in asked.text


async def test_a_long_change_can_be_read_to_its_end_and_leaves_the_buttons_in_sight(tmp_path: Path) -> None:
    diff = "@@ -0,0 +1,80 @@\n" + "\n".join(f"+line {n}" for n in range(80))
    async with app(tmp_path).run_test(size=(80, 24)) as pilot:
        asked = Asked(pilot, ToolRequest("change", "Create a.ts", diff))
        await asked.settle()
        assert "Reject" in asked.text and "Allow once" in asked.text and "line 79" not in asked.text
        pilot.app.screen.query_one("#request").focus()
        await pilot.press("end")
        await asked.settle()
        assert "line 79" in asked.text
