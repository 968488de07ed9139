from __future__ import annotations

import time
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.screen import Screen

from vibe_tui.app import VibeApp
from vibe_tui.widgets.file_tree import Entry, FileTree

FOLDERS = {
    "": [
        Entry("app", True),
        Entry("convex", True),
        Entry("node_modules", True, True),
        Entry("App.tsx", False),
    ],
    "convex": [Entry("_generated", True, True), Entry("messages.ts", False), Entry("schema.ts", False)],
    "convex/_generated": [Entry("api.d.ts", False)],
}


class Page(Screen[None]):
    def __init__(self, folders: dict[str, list[Entry]] | None = None) -> None:
        super().__init__()
        self.folders = dict(FOLDERS if folders is None else folders)
        self.files = FileTree()
        self.opened: list[str] = []
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.files

    def on_file_tree_folder_opened(self, event: FileTree.FolderOpened) -> None:
        self.opened.append(event.path)
        self.files.show_folder(event.path, self.folders.get(event.path, []))

    def on_file_tree_file_chosen(self, event: FileTree.FileChosen) -> None:
        self.chosen.append(event.path)


def make(tmp_path: Path, page: Page) -> VibeApp:
    return VibeApp(lambda: page, crash_folder=tmp_path)


def rows(page: Page) -> list[str]:
    strips = page.app.screen._compositor.render_strips()
    lines = ["".join(segment.text for segment in strip).rstrip() for strip in strips]
    return [line for line in lines if line]


def under_cursor(page: Page) -> str:
    node = page.files.cursor_node
    assert node is not None and node.data is not None
    return node.data.path


async def test_folders_are_asked_for_when_they_are_opened(tmp_path: Path) -> None:
    page = Page()
    async with make(tmp_path, page).run_test() as pilot:
        assert page.opened == [""]
        assert rows(page) == ["▸ app", "▸ convex", "▸ node_modules", "  App.tsx"]
        await pilot.press("down", "right")
        await pilot.pause()
        assert page.opened == ["", "convex"]
        assert rows(page)[1:5] == ["▾ convex", "  ▸ _generated", "    messages.ts", "    schema.ts"]
        assert page.files.open_folders() == ["", "convex"]
        await pilot.press("left")
        await pilot.pause()
        assert rows(page)[1] == "▸ convex"
        assert page.files.open_folders() == [""]


async def test_a_file_is_chosen_with_enter_and_with_a_click(tmp_path: Path) -> None:
    page = Page()
    async with make(tmp_path, page).run_test() as pilot:
        await pilot.press("end", "enter")
        assert page.chosen == ["App.tsx"]
        await pilot.press("home", "down", "enter", "down", "down", "enter")
        assert page.chosen == ["App.tsx", "convex/messages.ts"]
        await pilot.click(FileTree, offset=(6, 4))
        assert page.chosen[2:] == ["convex/schema.ts"]


async def test_left_goes_to_the_folder_and_right_goes_into_it(tmp_path: Path) -> None:
    page = Page()
    async with make(tmp_path, page).run_test() as pilot:
        await pilot.press("down", "right", "right", "down")
        assert under_cursor(page) == "convex/messages.ts"
        await pilot.press("left")
        assert under_cursor(page) == "convex"


async def test_a_refresh_keeps_cursor_expansion_and_view(tmp_path: Path) -> None:
    names = [f"file{number:03}.ts" for number in range(200)]
    folders = {
        "": [Entry("convex", True), *(Entry(name, False) for name in names)],
        "convex": FOLDERS["convex"],
    }
    page = Page(folders)
    async with make(tmp_path, page).run_test(size=(40, 20)) as pilot:
        await pilot.press("right")
        page.files.move_cursor_to_line(100)
        await pilot.pause()
        cursor, shown = under_cursor(page), [row.split()[0] for row in rows(page)]
        new = [Entry("aaa", True), *folders[""], Entry("zzz.ts", False)]
        del new[5]  # above the view
        page.files.show_folder("", [*new[:2], Entry("bbb.ts", False), Entry("ccc.ts", False), *new[2:]])
        await pilot.pause()
        assert under_cursor(page) == cursor
        assert [row.split()[0] for row in rows(page)] == shown
        assert page.files.open_folders() == ["", "convex"]


async def test_the_cursor_moves_to_a_neighbour_when_its_row_goes(tmp_path: Path) -> None:
    page = Page()
    async with make(tmp_path, page).run_test() as pilot:
        await pilot.press("down", "right", "down", "down")
        assert under_cursor(page) == "convex/messages.ts"
        page.files.show_folder("convex", [FOLDERS["convex"][0], FOLDERS["convex"][2]])
        await pilot.pause()
        assert under_cursor(page) == "convex/schema.ts"
        page.files.show_folder("", [FOLDERS[""][0], FOLDERS[""][3]])  # with everything in convex
        await pilot.pause()
        assert under_cursor(page) == "App.tsx"
        page.files.show_folder("convex", FOLDERS["convex"])  # nobody has asked: it is not there any more
        page.files.show_folder("", [])
        await pilot.pause()
        assert rows(page) == []
        page.files.show_folder("", FOLDERS[""])
        await pilot.pause()
        assert rows(page)[0] == "▸ app"
        assert under_cursor(page) == "app"


async def test_a_file_that_becomes_a_folder_and_a_new_order_are_shown(tmp_path: Path) -> None:
    page = Page()
    async with make(tmp_path, page).run_test() as pilot:
        page.files.show_folder("", [Entry("App.tsx", True), Entry("convex", True), Entry("app", False)])
        await pilot.pause()
        assert rows(page) == ["▸ App.tsx", "▸ convex", "  app"]


async def test_changed_files_and_their_folders_are_marked(tmp_path: Path) -> None:
    page = Page()
    async with make(tmp_path, page).run_test() as pilot:
        page.files.mark(["convex/schema.ts"])
        await pilot.pause()
        assert rows(page)[:2] == ["▸ app", "▸ convex •"]
        await pilot.press("down", "right")
        await pilot.pause()
        assert rows(page)[4] == "    schema.ts •"
        page.files.mark(["App.tsx"])
        await pilot.pause()
        assert [line for line in rows(page) if "•" in line] == ["  App.tsx •"]


async def test_a_file_is_revealed_however_deep_it_is(tmp_path: Path) -> None:
    page = Page()
    async with make(tmp_path, page).run_test() as pilot:
        page.files.reveal("convex/_generated/api.d.ts")
        for _ in range(50):
            await pilot.pause()
            if under_cursor(page) == "convex/_generated/api.d.ts":
                return
        pytest.fail(under_cursor(page))


async def test_names_are_spelled_out_and_paths_are_left_alone(tmp_path: Path) -> None:
    names = ["a\x1b]52;c;QUJD\x07", "b\nc", "\u202etxt.exe", "[red]x[/red]", "\udcff", "long" * 60]
    page = Page({"": [Entry(name, False) for name in names]})
    async with make(tmp_path, page).run_test() as pilot:
        assert rows(page)[:5] == [
            "  a<U+001B>]52;c;QUJD<U+0007>",
            "  b<U+000A>c",
            "  <U+202E>txt.exe",
            "  [red]x[/red]",
            "  <U+DCFF>",
        ]
        await pilot.press("home", "enter", "end", "up", "enter")
        assert page.chosen == [names[0], names[4]]


async def test_ten_thousand_files_in_a_folder_stay_usable(tmp_path: Path) -> None:
    entries = [Entry(f"file{number:05}.ts", False) for number in range(10_000)]
    page = Page({"": entries})
    async with make(tmp_path, page).run_test() as pilot:
        began = time.perf_counter()
        page.files.show_folder("", [*entries[:5000], Entry("new.ts", False), *entries[5000:]])
        page.files.show_folder("", entries)
        await pilot.pause()
        assert time.perf_counter() - began < 2
        assert page.files.last_line == 9999
        await pilot.press("end")
        assert under_cursor(page) == "file09999.ts"
