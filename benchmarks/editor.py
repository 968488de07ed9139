"""How long opening a file and a key in it take, by the file's length.

Headless at 120x40. Run: .venv/bin/python benchmarks/editor.py
"""

from __future__ import annotations

import asyncio
import statistics
import time

from textual import events
from textual.app import App, ComposeResult
from textual.strip import Strip

from vibe_tui.widgets.code_area import CodeArea
from vibe_tui.widgets.code_editor import CodeEditor

KEYS = 60
UNIT = """// A function that was written {n} times.
export const list{n} = query({{
  args: {{ channel: v.id("channels"), limit: v.optional(v.number()) }},
  handler: async (ctx, args) => {{
    const found = await ctx.db.query("messages").withIndex("by_channel").take(args.limit ?? 50);
    return found.map((m) => ({{ ...m, body: `${{m.author}}: ${{m.body}}` }}));
  }},
}});
function helper{n}(a: number, b: string): Array<string> {{
  return a > 3 ? [b] : [];
}}
"""

painted = 0.0


class Bench(App[None]):
    def compose(self) -> ComposeResult:
        yield CodeEditor()


def stamp_paints() -> None:
    """Note when a line of text was painted last."""
    render_line = CodeArea.render_line

    def stamped(area: CodeArea, y: int) -> Strip:
        global painted
        strip = render_line(area, y)
        painted = time.perf_counter()
        return strip

    CodeArea.render_line = stamped  # type: ignore[method-assign]


async def measure(lines: int) -> None:
    text = "".join(UNIT.format(n=n) for n in range(lines // 11))
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        editor = app.query_one(CodeEditor)
        began = time.perf_counter()
        editor.open("convex/messages.ts", text, line=lines // 2)
        editor.focus()
        await pilot.pause()
        opened = (time.perf_counter() - began) * 1000
        await app.workers.wait_for_complete()
        await pilot.pause()
        coloured = (time.perf_counter() - began) * 1000
        area = app.query_one(CodeArea)
        took = []
        for _ in range(KEYS):
            await asyncio.sleep(0.01)
            before, began = area.document.get_line(area.cursor_location[0]), time.perf_counter()
            app.post_message(events.Key("x", "x"))
            while painted < began or area.document.get_line(area.cursor_location[0]) == before:  # noqa: ASYNC110
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            took.append((painted - began) * 1000)
    took.sort()
    print(
        f"{lines:6} lines: open {opened:5.0f} ms  colours after {coloured:5.0f} ms"
        f"  key p50 {statistics.median(took):5.1f}  p95 {took[-KEYS // 20]:5.1f} ms"
        f"{'' if area.is_coloured else '  (too large for colours)'}"
    )


async def main() -> None:
    stamp_paints()
    for lines in (100, 500, 1_000, 1_999, 10_000):
        await measure(lines)


if __name__ == "__main__":
    asyncio.run(main())
