"""The value is never on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual import events
from textual.pilot import Pilot
from textual.screen import Screen

from vibe_tui.app import VibeApp
from vibe_tui.screens.secret_form import SecretForm


async def opened(pilot: Pilot[Any]) -> tuple[SecretForm, list[str | None]]:
    answers: list[str | None] = []
    form = SecretForm("A value for\x1b[2J KEY", "It goes [nowhere] else.", accept="Set it")
    pilot.app.push_screen(form, answers.append)
    await pilot.pause()
    await pilot.pause()
    form._opened -= 1
    return form, answers


def text(pilot: Pilot[Any]) -> str:
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def test_what_is_pasted_is_answered_and_not_shown(tmp_path: Path) -> None:
    async with VibeApp(Screen, crash_folder=tmp_path).run_test(size=(80, 24)) as pilot:
        _, answers = await opened(pilot)
        await pilot.press("enter")
        assert answers == [], "nothing was typed"
        pilot.app.post_message(events.Paste("value-of-the-key"))
        await pilot.pause()
        assert "It goes [nowhere] else." in text(pilot) and "A value for KEY" in text(pilot)
        assert "value-of-the-key" not in text(pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert answers == ["value-of-the-key"]


async def test_esc_gives_nothing(tmp_path: Path) -> None:
    async with VibeApp(Screen, crash_folder=tmp_path).run_test(size=(80, 24)) as pilot:
        _, answers = await opened(pilot)
        pilot.app.post_message(events.Paste("value-of-the-key"))
        await pilot.press("escape")
        await pilot.pause()
        assert answers == [None]
