from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button, Input

from vibe_tui.app import VibeApp
from vibe_tui.screens import dialog
from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.screens.dialog import Dialog
from vibe_tui.screens.prompt import PromptDialog

DISCONNECT = (
    Option("delete", "Delete the Convex project", "danger"),
    Option("keep", "Keep the Convex project", "safe"),
)


class Asked:
    """A dialog on an app, and what it answered."""

    def __init__(self, pilot: Pilot[Any], screen: Dialog[str]) -> None:
        self.pilot = pilot
        self.answers: list[str | None] = []
        pilot.app.push_screen(screen, self.answers.append)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()


def app(tmp_path: Path) -> VibeApp:
    return VibeApp(Screen, crash_folder=tmp_path)


@pytest.fixture
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialog, "GRACE", 0)


@pytest.mark.usefixtures("no_grace")
async def test_the_safe_answer_is_the_default(tmp_path: Path) -> None:
    async with app(tmp_path).run_test() as pilot:
        asked = Asked(pilot, ConfirmDialog("Disconnect", "What now?", DISCONNECT))
        await pilot.pause()
        await asked.press("enter")
        assert asked.answers == ["keep"]


@pytest.mark.usefixtures("no_grace")
@pytest.mark.parametrize(("keys", "answer"), [(["left", "enter"], "delete"), (["escape"], None)])
async def test_another_answer_is_chosen_with_the_arrows_and_none_with_esc(
    tmp_path: Path, keys: list[str], answer: str | None
) -> None:
    async with app(tmp_path).run_test() as pilot:
        asked = Asked(pilot, ConfirmDialog("Disconnect", "What now?", DISCONNECT))
        await pilot.pause()
        await asked.press(*keys)
        assert asked.answers == [answer]


async def test_keys_that_were_typed_before_it_opened_answer_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialog, "GRACE", 3600)
    async with app(tmp_path).run_test() as pilot:
        asked = Asked(pilot, ConfirmDialog("Disconnect", "What now?", DISCONNECT))
        await pilot.pause()
        await asked.press("enter", "space", "escape")
        await pilot.click(Button)
        assert asked.answers == []
        monkeypatch.setattr(dialog, "GRACE", 0)
        await asked.press("escape")
        assert asked.answers == [None]


@pytest.mark.usefixtures("no_grace")
async def test_the_name_has_to_be_typed_before_something_is_lost(tmp_path: Path) -> None:
    async with app(tmp_path).run_test() as pilot:
        asked = Asked(pilot, ConfirmDialog("Delete", "Its data is lost.", DISCONNECT, type_name="my-app"))
        await pilot.pause()
        name = pilot.app.screen.query_one(Input)
        assert pilot.app.focused is name
        await asked.press("m", "y", "enter")
        await pilot.click("#option-0")
        assert asked.answers == []
        name.value = "my-app"
        await pilot.pause()
        await pilot.click("#option-0")
        await pilot.pause()
        assert asked.answers == ["delete"]


@pytest.mark.usefixtures("no_grace")
async def test_a_hostile_text_is_shown_as_it_is(tmp_path: Path) -> None:
    async with app(tmp_path).run_test(size=(80, 24)) as pilot:
        asked = Asked(pilot, ConfirmDialog("[red]t[/nope]", "[@click=app.quit]b[/nope]\n" * 40, DISCONNECT))
        await pilot.pause()
        shown = "".join(
            segment.text for strip in pilot.app.screen._compositor.render_strips() for segment in strip
        )
        assert "[red]t[/nope]" in shown
        assert "[@click=app.quit]b[/nope]" in shown
        await asked.press("enter")
        assert asked.answers == ["keep"]


@pytest.mark.usefixtures("no_grace")
async def test_a_prompt_answers_with_its_text(tmp_path: Path) -> None:
    async with app(tmp_path).run_test() as pilot:
        asked = Asked(pilot, PromptDialog("Download", "Where to?", value="/tmp/a", accept="Save"))
        await pilot.pause()
        await asked.press("b", "space", "enter")
        assert asked.answers == ["/tmp/ab"]


@pytest.mark.usefixtures("no_grace")
async def test_an_empty_prompt_is_no_answer(tmp_path: Path) -> None:
    async with app(tmp_path).run_test() as pilot:
        asked = Asked(pilot, PromptDialog("Download", "Where to?", accept="Save"))
        await pilot.pause()
        await asked.press("space", "enter")
        await pilot.click("#accept")
        assert asked.answers == []
        await pilot.click("#cancel")
        assert asked.answers == [None]
