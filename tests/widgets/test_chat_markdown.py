"""Markdown as the chat shows it: the same in pieces as in one, and nothing in it but text."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual import on
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.pilot import Pilot

from vibe_tui.widgets.chat.markdown import MarkdownView
from vibe_tui.widgets.chat.markdown.document import LONGEST, Document
from vibe_tui.widgets.chat.markdown.rows import Rows
from vibe_tui.widgets.chat.messages import CopyRequested

WHOLE = """\
# Adding **messages**

Text with `code`, [a link](https://docs.convex.dev/a), <https://x.y> and ![a logo](logo.png).
A second line.

1. First
   ```ts
   const inside = 1;
   ```
2. Second

   - nested **bold** ~~gone~~
   - two

> quoted text
> - with a list

| Column | What |
|---|---|
| body | the text of the message, which is long enough to be wrapped in its cell |
| author | `v.id("users")` |

````tsx
export default function App() {
\treturn <Text>```</Text>;

}
````
---
Setext
===

~~~
not closed
"""


def shown(*pieces: str, width: int = 60) -> tuple[list[str], list[str]]:
    """The rows, and the code blocks, after all pieces came one by one."""
    document, rows = Document(), Rows(width)
    for piece in pieces:
        document.append(piece)
        rows.take(document.blocks, document.open)
    document.end()
    rows.take(document.blocks, document.open)
    return [f"{row.prefix}{row.text}".rstrip() for row in rows.rows], [code.text for code in rows.codes]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 24, 100])
def test_pieces_of_any_size_give_what_the_whole_gives(size: int) -> None:
    pieces = [WHOLE[at : at + size] for at in range(0, len(WHOLE), size)]
    assert shown(*pieces) == shown(WHOLE)


def test_what_is_shown() -> None:
    rows, codes = shown(WHOLE)
    assert rows[:6] == [
        "Adding messages",
        "",
        "Text with code, a link (https://docs.convex.dev/a),",
        "https://x.y and [a logo] (logo.png).",
        "A second line.",
        "",
    ]
    assert "1. First" in rows and "   • two" in rows and "▌ • with a list" in rows
    assert codes == [
        "const inside = 1;\n",
        "export default function App() {\n\treturn <Text>```</Text>;\n\n}\n",
        "not closed\n",
    ]
    table = rows[rows.index(next(row for row in rows if row.startswith("Column"))) :]
    assert [row.split("│")[0].strip() for row in table[2:5]] == ["body", "", "author"]
    assert max(map(len, rows)) <= 60


def test_a_table_without_room_is_a_list() -> None:
    rows, _ = shown("|a|b|c|\n|-|-|-|\n|one long text|two|three|\n", width=18)
    assert rows == ["a: one long text", "b: two", "c: three"]


def test_finished_blocks_are_not_parsed_again() -> None:
    document = Document()
    document.append("one\n\ntwo\n\n```ts\n")
    first, second, code = document.blocks
    for n in range(300):
        document.append(f"line {n}\n")
    document.append("```\n\nlast")
    assert document.blocks[0] is first and document.blocks[1] is second and document.blocks[2] is code


def test_a_long_block_costs_no_more_than_its_length() -> None:
    document = Document()
    began = time.process_time()
    for _ in range(4_000):
        document.append("word " * 10)
    document.end()
    assert time.process_time() - began < 15, "200 kB in one line"
    assert len(document.blocks) >= 200_000 // LONGEST // 2


@pytest.mark.parametrize(
    ("hostile", "expected"),
    [
        ("a &#x202E; b &#27;]0;x &shy;c", "a  b �]0;x c"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](<https://a.b/\u202e>)", "x (https://a.b/%E2%80%AE)"),
        ("<script>x</script> <b onclick=y>z</b>", "<script>x</script> <b onclick=y>z</b>"),
        ("[@click=app.quit]x[/] [/nope]", "[@click=app.quit]x[/] [/nope]"),
        ("`[bold]`", "[bold]"),
    ],
)
def test_hostile_text_stays_text(hostile: str, expected: str) -> None:
    assert shown(hostile)[0] == [expected]


def test_the_language_of_a_code_block_is_one_word_and_visible() -> None:
    rows, _ = shown("```ts\u202ex\u200b evil\ncode\n```\n")
    assert rows[0] == "ts<U+202E>x<U+200B>"


class ViewApp(App[None]):
    def __init__(self, view: MarkdownView) -> None:
        super().__init__()
        self.view = view
        self.copied: list[str] = []

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield self.view

    @on(CopyRequested)
    def copy(self, event: CopyRequested) -> None:
        self.copied.append(event.text)


@asynccontextmanager
async def running(view: MarkdownView) -> AsyncIterator[tuple[ViewApp, Pilot[None]]]:
    app = ViewApp(view)
    async with app.run_test(size=(60, 30)) as pilot:
        yield app, pilot


async def wait_for(pilot: Pilot[None], view: MarkdownView, text: str) -> None:
    end = time.monotonic() + 5
    while text not in painted(view):
        assert time.monotonic() < end, painted(view)
        await pilot.pause(0.02)


def painted(view: MarkdownView) -> str:
    return "\n".join(view.render_line(y).text.rstrip() for y in range(view.size.height))


async def test_a_stream_is_painted_while_it_comes() -> None:
    async with running(MarkdownView()) as (app, pilot):
        view = app.view
        for piece in ("Some **bo", "ld** text\n\n```t", "s\nconst a = 1;\n"):
            view.write(piece)
        await wait_for(pilot, view, "const a = 1;")
        assert "Some bold text" in painted(view)
        view.write("``")
        view.write("`\nafter")
        view.end()
        await wait_for(pilot, view, "after")
        assert "``" not in painted(view)
        assert view.source == "Some **bold** text\n\n```ts\nconst a = 1;\n```\nafter"


async def test_the_whole_may_differ_from_the_pieces() -> None:
    async with running(MarkdownView()) as (app, pilot):
        app.view.write("The key is abc")
        await wait_for(pilot, app.view, "abc")
        app.view.become("The key is ***")
        await wait_for(pilot, app.view, "The key is ***")
        assert "abc" not in painted(app.view)


async def test_a_message_and_its_code_blocks_are_copied_exactly() -> None:
    text = "Look:\n\n```ts\nconst a = 1;\n\tb();\n```\n\n```\nsecond\n```\n"
    async with running(MarkdownView(text)) as (app, pilot):
        await pilot.pause()
        app.view.focus()
        await pilot.press("c", "1", "2", "3")
        assert app.copied == [text, "const a = 1;\n\tb();\n", "second\n"]
        await pilot.click(app.view, offset=(54, 2))
        assert app.copied[3:] == ["const a = 1;\n\tb();\n"]
        await pilot.click(app.view, offset=(20, 0))
        assert len(app.copied) == 4


async def test_a_long_text_is_shown_bit_by_bit_and_whole_in_the_end() -> None:
    text = "".join(f"Paragraph {n} with words.\n\n" for n in range(1_500))
    async with running(MarkdownView(text)) as (app, pilot):
        await pilot.pause()
        assert "Paragraph 3 with" in painted(app.view)
        end = time.monotonic() + 10
        while "Paragraph 1499 with" not in painted(app.view):
            assert time.monotonic() < end
            await pilot.pause(0.05)
        assert app.view.source == text
