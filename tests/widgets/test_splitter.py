from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Input

from vibe_tui.app import VibeApp
from vibe_tui.widgets.panes import Direction, Panes
from vibe_tui.widgets.splitter import Divider, Pane, Split


class Page(Screen[None]):
    def __init__(self) -> None:
        super().__init__()
        self.panes = Panes(
            Split(
                pane("files", "F2", minimum=16, share=20),
                Split(
                    pane("editor", "F3", minimum=5, share=70),
                    pane("log", "F4", minimum=3, share=30),
                    rows=True,
                    minimum=30,
                    share=50,
                ),
                pane("chat", "F5", minimum=24, share=30),
            ),
            active="chat",
        )
        self.active: list[str] = []
        self.resized = 0

    def compose(self) -> ComposeResult:
        yield self.panes

    def on_panes_active_changed(self, event: Panes.ActiveChanged) -> None:
        self.active.append(event.pane_id)

    def on_split_resized(self, event: Split.Resized) -> None:
        self.resized += 1

    def widths(self) -> list[int]:
        return [self.query_one(f"#{name}").size.width for name in ("files", "editor", "chat")]

    def heights(self) -> list[int]:
        return [self.query_one(f"#{name}").outer_size.height for name in ("editor", "log")]

    def on_show(self) -> list[str]:
        return [name for name in ("files", "editor", "log", "chat") if self.query_one(f"#{name}").region]


def pane(name: str, key: str, *, minimum: int, share: float) -> Pane:
    return Pane(
        Input(id=f"{name}-first"),
        Input(id=f"{name}-second"),
        id=name,
        title=name.capitalize(),
        key=key,
        minimum=minimum,
        share=share,
    )


def make(tmp_path: Path, page: Page) -> VibeApp:
    return VibeApp(lambda: page, crash_folder=tmp_path)


def top(page: Page) -> str:
    return "".join(segment.text for segment in page.app.screen._compositor.render_strips()[0])


async def test_panes_share_the_width_by_their_shares(tmp_path: Path) -> None:
    page = Page()
    async with make(tmp_path, page).run_test(size=(122, 42)):
        assert page.widths() == [24, 60, 36]
        assert page.heights() == [28, 13]
        assert page.on_show() == ["files", "editor", "log", "chat"]


async def test_a_divider_is_dragged_no_further_than_the_panes_allow(tmp_path: Path) -> None:
    page = Page()
    async with make(tmp_path, page).run_test(size=(122, 42)) as pilot:
        first = page.query(Divider).first()
        assert first.region.x == 24
        await pilot.mouse_down(first)
        await pilot.hover(offset=(34, 5))
        await pilot.pause()
        assert page.widths() == [34, 50, 36]
        await pilot.hover(offset=(80, 5))
        await pilot.pause()
        assert page.widths() == [54, 30, 36]
        await pilot.hover(offset=(2, 5))
        await pilot.pause()
        await pilot.mouse_up(offset=(2, 5))
        assert page.widths() == [16, 68, 36]
        await pilot.hover(offset=(60, 5))
        await pilot.pause()
        assert page.widths() == [16, 68, 36]  # the button is up
        assert page.resized == 3


@pytest.mark.parametrize(
    ("active", "direction", "widths", "heights"),
    [
        ("files", "wider", [26, 58, 36], [28, 13]),
        ("files", "narrower", [22, 62, 36], [28, 13]),
        ("editor", "wider", [24, 62, 34], [28, 13]),
        ("chat", "wider", [24, 58, 38], [28, 13]),
        ("chat", "narrower", [24, 62, 34], [28, 13]),
        ("editor", "taller", [24, 60, 36], [29, 12]),
        ("log", "taller", [24, 60, 36], [27, 14]),
        ("log", "shorter", [24, 60, 36], [29, 12]),
        ("chat", "taller", [24, 60, 36], [28, 13]),
    ],
)
async def test_the_active_pane_is_resized_with_the_keyboard(
    tmp_path: Path, active: str, direction: Direction, widths: list[int], heights: list[int]
) -> None:
    page = Page()
    async with make(tmp_path, page).run_test(size=(122, 42)) as pilot:
        page.panes.show(active)
        page.panes.resize_active(direction)
        await pilot.pause()
        assert page.widths() == widths
        assert page.heights() == heights


async def test_sizes_keep_their_proportions_when_the_terminal_is_resized(tmp_path: Path) -> None:
    page = Page()
    async with make(tmp_path, page).run_test(size=(122, 42)) as pilot:
        page.panes.show("files")
        for _ in range(8):
            page.panes.resize_active("wider")
            await pilot.pause()
        assert page.widths() == [40, 44, 36]
        await pilot.resize_terminal(182, 42)
        await pilot.pause()
        assert page.widths() == [60, 66, 54]
        assert page.panes.shares[0] == 40


async def test_a_small_terminal_shows_one_pane_with_a_switch(tmp_path: Path) -> None:
    page = Page()
    async with make(tmp_path, page).run_test(size=(80, 24)) as pilot:
        assert page.on_show() == ["chat"]
        assert page.query_one("#chat").size == (80, 23)
        assert top(page).strip() == "F2 Files  F3 Editor  F4 Log  F5 Chat"
        await pilot.click(Panes, offset=(top(page).index("Log"), 0))
        assert page.on_show() == ["log"]
        assert page.query_one("#log").size == (80, 23)
        page.panes.show_next()
        page.panes.show_next()
        await pilot.pause()
        assert page.on_show() == ["files"]
        assert page.focused is page.query_one("#files-first")
        await pilot.press("tab", "tab")  # round the pane that is on show, not into a hidden one
        assert page.focused is page.query_one("#files-first")
        assert page.active == ["log", "chat", "files"]


async def test_growing_and_shrinking_the_terminal_keeps_the_pane_and_its_focus(tmp_path: Path) -> None:
    page = Page()
    async with make(tmp_path, page).run_test(size=(120, 40)) as pilot:
        page.query_one("#editor-second").focus()
        await pilot.pause()
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert page.on_show() == ["editor"]
        assert page.focused is page.query_one("#editor-second")
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert page.on_show() == ["files", "editor", "log", "chat"]
        assert page.focused is page.query_one("#editor-second")


async def test_a_pane_remembers_its_focus(tmp_path: Path) -> None:
    page = Page()
    async with make(tmp_path, page).run_test(size=(120, 40)) as pilot:
        page.query_one("#editor-second").focus()
        await pilot.pause()
        page.panes.show("files")
        await pilot.pause()
        assert page.focused is page.query_one("#files-first")
        page.panes.show("editor")
        await pilot.pause()
        assert page.focused is page.query_one("#editor-second")
        assert page.panes.active == "editor"
