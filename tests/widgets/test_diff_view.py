"""The diff view, in a running app."""

from __future__ import annotations

from textual.app import App, ComposeResult

from vibe_tui.widgets.diff_view import ROWS, DiffView, lines_of

DIFF = """--- a/convex/schema.ts
+++ b/convex/schema.ts
@@ -1,3 +1,4 @@
 import { defineSchema } from "convex/server";
+import { v } from "convex/values";
-export default defineSchema({});
+export default defineSchema({ hidden: "a\u202eb" });
 // end
@@ -90,2 +91 @@
--- a comment of Lua, removed
 last
\\ No newline at end of file"""


class DiffApp(App[None]):
    def __init__(self, diff: str) -> None:
        super().__init__()
        self.view = DiffView(diff)

    def compose(self) -> ComposeResult:
        yield self.view

    def rows(self) -> list[str]:
        return [self.view.render_line(y).text.rstrip() for y in range(self.view.size.height)]


async def test_numbers_signs_gaps_and_hidden_characters() -> None:
    app = DiffApp(DIFF)
    async with app.run_test(size=(80, 24)):
        assert app.rows() == [
            ' 1   import { defineSchema } from "convex/server";',
            ' 2 + import { v } from "convex/values";',
            " 2 - export default defineSchema({});",
            ' 3 + export default defineSchema({ hidden: "a<U+202E>b" });',
            " 4   // end",
            "     ⋯ 86 unchanged lines",
            "90 - -- a comment of Lua, removed",
            "91   last",
            "     no line end at the end of the file",
        ]


async def test_long_lines_are_folded_in_40_columns_and_follow_the_width() -> None:
    text = "const text = '日本語 and a long text that does not fit';"
    app = DiffApp(f"@@ -0,0 +1,2 @@\n+{text}\n+short")
    async with app.run_test(size=(40, 24)) as pilot:
        first, second, third = app.rows()
        assert first.startswith("1 + const") and second.startswith("    ")
        assert first[4:] + second[4:] == text
        assert third == "2 + short"
        assert {app.view.render_line(y).cell_length for y in range(3)} == {40}
        await pilot.resize_terminal(100, 24)
        await pilot.pause()
        assert app.rows() == [f"1 + {text}", "2 + short"]


async def test_collapsed_it_takes_no_room() -> None:
    app = DiffApp(DIFF)
    async with app.run_test(size=(80, 24)) as pilot:
        app.view.collapsed = True
        await pilot.pause()
        assert not app.view.display
        app.view.collapsed = False
        await pilot.pause()
        assert app.view.size.height == 9


async def test_added_and_removed_lines_have_their_ground_up_to_the_edge() -> None:
    app = DiffApp(DIFF)
    async with app.run_test(size=(80, 24)):
        grounds = []
        for y in (0, 1, 2):
            segments = list(app.view.render_line(y))
            assert len({s.style.bgcolor for s in segments if s.style is not None}) == 1
            grounds.append(segments[-1].style)
        assert len({style.bgcolor for style in grounds if style is not None}) == 3


def test_a_long_diff_is_cut_and_says_so() -> None:
    lines = lines_of(f"@@ -0,0 +1,{ROWS + 1200} @@\n" + "\n".join(["+x"] * (ROWS + 1200)))
    assert len(lines) == ROWS + 1
    assert lines[-1].text == "… and 1,200 more lines"


def test_whatever_is_no_diff_shows_no_lines() -> None:
    assert [line.text for line in lines_of("")] == ["No lines differ."]
    assert [line.text for line in lines_of("binary files differ")] == ["No lines differ."]
