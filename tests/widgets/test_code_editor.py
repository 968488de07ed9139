"""The editor through its door, in a running app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Static

from vibe_tui.widgets import syntax
from vibe_tui.widgets.code_area import CodeArea
from vibe_tui.widgets.code_editor import CodeEditor
from vibe_tui.widgets.code_notice import CodeNotice
from vibe_tui.widgets.code_tabs import CLOSE, CodeTabs, Tab, titles
from vibe_tui.widgets.preview import Preview

TSX = """import { useQuery } from "convex/react";

export default function List({ limit = 50 }: Props) {
  // all of them
  return <Text key="a">{`hello ${limit}`}</Text>;
}
"""


class EditorApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.editor = CodeEditor({"Preview": Preview("The preview comes later.")})
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.editor

    def on_code_editor_save_requested(self, message: Message) -> None:
        self.heard.append(message)

    on_code_editor_close_requested = on_code_editor_save_requested
    on_code_editor_tab_closed = on_code_editor_save_requested
    on_code_editor_modified_changed = on_code_editor_save_requested
    on_code_editor_conflict_answered = on_code_editor_save_requested

    def of(self, kind: type[Message]) -> list[Message]:
        return [message for message in self.heard if type(message) is kind]


@asynccontextmanager
async def running(size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[EditorApp, Pilot[None]]]:
    app = EditorApp()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def area(app: EditorApp) -> CodeArea:
    (shown,) = [widget for widget in app.query(CodeArea) if widget.display]
    return shown


def tabs(app: EditorApp) -> str:
    return app.query_one(CodeTabs).render().plain


def notice(app: EditorApp) -> str:
    widget = app.query_one(CodeNotice)
    return str(widget.query_one(Static).content) if widget.display else ""


async def test_empty_says_what_to_do_and_pages_have_tabs() -> None:
    async with running() as (app, pilot):
        assert "No file is open" in str(app.query_one("#none", Static).content)
        await pilot.click(CodeTabs, offset=(3, 0))
        assert app.editor.active == "Preview"
        assert app.query_one(Preview).display and not app.query_one("#none").display
        app.query_one(Preview).show("It needs \x1b[2Ja phone.")
        assert str(app.query_one(Preview).content) == "It needs a phone."


async def test_open_shows_the_text_at_the_line() -> None:
    async with running() as (app, pilot):
        app.editor.open("app/list.tsx", TSX, line=3)
        app.editor.focus()
        await pilot.pause()
        assert area(app).text == TSX
        assert area(app).cursor_location == (2, 0)
        assert area(app).has_focus
        assert "list.tsx" in tabs(app)
        app.editor.open("app/list.tsx", TSX, line=99)
        await pilot.pause()
        assert app.editor.paths == ("app/list.tsx",)
        assert area(app).cursor_location == (6, 0)


async def test_typing_marks_the_tab_and_saving_unmarks_it() -> None:
    async with running() as (app, pilot):
        app.editor.open("a.ts", "const a = 1;\n")
        app.editor.focus()
        await pilot.press("x")
        assert app.of(CodeEditor.ModifiedChanged) == [CodeEditor.ModifiedChanged(app.editor, "a.ts", True)]
        assert "a.ts ●" in tabs(app)
        assert app.editor.modified() == ("a.ts",)
        app.editor.save()
        await pilot.press("y")
        assert app.of(CodeEditor.SaveRequested) == [
            CodeEditor.SaveRequested(app.editor, "a.ts", "xconst a = 1;\n")
        ]
        app.editor.saved("a.ts")
        assert app.editor.modified() == ("a.ts",), "it was edited after it was sent"
        await pilot.press("backspace")
        assert app.editor.modified() == ()
        assert "●" not in tabs(app)


async def test_undo_back_to_what_is_on_disk_is_not_modified() -> None:
    async with running() as (app, pilot):
        app.editor.open("a.ts", "const a = 1;\n")
        app.editor.focus()
        await pilot.press("x", "ctrl+z")
        assert [m.modified for m in app.heard if isinstance(m, CodeEditor.ModifiedChanged)] == [True, False]


async def test_reload_keeps_the_cursor_and_can_be_undone() -> None:
    async with running() as (app, pilot):
        text = "".join(f"line {n}\n" for n in range(50))
        app.editor.open("a.ts", text)
        area(app).move_cursor((30, 4))
        app.editor.reload("a.ts", text.replace("line 3\n", "line 3\nnew\nnewer\n"))
        await pilot.pause()
        assert area(app).cursor_location == (32, 4)
        assert area(app).text.count("\n") == 52
        assert app.editor.modified() == ()
        area(app).undo()
        await pilot.pause()
        assert area(app).text == text
        assert app.editor.modified() == ("a.ts",)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "a\n"),
        ("a\n", ""),
        ("a\nb\nc", "a\nb"),
        ("a\nb", "a\nb\nc"),
        ("a\nb\n", "a\nb\nc\n"),
        ("a\nb\nc\n", "c\n"),
        ("a\nb\nc\n", "x\n"),
        ("a\r\nb\r\n", "a\r\nc\r\nb\r\n"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("x\nx\nx\n", "x\nx\n"),
        ("a", "b"),
    ],
)
async def test_reload_makes_exactly_the_text_on_disk(before: str, after: str) -> None:
    async with running() as (app, pilot):
        app.editor.open("a.txt", before)
        app.editor.reload("a.txt", after)
        await pilot.pause()
        assert area(app).text == after
        assert app.editor.modified() == ()


async def test_changed_here_and_on_disk_asks_whose_text_is_right() -> None:
    async with running() as (app, pilot):
        app.editor.open("a.ts", "one\n")
        app.editor.focus()
        await pilot.press("x")
        app.editor.reload("a.ts", "two\n")
        await pilot.pause()
        assert area(app).text == "xone\n"
        assert "changed on disk" in notice(app)
        app.editor.save()
        await pilot.pause()
        assert app.of(CodeEditor.SaveRequested) == [], "not before it is decided"
        await pilot.click("#mine")
        assert app.of(CodeEditor.ConflictAnswered) == [
            CodeEditor.ConflictAnswered(app.editor, "a.ts", "mine")
        ]
        assert notice(app) == ""
        app.editor.save()
        app.editor.saved("a.ts")
        await pilot.pause()
        assert app.editor.modified() == ()
        await pilot.press("y")
        app.editor.reload("a.ts", "three\n")
        await pilot.pause()
        app.query_one("#theirs").focus()
        await pilot.press("enter")
        assert area(app).text == "three\n"
        assert app.editor.modified() == ()
        assert area(app).has_focus


async def test_our_own_write_seen_on_disk_is_no_conflict() -> None:
    async with running() as (app, pilot):
        app.editor.open("a.ts", "one\n")
        app.editor.focus()
        await pilot.press("x")
        app.editor.save()
        await pilot.press("y")
        app.editor.reload("a.ts", "xone\n")
        await pilot.pause()
        assert notice(app) == ""
        app.editor.saved("a.ts")
        assert area(app).text == "xyone\n"


async def test_closing_an_edited_file_asks_first() -> None:
    async with running() as (app, pilot):
        app.editor.open("a.ts", "one\n")
        app.editor.open("b.ts", "two\n")
        app.editor.focus()
        await pilot.press("x")
        app.editor.close("b.ts")
        await pilot.pause()
        assert app.of(CodeEditor.CloseRequested) == [CodeEditor.CloseRequested(app.editor, "b.ts")]
        assert app.editor.paths == ("a.ts", "b.ts")
        app.editor.close("b.ts", discard=True)
        await pilot.pause()
        assert app.of(CodeEditor.TabClosed) == [CodeEditor.TabClosed(app.editor, "b.ts")]
        assert app.editor.active == "Preview"
        app.editor.show("a.ts")
        app.editor.close("a.ts")
        await pilot.pause()
        assert app.editor.paths == ()
        assert len(app.query(CodeArea)) == 0


async def test_tabs_by_mouse_and_by_key() -> None:
    async with running() as (app, pilot):
        for name in ("a.ts", "b.ts"):
            app.editor.open(name, "text\n")
        await pilot.pause()
        assert tabs(app).startswith(f" a.ts {CLOSE} b.ts {CLOSE} Preview ")
        await pilot.click(CodeTabs, offset=(2, 0))
        assert app.editor.active == "a.ts"
        app.query_one(CodeTabs).focus()
        await pilot.press("right")
        assert app.editor.active == "b.ts"
        await pilot.press("left", "left")
        assert app.editor.active == "Preview"
        await pilot.press("x")
        assert app.editor.active == "Preview", "a page cannot be closed"
        app.editor.show_next()
        await pilot.press("enter")
        assert area(app).has_focus
        await pilot.click(CodeTabs, offset=(tabs(app).index(CLOSE), 0))
        assert app.editor.paths == ("b.ts",)


async def test_the_active_tab_is_in_view_among_many() -> None:
    async with running(size=(40, 10)) as (app, pilot):
        for n in range(20):
            app.editor.open(f"file{n}.ts", "text\n")
        await pilot.pause()
        assert "file19.ts" in tabs(app) and tabs(app).startswith("<")
        app.editor.show("file7.ts")
        await pilot.pause()
        assert "file7.ts" in tabs(app)
        assert len(tabs(app)) == 40
        await pilot.click(CodeTabs, offset=(tabs(app).index("file7") + 1, 0))
        assert app.editor.active == "file7.ts"


def test_titles_tell_files_of_one_name_apart_and_hide_nothing() -> None:
    assert titles(
        [Tab("a/index.tsx"), Tab("b/index.tsx"), Tab("x\u202ey.ts"), Tab("Preview", is_page=True)]
    ) == [
        "a/index.tsx",
        "b/index.tsx",
        "x<U+202E>y.ts",
        "Preview",
    ]


async def test_colours_come_for_tsx_and_follow_edits() -> None:
    async with running() as (app, pilot):
        app.editor.open("app/list.tsx", TSX)
        app.editor.focus()
        await app.workers.wait_for_complete()
        await pilot.pause()

        def coloured(row: int) -> dict[str, object]:
            text = area(app).get_line(row)
            return {text.plain[s.start : s.end]: s.style for s in text.spans}

        keyword = area(app).get_component_rich_style("code--keyword").color
        assert {"import", "from", '"convex/react"'} <= coloured(0).keys()
        assert getattr(coloured(0)["import"], "color", None) == keyword
        assert {"export", "default", "function", "List", "50", "Props"} <= coloured(2).keys()
        assert "// all of them" in coloured(3)
        assert {"return", "Text", "hello "} <= coloured(4).keys()
        area(app).move_cursor((0, 0))
        await pilot.press("/", "/")
        assert list(coloured(0)) == [area(app).document.get_line(0)], "all of it is a comment now"
        await pilot.press("ctrl+z")
        assert {"import", "from"} <= coloured(0).keys()


async def test_colours_are_at_the_right_characters_after_wide_ones() -> None:
    async with running() as (app, pilot):
        app.editor.open("a.ts", 'const 日本 = "ü"; // 語\n')
        await app.workers.wait_for_complete()
        await pilot.pause()
        text = area(app).get_line(0)
        assert {text.plain[s.start : s.end] for s in text.spans} == {"const", '"ü"', "// 語"}


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("a.json", '{ "key": [1, true, "text"] }', {'"key"', "1", "true", '"text"'}),
        ("README.md", "# Title\n", {"# Title"}),
        ("a.mjs", "export const a = 1", {"export", "const", "1"}),
    ],
)
async def test_other_languages_are_coloured(path: str, text: str, found: set[str]) -> None:
    async with running() as (app, pilot):
        app.editor.open(path, text)
        await app.workers.wait_for_complete()
        await pilot.pause()
        line = area(app).get_line(0)
        assert found <= {line.plain[s.start : s.end] for s in line.spans}


async def test_large_files_have_no_colours_and_say_so() -> None:
    async with running() as (app, pilot):
        app.editor.open("big.ts", "const a = 1;\n" * 2_001)
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert area(app).get_line(0).spans == []
        assert "large: no colours" in tabs(app)


async def test_secrets_are_masked_and_cannot_be_edited() -> None:
    text = (
        "# a comment\n#OLD_KEY=hunter1\nexport CONVEX_DEPLOY_KEY='hunter2\n# hunter3\nhunter4'\n"
        'A="hunter5"\nEMPTY=\nhunter6\n\n'
    )
    async with running() as (app, pilot):
        app.editor.open(".env.local", text)
        app.editor.focus()
        await pilot.press("x")
        app.editor.save()
        await pilot.pause()
        assert "hunter" not in area(app).text
        assert area(app).text.split("\n")[0] == "# a comment"
        assert "EMPTY=\n" in area(app).text
        assert app.heard == []
        assert "values are hidden" in notice(app)
        assert "read-only" in tabs(app)
        app.editor.reload(".env.local", "B=hunter7\n")
        await pilot.pause()
        assert area(app).text == "B=********\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb\n", "a<U+202E>b\n"),
        ("a\x1b]52;c;AAAA\x07\n", "a<U+001B>]52;c;AAAA<U+0007>\n"),
        ("a\u2028b\x0cc\n\ttab\n", "a<U+2028>b<U+000C>c\n\ttab\n"),
        ("a\r\nb\nc\r\n", "a\nb\nc\n"),
        ("a\rb\n", "a<U+000D>b\n"),
    ],
)
async def test_text_that_the_editor_would_change_is_read_only(text: str, shown: str) -> None:
    async with running() as (app, pilot):
        app.editor.open("a.ts", text)
        app.editor.focus()
        await pilot.press("x")
        assert area(app).text == shown
        assert "Read-only" in notice(app)
        assert app.editor.modified() == ()


async def test_a_byte_order_mark_and_windows_line_ends_survive() -> None:
    async with running() as (app, pilot):
        app.editor.open("a.ts", "\ufeffone\r\ntwo\r\n")
        app.editor.focus()
        await pilot.press("x", "enter")
        app.editor.save()
        await pilot.pause()
        (message,) = app.of(CodeEditor.SaveRequested)
        assert isinstance(message, CodeEditor.SaveRequested)
        assert message.text == "\ufeffx\r\none\r\ntwo\r\n"
        app.editor.saved("a.ts")
        assert app.editor.modified() == ()


async def test_enter_keeps_the_indentation() -> None:
    async with running() as (app, pilot):
        app.editor.open("a.ts", "  if (a) {\n")
        app.editor.focus()
        await pilot.press("end", "enter", "b")
        assert area(app).text == "  if (a) {\n  b\n"


async def test_problems_are_marked_said_and_cleared() -> None:
    async with running() as (app, pilot):
        app.editor.show_problem("a.ts", 2, "Cannot find [name] \x1b[2J'x'.")
        app.editor.open("a.ts", "one\ntwo\nthree\n")
        await pilot.pause()
        assert notice(app) == "✗ Line 2: Cannot find [name] 'x'."
        assert any(
            span.style.underline for span in area(app).get_line(1).spans if not isinstance(span.style, str)
        )
        assert area(app).get_line(0).spans == []
        app.editor.show_problem("a.ts", 3, "Another one.")
        area(app).move_cursor((2, 0))
        await pilot.pause()
        assert notice(app) == "✗ Line 3: Another one."
        app.editor.clear_problems()
        await pilot.pause()
        assert notice(app) == ""
        assert area(app).get_line(1).spans == []


def test_only_what_changed_is_parsed_again_and_the_result_is_the_same() -> None:
    grammar, query = syntax.load("typescript")
    lines = [f'const name{n} = "text"; // {n} ü' for n in range(300)]
    followed = syntax.Syntax(grammar, query)
    followed.update(lines)
    for row, line in ((0, "/*"), (150, "*/ let x = `a"), (150, ""), (299, "}"), (0, "const a = 'b';")):
        lines = [*lines[:row], line, *lines[row + 1 :]]
        followed.update(lines)
        fresh = syntax.Syntax(grammar, query)
        fresh.update(lines)
        assert [followed.row(n) for n in range(300)] == [fresh.row(n) for n in range(300)]
