from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.screen import Screen

from vibe_tui.action_host import ActionHost
from vibe_tui.actions import Context, bindings
from vibe_tui.app import VibeApp
from vibe_tui.services.model import Problem
from vibe_tui.widgets import status_bar
from vibe_tui.widgets.key_bar import KeyBar
from vibe_tui.widgets.status_bar import StatusBar

PROBLEM = Problem("Type error", "convex/schema.ts", 3)


class Page(ActionHost, Screen[None]):
    BINDINGS = bindings("project", "log")

    def __init__(self) -> None:
        super().__init__()
        self.status = StatusBar()
        self.keys = KeyBar()
        self.chosen: list[Problem] = []
        self.performed: list[str] = []
        self.pane: Context = "editor"
        for action_id in ("focus_files", "focus_log", "connect_backend", "toggle_dev_server", "find_in_log"):
            self.handlers[action_id] = lambda action_id=action_id: self.performed.append(action_id)

    def contexts(self) -> list[Context]:
        return ["project", self.pane]

    def compose(self) -> ComposeResult:
        yield self.status
        yield self.keys

    def on_status_bar_problem_chosen(self, event: StatusBar.ProblemChosen) -> None:
        self.chosen.append(event.problem)


def row(app: VibeApp, y: int) -> str:
    return "".join(segment.text for segment in app.screen._compositor.render_strips()[y])


def fill(status: StatusBar) -> None:
    status.show("sandbox", "this computer")
    status.show("convex", "Convex: emulator", "good")
    status.show("dev server", "dev server: 1 problem", "bad", PROBLEM)
    status.show("assistant", "assistant: built-in recipes")


async def test_segments_stand_in_a_fixed_order_and_errors_are_marked(tmp_path: Path) -> None:
    page = Page()
    app = VibeApp(lambda: page, crash_folder=tmp_path)
    async with app.run_test(size=(120, 10)) as pilot:
        fill(page.status)
        await pilot.pause()
        assert row(app, 0).strip() == (
            "this computer · ● Convex: emulator · ✗ dev server: 1 problem · assistant: built-in recipes"
        )
        page.status.show("dev server", "")
        await pilot.pause()
        assert row(app, 0).strip() == "this computer · ● Convex: emulator · assistant: built-in recipes"


async def test_what_is_wrong_stays_when_there_is_little_room(tmp_path: Path) -> None:
    page = Page()
    app = VibeApp(lambda: page, crash_folder=tmp_path)
    async with app.run_test(size=(50, 10)) as pilot:
        fill(page.status)
        page.status.notice("Saved to /a/very/long/path.zip")
        await pilot.pause()
        assert "✗ dev" in row(app, 0)
        assert len(row(app, 0)) == 50


async def test_a_problem_is_reached_by_click_and_by_keyboard(tmp_path: Path) -> None:
    page = Page()
    app = VibeApp(lambda: page, crash_folder=tmp_path)
    async with app.run_test(size=(120, 10)) as pilot:
        fill(page.status)
        await pilot.pause()
        await pilot.click(StatusBar, offset=(row(app, 0).index("1 problem"), 0))
        assert page.chosen == [PROBLEM]
        await pilot.click(StatusBar, offset=(2, 0))  # the sandbox leads nowhere
        assert page.chosen == [PROBLEM]
        await pilot.press("tab", "enter")
        assert page.chosen == [PROBLEM, PROBLEM]
        page.status.show("dev server", "dev server: running", "good")
        await pilot.press("tab", "enter")
        assert page.chosen == [PROBLEM, PROBLEM]


async def test_a_notice_goes_away_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page()
    app = VibeApp(lambda: page, crash_folder=tmp_path)
    monkeypatch.setattr(status_bar, "NOTICE_SECONDS", 0.05)
    async with app.run_test(size=(80, 10)) as pilot:
        page.status.notice("Link [b]copied[/b]\x1b[31m")
        await pilot.pause()
        assert "Link [b]copied[/b]<U+001B>[31m" in row(app, 0)
        for _ in range(100):
            await pilot.pause(0.02)
            if "Link" not in row(app, 0):
                return
        pytest.fail("the notice is still there")


async def test_the_key_bar_shows_what_works_now_and_can_be_clicked(tmp_path: Path) -> None:
    page = Page()
    app = VibeApp(lambda: page, crash_folder=tmp_path, keymap={"connect_backend": "f11"})
    async with app.run_test(size=(120, 10)) as pilot:
        assert "F2 Files  F4 Logs  F11 Backend  F9 Dev server  F1 Help  ^P Commands  ^Q Quit" in row(app, 1)
        page.set_enabled(False, "toggle_dev_server")
        await pilot.pause()
        assert "Dev server" not in row(app, 1)
        page.pane = "log"
        page.refresh_bindings()
        await pilot.pause()
        assert row(app, 1).strip().startswith("/ Find")
        await pilot.click(KeyBar, offset=(row(app, 1).index("Backend"), 0))
        await pilot.press("f11", "f8", "f9", "slash")
        assert page.performed == ["connect_backend", "connect_backend", "find_in_log"]


async def test_on_a_small_terminal_the_keys_to_the_panes_give_way(tmp_path: Path) -> None:
    page = Page()
    app = VibeApp(lambda: page, crash_folder=tmp_path)
    async with app.run_test(size=(62, 10)):
        assert row(app, 1).strip() == "F8 Backend  F9 Dev server  F1 Help  ^P Commands  ^Q Quit"
