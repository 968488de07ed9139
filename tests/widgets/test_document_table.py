from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from vibe_tui.theme import DARK
from vibe_tui.widgets.document_table import DocumentTable
from vibe_tui.widgets.document_table_columns import Cell, Row

PAGE = 100


def row(number: int, **more: str) -> Row:
    cells = {"_id": Cell(f"id{number}", "id"), "n": Cell(str(number), "number")}
    cells |= {name: Cell(text, "text") for name, text in more.items()}
    return Row(f"id{number}", {**cells, "_creationTime": Cell("2026-01-01 00:00:00", "time")})


class Page(App[None]):
    """Answers as a presenter would: a page more at a time, and only the rows around those wanted."""

    CSS = "Screen { layers: base; } DocumentTable { width: 1fr; height: 1fr; }"

    def __init__(self, count: int, make: Callable[[int], Row] = row) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.table = DocumentTable()
        self.count = count
        self.make = make
        self.known = 0
        self.chosen: list[tuple[str, str]] = []
        self.most_held = 0
        self.asked: list[tuple[int, int]] = []
        self.silent = False

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.answer(0, 1)

    def on_document_table_rows_wanted(self, event: DocumentTable.RowsWanted) -> None:
        self.asked.append((event.first, event.end))
        if not self.silent:
            self.answer(event.first, event.end)

    def answer(self, first: int, end: int) -> None:
        if end > self.known:
            self.known = min(self.count, self.known + PAGE)
        begin, stop = first // PAGE * PAGE, min(self.known, -(-end // PAGE) * PAGE)
        rows = [self.make(number) for number in range(begin, stop)]
        self.most_held = max(self.most_held, len(rows))
        self.table.show(begin, rows, self.known, more=self.known < self.count)

    def on_document_table_chosen(self, event: DocumentTable.Chosen) -> None:
        self.chosen.append((event.row.id, event.field))

    @property
    def lines(self) -> list[str]:
        return [
            "".join(segment.text for segment in strip) for strip in self.screen._compositor.render_strips()
        ]


@asynccontextmanager
async def table_of(
    count: int, make: Callable[[int], Row] = row, *, size: tuple[int, int] = (60, 11)
) -> AsyncIterator[tuple[Page, Pilot[None]]]:
    app = Page(count, make)
    async with app.run_test(size=size) as pilot:
        app.table.focus()
        await pilot.pause()
        yield app, pilot


def numbers(app: Page) -> list[int]:
    return [int(line.split("│")[1]) for line in app.lines[1:] if line.count("│") >= 2]


async def test_it_scrolls_through_all_rows_both_ways_and_holds_a_few_pages() -> None:
    async with table_of(600, size=(60, 51)) as (app, pilot):
        assert numbers(app) == list(range(50))
        seen = set(numbers(app))
        while app.table.cursor[0] < 599:
            await pilot.press("pagedown")
            seen |= set(numbers(app))
        assert seen == set(range(600))
        seen -= set(numbers(app))
        while app.table.cursor[0] > 0:
            await pilot.press("pageup")
            seen -= set(numbers(app))
        assert not seen
        assert numbers(app) == list(range(50))
        assert app.most_held <= 3 * PAGE


async def test_home_end_and_the_wheel() -> None:
    async with table_of(250) as (app, pilot):
        await pilot.press("end")
        assert numbers(app)[-1] == 99, "the last row that is known"
        await pilot.press("end", "end")
        assert numbers(app)[-1] == 249
        await pilot.press("home")
        assert numbers(app)[0] == 0
        for _ in range(5):
            app.table.scroll_down(animate=False, force=True)
        await pilot.pause()
        assert numbers(app)[0] == 5
        assert app.table.cursor == (0, 0), "the wheel does not move the cursor"


async def test_rows_that_are_not_here_are_asked_for_and_shown_as_missing_meanwhile() -> None:
    async with table_of(500) as (app, pilot):
        app.silent = True
        app.table.show(0, [row(0)], 500, more=False)
        app.table.scroll_to(y=300, animate=False, force=True)
        await pilot.pause()
        assert app.lines[1].split() == ["…"]
        assert app.asked[-1][0] <= 300 and app.asked[-1][1] >= 310
        app.table.show(290, [row(number) for number in range(290, 330)], 500, more=False)
        await pilot.pause()
        assert numbers(app) == list(range(300, 310))


async def test_the_header_stays_and_the_cursor_brings_its_column_into_view() -> None:
    async with table_of(50, lambda n: row(n, body="x" * 40, note="far right")) as (app, pilot):
        assert app.lines[0].split("│")[0].split() == ["_id"]
        await pilot.press("pagedown", "pagedown", "down")
        assert "_id" in app.lines[0]
        await pilot.press(*["right"] * 3)
        assert app.table.current_field == "note"
        assert "note" in app.lines[0] and "far right" in app.lines[1]
        await pilot.press(*["left"] * 9)
        assert app.table.current_field == "_id" and "_id" in app.lines[0]


async def test_ids_come_first_times_last_and_new_fields_between() -> None:
    async with table_of(150, lambda n: row(n, **({"late": "x"} if n > 120 else {}))) as (app, pilot):
        assert app.table.columns.names == ["_id", "n", "_creationTime"]
        await pilot.press("end", "end")
        assert app.table.columns.names == ["_id", "n", "late", "_creationTime"]


@pytest.mark.parametrize("text", ["界" * 60, "e\u0301" * 90], ids=["wide", "combining"])
async def test_wide_and_combining_characters_stay_in_their_column(text: str) -> None:
    async with table_of(5, lambda n: row(n, body=text), size=(120, 10)) as (app, _):
        edges = {tuple(_cells_before_edges(line)) for line in app.lines[:6]}
        assert len(edges) == 1, app.lines
        assert "…" in app.lines[1]


def _cells_before_edges(line: str) -> list[int]:
    from rich.cells import cell_len

    parts = line.split("│")[:-1]
    return [cell_len(part) for part in parts]


async def test_columns_are_resized_with_keys_and_by_dragging_their_edge() -> None:
    async with table_of(5, lambda n: row(n, body="x" * 60), size=(120, 10)) as (app, pilot):
        await pilot.press("right", "right")
        assert app.table.current_field == "body"
        before = app.table.columns.width(2)
        app.table.widen(4)
        assert app.table.columns.width(2) == before + 4
        app.table.widen(-500)
        assert app.table.columns.width(2) == 3
        edge = 2 + app.table.columns.start(3) - 1
        assert app.lines[0][edge] == "│"
        await pilot.mouse_down(app.table, offset=(edge, 0))
        await pilot.hover(app.table, offset=(edge + 12, 0))
        await pilot.mouse_up(app.table, offset=(edge + 12, 0))
        assert app.table.columns.width(2) == 15
        assert app.lines[1].split("│")[2].strip() == "x" * 14 + "…"


async def test_enter_and_a_double_click_choose_a_row() -> None:
    async with table_of(50) as (app, pilot):
        await pilot.press("down", "right", "enter")
        assert app.chosen == [("id1", "n")]
        await pilot.click(app.table, offset=(3, 5))
        assert (app.table.cursor[0], app.chosen) == (4, [("id1", "n")])
        await pilot.click(app.table, offset=(3, 5), times=2)
        assert app.chosen[-1] == ("id4", "_id")


async def test_marks_stay_with_their_rows_and_go_with_another_table() -> None:
    async with table_of(50) as (app, pilot):
        app.table.toggle_mark()
        app.table.toggle_mark()
        await pilot.pause()
        assert (list(app.table.marked), app.table.cursor[0]) == (["id0", "id1"], 2)
        assert [line[0] for line in app.lines[1:4]] == ["●", "●", " "]
        app.table.go_to(0)
        app.table.toggle_mark()
        assert list(app.table.marked) == ["id1"]
        app.table.reset()
        assert not app.table.marked and app.table.cursor == (0, 0)


async def test_the_cursor_stays_on_its_document_when_others_come_before_it() -> None:
    async with table_of(50) as (app, pilot):
        await pilot.press("down", "down", "down")
        rows = [row(100), row(101), *(row(number) for number in range(50))]
        app.table.show(0, rows, 52, more=False)
        await pilot.pause()
        assert app.table.current is not None and app.table.current.id == "id3"
        app.table.show(0, [], 0, more=False)
        await pilot.pause()
        assert app.table.current is None
        await pilot.press("down", "enter", "end", "left")
        assert not app.chosen
