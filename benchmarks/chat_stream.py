"""How long a key in the prompt takes as a chat grows, and what a turn costs.

Headless at 120x40. Run: .venv/bin/python benchmarks/chat_stream.py
"""

from __future__ import annotations

import asyncio
import statistics
import time

from textual import events
from textual.app import App, ComposeResult
from textual.strip import Strip

from vibe_tui.widgets.chat import ChatPanel
from vibe_tui.widgets.chat.composer import Composer

KEYS = 60
DIFF = "@@ -0,0 +1,40 @@\n" + "\n".join(f'+  field{n}: v.optional(v.string()), // "{n}"' for n in range(40))
painted = 0.0


class Bench(App[None]):
    CSS = "ChatPanel { width: 50; }"

    def compose(self) -> ComposeResult:
        yield ChatPanel()


def stamp_paints() -> None:
    """Note when a line of the prompt was painted last."""
    render_line = Composer.render_line

    def stamped(composer: Composer, y: int) -> Strip:
        global painted
        strip = render_line(composer, y)
        painted = time.perf_counter()
        return strip

    Composer.render_line = stamped  # type: ignore[method-assign]


def add_turn(chat: ChatPanel, n: int) -> None:
    chat.add_prompt(f"Add table number {n} with title and text")
    chat.add_text("This is what I would do. " * 6)
    chat.add_plan(f"Add table {n}", ["convex/schema.ts: a table", "an index"], ["a note"], ask=False)
    chat.add_file("convex/schema.ts", 40, 0, DIFF, False)
    chat.deploying()
    chat.deployed(1.9)
    chat.ended("done")


async def measure(turns: int) -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        chat = app.query_one(ChatPanel)
        began = time.perf_counter()
        for n in range(turns):
            add_turn(chat, n)
            await pilot.pause()
        per_turn = (time.perf_counter() - began) * 1000 / max(1, turns)
        chat.focus()
        await pilot.pause()
        composer = app.query_one(Composer)
        took = []
        for _ in range(KEYS):
            await asyncio.sleep(0.01)
            before, began = composer.text, time.perf_counter()
            app.post_message(events.Key("x", "x"))
            while painted < began or composer.text == before:  # noqa: ASYNC110
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            took.append((painted - began) * 1000)
    took.sort()
    print(
        f"{turns:5} turns: {per_turn:5.0f} ms a turn (settled)"
        f"  key p50 {statistics.median(took):5.1f}  p95 {took[-KEYS // 20]:5.1f} ms"
    )


async def main() -> None:
    stamp_paints()
    for turns in (0, 10, 60, 400):
        await measure(turns)


if __name__ == "__main__":
    asyncio.run(main())
