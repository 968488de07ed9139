from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.screen import Screen

from vibe_tui.app import VibeApp
from vibe_tui.widgets.header_bar import HeaderBar, HeaderItem


class Page(Screen[None]):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.header = HeaderBar(name)
        self.asked: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.header

    def on_header_bar_action_requested(self, event: HeaderBar.ActionRequested) -> None:
        self.asked.append(event.action_id)


def first_row(app: VibeApp) -> str:
    width = app.size.width
    return "".join(segment.text for segment in app.screen._compositor.render_strips()[0])[:width]


async def test_every_item_can_be_reached_and_pressed_with_the_keyboard(tmp_path: Path) -> None:
    page = Page("my-app")
    async with VibeApp(lambda: page, crash_folder=tmp_path).run_test() as pilot:
        await pilot.press(
            "tab",
            "enter",  # from Download, which has the focus first
            "right",
            "enter",
            "right",
            "space",
            "left",
            "enter",
        )
        assert page.asked == ["publish", "connect_backend", "download", "connect_backend"]


async def test_a_click_presses_an_item(tmp_path: Path) -> None:
    page = Page("my-app")
    async with VibeApp(lambda: page, crash_folder=tmp_path).run_test() as pilot:
        await pilot.click("#connect-backend")
        assert page.asked == ["connect_backend"]


async def test_a_disabled_item_cannot_be_pressed(tmp_path: Path) -> None:
    page = Page("my-app")
    async with VibeApp(lambda: page, crash_folder=tmp_path).run_test() as pilot:
        page.header.set_enabled("publish", False)
        await pilot.click("#publish")
        page.header.set_enabled("publish", True)
        await pilot.click("#publish")
        assert page.asked == ["publish"]


@pytest.mark.parametrize("width", [50, 60, 80, 120])
@pytest.mark.parametrize(
    "label",
    ["Connect Backend", "Connecting 2/5", "Convex Connected", "Connect failed: the browser was closed"],
)
async def test_nothing_overlaps(tmp_path: Path, width: int, label: str) -> None:
    page = Page("a-project-with-a-name-that-is-far-too-long-for-any-header-row" * 2)
    app = VibeApp(lambda: page, crash_folder=tmp_path)
    async with app.run_test(size=(width, 10)) as pilot:
        page.header.show_backend(label, "busy")
        await pilot.pause()
        regions = [item.region for item in page.query(HeaderItem)]
        assert all(a.right <= b.x for a, b in pairwise(regions))
        assert regions[-1].right <= width
        assert "…" in first_row(app)


async def test_the_state_of_the_backend_is_said_in_words_and_with_a_mark(tmp_path: Path) -> None:
    page = Page("my-app")
    app = VibeApp(lambda: page, crash_folder=tmp_path)
    async with app.run_test() as pilot:
        assert "○ Connect Backend" in first_row(app)
        page.header.show_backend("Convex Connected", "good")
        await pilot.pause()
        assert "● Convex Connected" in first_row(app)
        page.header.show_backend("Connect failed", "bad")
        await pilot.pause()
        assert "✗ Connect failed" in first_row(app)


async def test_a_hostile_project_name_is_spelled_out(tmp_path: Path) -> None:
    page = Page("")
    app = VibeApp(lambda: page, crash_folder=tmp_path)
    async with app.run_test() as pilot:
        page.header.show_project("[red]a\x1b]0;b\u202e")
        await pilot.pause()
        assert "[red]a<U+001B>]0;b<U+202E>" in first_row(app)
