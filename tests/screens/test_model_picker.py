from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from vibe_tui.app import VibeApp
from vibe_tui.screens.model_picker import ModelChoice, ModelGroup, ModelPicker

RECIPES = ModelGroup("vibe-tui", (ModelChoice("model", "", "Built-in recipes"),))
SMALL = ModelChoice("model", "openai/small", "small", "8k tokens")
LARGE = ModelChoice("model", "openai/large\u202e", "large\u202e", "cannot call tools", 1000)
KEY = ModelChoice("key", "router", "Give the key for router")
GROUPS = (RECIPES, ModelGroup("openai", (SMALL, LARGE)), ModelGroup("router", (KEY,), "no key yet"))


async def opened(pilot: Pilot[Any], current: str = "") -> tuple[ModelPicker, list[ModelChoice | None]]:
    answers: list[ModelChoice | None] = []
    picker = ModelPicker(current)
    pilot.app.push_screen(picker, answers.append)
    picker.show((RECIPES, ModelGroup("openai", note="asking…")))
    await pilot.pause()
    picker.show(GROUPS)
    await pilot.pause()
    picker._opened -= 1
    return picker, answers


def text(pilot: Pilot[Any]) -> str:
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def test_the_one_in_use_is_marked_and_arrows_go_past_the_headings(tmp_path: Path) -> None:
    async with VibeApp(Screen, crash_folder=tmp_path).run_test(size=(80, 24)) as pilot:
        _, answers = await opened(pilot, "openai/small")
        assert "● small  8k tokens" in text(pilot)
        assert "large<U+202E>  cannot call tools" in text(pilot)
        await pilot.press("down", "down", "up", "enter")
        await pilot.pause()
        assert answers == [LARGE]
        _, answers = await opened(pilot, "openai/small")
        await pilot.press("enter")
        await pilot.pause()
        assert answers == [SMALL], "Enter changes nothing"


async def test_typing_searches_and_names_what_is_not_listed(tmp_path: Path) -> None:
    async with VibeApp(Screen, crash_folder=tmp_path).run_test(size=(80, 24)) as pilot:
        _, answers = await opened(pilot)
        await pilot.press("k", "e", "y")
        assert "small" not in text(pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert answers == [KEY]
        _, answers = await opened(pilot)
        await pilot.press(*"a/b-9")
        assert "Use a/b-9" in text(pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert answers == [ModelChoice("model", "a/b-9", "a/b-9")]
        _, answers = await opened(pilot)
        await pilot.press(*"nope", "enter")
        await pilot.pause()
        assert answers == []
