"""The log pane through its door, in a running app."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from rich.cells import cell_len
from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Static

from vibe_tui.widgets.log_lines import LogLines
from vibe_tui.widgets.log_scroll import LogScroll
from vibe_tui.widgets.log_view import LogView


class LogApp(App[None]):
    def __init__(self, capacity: int = 10_000) -> None:
        super().__init__()
        self.view = LogView(capacity=capacity, id="log")
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.view

    def on_log_view_line_chosen(self, message: LogView.LineChosen) -> None:
        self.heard.append(message)

    def on_log_view_copy_requested(self, message: LogView.CopyRequested) -> None:
        self.heard.append(message)


@asynccontextmanager
async def running(
    *, capacity: int = 10_000, size: tuple[int, int] = (40, 10)
) -> AsyncIterator[tuple[LogApp, Pilot[None]]]:
    app = LogApp(capacity)
    async with app.run_test(size=size) as pilot:
        app.view.focus()
        yield app, pilot


def rows(app: LogApp) -> list[str]:
    scroll = app.view.query_one(LogScroll)
    height = scroll.scrollable_content_region.height
    return [scroll.render_line(y).text.rstrip() for y in range(height)]


def note(app: LogApp) -> str:
    return str(app.view.query_one("#note", Static).content)


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it never came true"
        await pilot.pause(0.01)


async def test_shows_the_end_with_its_colours_and_no_markup() -> None:
    async with running() as (app, pilot):
        app.view.extend([f"line {n}" for n in range(50)])
        app.view.extend(["\x1b[32m✔\x1b[39m Convex [bold]ready[/bold]"])
        await until(pilot, lambda: rows(app)[-1] == "✔ Convex [bold]ready[/bold]")
        assert rows(app)[-2] == "line 49"
        first, rest = [s for s in app.view.query_one(LogScroll).render_line(9) if s.text.strip()][:2]
        assert first.style is not None and rest.style is not None
        assert first.style.color is not None and first.style.color.number == 2
        assert rest.style.color is not None and not rest.style.color.is_default


async def test_scrolling_up_stops_following_and_end_follows_again() -> None:
    async with running() as (app, pilot):
        app.view.extend([f"line {n}" for n in range(50)])
        await until(pilot, lambda: rows(app)[-1] == "line 49")
        app.view.query_one(LogScroll).scroll_to(y=20, animate=False)
        await pilot.pause()
        assert not app.view.following
        app.view.extend(["one more", "and more"])
        await until(pilot, lambda: "2 new lines" in note(app))
        assert rows(app)[0] == "line 20"
        await pilot.press("end")
        assert app.view.following
        assert rows(app)[-1] == "and more"
        assert note(app) == ""


async def test_wheel_down_to_the_end_follows_again() -> None:
    async with running() as (app, pilot):
        app.view.extend([f"line {n}" for n in range(50)])
        await until(pilot, lambda: rows(app)[-1] == "line 49")
        scroll = app.view.query_one(LogScroll)
        scroll.scroll_to(y=38, animate=False)
        await pilot.pause()
        assert not app.view.following
        scroll.scroll_to(y=scroll.max_scroll_y, animate=False)
        await pilot.pause()
        assert app.view.following


async def test_what_is_looked_at_stays_in_place_while_old_lines_fall_off() -> None:
    async with running(capacity=100) as (app, pilot):
        app.view.extend([f"line {n}" for n in range(100)])
        await until(pilot, lambda: rows(app)[-1] == "line 99")
        app.view.query_one(LogScroll).scroll_to(y=60, animate=False)
        await pilot.pause()
        assert rows(app)[0] == "line 60"
        app.view.extend([f"line {n}" for n in range(100, 130)])
        await until(pilot, lambda: "30 new lines" in note(app))
        assert rows(app)[0] == "line 60"
        app.view.extend([f"line {n}" for n in range(130, 200)])
        await until(pilot, lambda: "100 new lines" in note(app))
        assert rows(app)[0] == "line 100", "the line is gone: the oldest one is shown"
        assert app.view.line_count == 200


async def test_lines_in_many_small_batches_are_painted_at_most_10_times_a_second() -> None:
    painted: dict[int, Message] = {}

    def hook(message: Message) -> None:
        if isinstance(message, LogScroll.Moved):
            painted[id(message)] = message  # it comes by again as it bubbles up

    app = LogApp()
    async with app.run_test(size=(40, 10), message_hook=hook) as pilot:
        await pilot.pause()
        painted.clear()
        start = time.monotonic()
        for n in range(2_000):
            app.view.extend([f"line {n}"])
            if n % 40 == 0:
                await pilot.pause(0)
        await until(pilot, lambda: rows(app)[-1] == "line 1999")
        elapsed = time.monotonic() - start
        assert 1 <= len(painted) <= elapsed / 0.1 + 2


async def test_search_finds_counts_and_goes_round() -> None:
    async with running() as (app, pilot):
        app.view.extend([f"line {n} {'Needle' if n in (3, 30, 40) else ''}" for n in range(50)])
        app.view.search()
        await pilot.press(*"needle")
        await until(pilot, lambda: "3 of 3" in note(app))
        assert "line 40 Needle" in rows(app)
        await pilot.press("enter", "n")
        assert "1 of 3" in note(app)
        assert rows(app)[0] == "line 3 Needle"
        await pilot.press("N", "N")
        assert "2 of 3" in note(app)
        assert "line 30 Needle" in rows(app)
        app.view.extend(["a needle more"])
        await until(pilot, lambda: "of 4" in note(app))
        await pilot.press("escape")
        assert "of 4" not in note(app)
        assert not app.view.has_class("-searching")


async def test_search_says_when_there_is_nothing() -> None:
    async with running() as (app, pilot):
        app.view.extend(["one", "two"])
        app.view.search()
        await pilot.press(*"three")
        await until(pilot, lambda: "not found" in note(app))


async def test_found_text_is_highlighted_where_colours_are() -> None:
    async with running() as (app, pilot):
        app.view.extend(["\x1b[31mred nee\x1b[0mdle here", "second"])
        app.view.search()
        await pilot.press(*"needle")
        await until(pilot, lambda: "1 of 1" in note(app))
        strip = app.view.query_one(LogScroll).render_line(0)
        bold = "".join(s.text for s in strip if s.style is not None and s.style.bold)
        assert bold == "needle"


async def test_enter_and_a_click_choose_a_line() -> None:
    async with running() as (app, pilot):
        app.view.extend(["first", "\x1b[31mconvex/schema.ts:4:1\x1b[0m - error", "third"])
        await until(pilot, lambda: rows(app)[2] == "third")
        await pilot.press("up", "enter")
        await pilot.click(LogScroll, offset=(3, 0))
        assert [(m.text, m.number) for m in app.heard if isinstance(m, LogView.LineChosen)] == [
            ("convex/schema.ts:4:1 - error", 2),
            ("first", 1),
        ]
        assert isinstance(app.heard[0], LogView.LineChosen) and app.heard[0].control is app.view


async def test_a_click_below_the_last_line_chooses_nothing() -> None:
    async with running() as (app, pilot):
        app.view.extend(["first"])
        await until(pilot, lambda: rows(app)[0] == "first")
        await pilot.click(LogScroll, offset=(3, 5))
        assert app.heard == []


async def test_the_keyboard_selects_lines_to_copy() -> None:
    async with running() as (app, pilot):
        app.view.extend(["one", "\x1b[32mtwo\x1b[0m", "three"])
        await until(pilot, lambda: rows(app)[2] == "three")
        await pilot.press("up", "shift+up", "c")
        await pilot.press("end", "y")
        assert [m.text for m in app.heard if isinstance(m, LogView.CopyRequested)] == ["one\ntwo", "three"]


async def test_the_mouse_selects_text_to_copy_also_after_old_lines_fell_off() -> None:
    async with running(capacity=20) as (app, pilot):
        app.view.extend([f"number {n}" for n in range(35)])
        await until(pilot, lambda: rows(app)[-1] == "number 34")
        await pilot.mouse_down(LogScroll, offset=(7, 0))
        await pilot.hover(LogScroll, offset=(7, 2))
        await pilot.mouse_up(LogScroll, offset=(7, 2))
        await pilot.press("c")
        assert [m.text for m in app.heard if isinstance(m, LogView.CopyRequested)] == [
            "25\nnumber 26\nnumber 2"
        ]
        assert not [m for m in app.heard if isinstance(m, LogView.LineChosen)], "it was no click"


async def test_the_mouse_selects_wide_and_folded_text_and_scrolls_at_the_edge() -> None:
    async with running(size=(21, 4)) as (app, pilot):
        app.view.extend(["日本語 text", "x" * 20 + "yz", *(f"line {n}" for n in range(10))])
        await until(pilot, lambda: rows(app)[-1] == "line 9")
        await pilot.press("w", "home")
        await until(pilot, lambda: rows(app)[0] == "日本語 text")
        assert rows(app)[2] == "yz"
        await pilot.mouse_down(LogScroll, offset=(2, 0))
        await pilot.hover(LogScroll, offset=(0, 2))
        await pilot.mouse_up(LogScroll, offset=(0, 2))
        await pilot.press("c")
        await pilot.mouse_down(LogScroll, offset=(0, 0))
        app.view.query_one(LogScroll).post_message(
            events.MouseMove(None, 3, 5, 0, 5, 0, False, False, False, 3, 5)
        )
        await until(pilot, lambda: app.view.query_one(LogScroll).scroll_offset.y > 0)
        await pilot.mouse_up(LogScroll, offset=(0, 0))
        await pilot.press("home", "c")
        assert [m.text for m in app.heard if isinstance(m, LogView.CopyRequested)] == [
            "本語 text\n" + "x" * 20 + "y",
            "日本語 text",
        ], "the keyboard's line once the cursor moves"


async def test_dragging_stops_following_so_that_the_text_stays_under_the_pointer() -> None:
    async with running() as (app, pilot):
        app.view.extend([f"line {n}" for n in range(50)])
        await until(pilot, lambda: rows(app)[-1] == "line 49")
        await pilot.mouse_down(LogScroll, offset=(0, 1))
        await pilot.hover(LogScroll, offset=(3, 1))
        assert not app.view.following
        app.view.extend(["more"])
        await until(pilot, lambda: "1 new line" in note(app))
        assert rows(app)[0] == "line 40"
        await pilot.mouse_up(LogScroll, offset=(3, 1))


async def test_wrapping_shows_all_of_a_line_and_keeps_the_place() -> None:
    async with running(size=(20, 6)) as (app, pilot):
        app.view.extend(["a" * 45, "日本語" * 7, "", "end"])
        await until(pilot, lambda: rows(app)[0].startswith("aaa"))
        await pilot.press("w")
        await pilot.pause()
        app.view.query_one(LogScroll).scroll_to(y=0, animate=False)
        await pilot.pause()
        width = app.view.query_one(LogScroll).scrollable_content_region.width
        shown = rows(app)
        assert [len(row) for row in shown[:3]] == [width, width, 45 - 2 * width]
        assert all(cell_len(row) <= width for row in shown)
        await pilot.press("end")
        await pilot.pause()
        tail = rows(app)
        assert tail[-1] == "end"
        assert tail[-2] == ""
        assert "".join(shown[3:] + tail).count("語") >= 7
        await pilot.press("w")
        await pilot.pause()
        assert rows(app)[3] == "end"


async def test_long_lines_are_reached_sideways() -> None:
    async with running(size=(20, 6)) as (app, pilot):
        app.view.extend(["0123456789" * 4])
        await until(pilot, lambda: rows(app)[0].startswith("0123456789"))
        await pilot.press("right")
        assert rows(app)[0].startswith("89012345")
        await pilot.press("left")
        assert rows(app)[0].startswith("01234567")


async def test_lost_lines_are_said_and_clear_begins_anew() -> None:
    async with running() as (app, pilot):
        app.view.extend(["before"])
        app.view.lost(1200)
        app.view.extend(["after"])
        await until(pilot, lambda: rows(app)[:3] == ["before", "… 1,200 lines are missing here …", "after"])
        app.view.clear()
        await pilot.pause()
        assert app.view.line_count == 0
        assert rows(app)[0] == ""
        await pilot.press("up", "enter", "c", "slash", "n", "pageup", "w")
        assert app.heard == []
        app.view.extend(["anew"])
        await until(pilot, lambda: rows(app)[0] == "anew")


async def test_lines_that_come_before_it_is_on_the_screen_are_shown() -> None:
    app = LogApp()
    app.view.extend(["early"])
    async with app.run_test(size=(40, 10)) as pilot:
        await until(pilot, lambda: rows(app)[0] == "early")


async def test_toggle_follow_stays_even_when_all_lines_are_in_view() -> None:
    async with running() as (app, pilot):
        app.view.extend(["one", "two"])
        await until(pilot, lambda: rows(app)[1] == "two")
        app.view.toggle_follow()
        assert not app.view.following
        app.view.extend([f"line {n}" for n in range(30)])
        await until(pilot, lambda: "30 new lines" in note(app))
        assert rows(app)[0] == "one"
        app.view.toggle_follow()
        await pilot.pause()
        assert rows(app)[-1] == "line 29"


async def test_a_resize_storm_leaves_the_end_in_view() -> None:
    async with running() as (app, pilot):
        app.view.extend([f"line {n} " + "x" * 100 for n in range(500)])
        await pilot.press("w")
        for size in ((1, 1), (200, 50), (3, 2), (80, 24)):
            await pilot.resize_terminal(*size)
        await pilot.pause()
        assert Offset(0, 0) != app.view.query_one(LogScroll).scroll_offset
        assert "line 499" in " ".join(rows(app)[-3:])


def test_rows_and_lines_agree_whatever_comes() -> None:
    random.seed(7)
    words = ["", "x", "short", "y" * 33, "日本語テキスト" * 3, "\x1b[1;31mred\x1b[0m and more " * 3, "a\tb"]
    for width in (0, 1, 7, 20):
        lines, all_lines = LogLines(50), 0
        lines.wrap(width)
        for _ in range(60):
            new = random.choices(words, k=random.choice((0, 1, 3, 20, 70)))
            if not lines.rows:
                new = new or ["x"]
            below = lines.rows
            fallen = lines.extend(new)
            all_lines += len(new)
            assert lines.end == all_lines
            assert len(lines) == min(50, all_lines)
            assert fallen <= below
            at = [lines.at_row(row) for row in range(lines.rows)]
            assert [n for n, part in at if part == 0] == list(range(lines.first, lines.end))
            assert all(lines.row_of(n) == row for row, (n, part) in enumerate(at) if part == 0)
            for number in range(lines.first, lines.end):
                parts = [lines.part(n, part) for n, part in at if n == number]
                assert "".join(lines.plain(number)[a:b] for a, b in parts) == lines.plain(number)


def test_rows_that_fall_off_are_counted() -> None:
    lines = LogLines(3)
    lines.wrap(5)
    assert lines.extend(["x" * 12, "y", "z"]) == 0
    assert lines.extend(["new"]) == 3
    assert lines.extend(["a", "b", "c", "d"]) == 3
    assert [lines[n] for n in range(lines.first, lines.end)] == ["b", "c", "d"]


def test_tab_stops_are_counted_in_cells_without_colours() -> None:
    lines = LogLines()
    lines.extend(["a\tb", "\x1b[31m日本\x1b[0m\tb", "\t|"])
    assert [lines.plain(n) for n in range(3)] == ["a       b", "日本    b", "        |"]
