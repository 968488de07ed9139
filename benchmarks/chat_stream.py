"""How long a key in the prompt takes as a chat grows, and what streaming costs.

Headless at 120x40; keys are measured in turns with the minimal app's, so trust the ratios.
Run: .venv/bin/python benchmarks/chat_stream.py
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from typing import Any

from support.minimal_app import MinimalApp
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from vibe_tui.widgets.chat import ChatPanel
from vibe_tui.widgets.chat.composer import Composer

KEYS = 60
SIZE = (120, 40)
DIFF = "@@ -0,0 +1,40 @@\n" + "\n".join(f'+  field{n}: v.optional(v.string()), // "{n}"' for n in range(40))
PARAGRAPH = "Some text with `code` in it and **bold** words, as a model writes it about [a file](a.ts).\n\n"
FENCE = "```ts\n" + "export const value = { id: 1, name: 'entry' };\n" * 900 + "```\n"
PIECE = 24
painted = 0.0


class Bench(App[None]):
    CSS = "ChatPanel { width: 50; }"

    def compose(self) -> ComposeResult:
        yield ChatPanel()


def stamp_paints(kind: type[Widget]) -> None:
    """Note when a line of such a field was painted last."""
    render_line = kind.render_line

    def stamped(widget: Widget, y: int) -> Strip:
        global painted
        strip = render_line(widget, y)
        painted = time.perf_counter()
        return strip

    kind.render_line = stamped  # type: ignore[method-assign]


@contextmanager
def loop_time() -> Iterator[list[float]]:
    """Seconds of the loop that are not spent waiting, and the longest stretch of them."""
    spent: list[float] = [0.0, 0.0]
    run = asyncio.events.Handle._run  # type: ignore[attr-defined]

    def timed(handle: Any) -> None:
        began = time.perf_counter()
        run(handle)
        took = time.perf_counter() - began
        spent[0] += took
        spent[1] = max(spent[1], took)

    asyncio.events.Handle._run = timed  # type: ignore[attr-defined]
    try:
        yield spent
    finally:
        asyncio.events.Handle._run = run  # type: ignore[attr-defined]


async def keys(app: App[Any], text: Callable[[], str]) -> list[float]:
    """Milliseconds from a key to the paint of the field that has it."""
    took = []
    for _ in range(KEYS):
        await asyncio.sleep(0.01)
        before, began = text(), time.perf_counter()
        app.post_message(events.Key("x", "x"))
        while painted < began or text() == before:  # noqa: ASYNC110
            await asyncio.sleep(0)
        took.append((painted - began) * 1000)
    return took


async def minimal() -> float:
    """The p95 of the minimal app."""
    app = MinimalApp(with_input=True)
    async with app.run_test(size=SIZE) as pilot:
        field = app.query_one(Input)
        field.focus()
        await pilot.pause()
        took = await keys(app, lambda: field.value)
    return quantiles(took, n=20)[-1]


def say(what: str, took: list[float], floor: float) -> None:
    worst = quantiles(took, n=20)[-1]
    met = "met" if worst <= 10 * floor else "MISSED"
    value = f"p50 {median(took):5.1f}  p95 {worst:5.1f} ms  {worst / floor:4.1f}x"
    print(f"{what:46} {value:>36}   p95 <= 10 x {floor:.1f} ms   {met}", flush=True)


async def typed_after(what: str, fill: Callable[[ChatPanel, Pilot[None]], Any]) -> None:
    gc.collect()
    floor = await minimal()
    app = Bench()
    async with app.run_test(size=SIZE) as pilot:
        chat = app.query_one(ChatPanel)
        began = time.perf_counter()
        await fill(chat, pilot)
        await pilot.pause()
        filled = time.perf_counter() - began
        chat.focus()
        await pilot.pause()
        composer = app.query_one(Composer)
        took = await keys(app, lambda: composer.text)
        app.exit()
    say(f"{what} ({filled:.1f} s to fill)", took, floor)


async def add_turns(turns: int, chat: ChatPanel, pilot: Pilot[None]) -> None:
    for n in range(turns):
        chat.add_prompt(f"Add table number {n} with title and text")
        chat.add_answer(PARAGRAPH * 2)
        chat.tool_ended(f"{n}.1", True, "Read convex/schema.ts")
        chat.add_file("convex/schema.ts", 40, 0, DIFF, False)
        chat.deployed(1.9)
        chat.ended("done")
        await pilot.pause()


async def add_long_answer(chat: ChatPanel, pilot: Pilot[None]) -> None:
    text = (PARAGRAPH * 20 + FENCE[:2_000] + "\n```\n\n") * 300
    text = text[:1_000_000]
    for at in range(0, len(text), 4_000):
        chat.stream(text[at : at + 4_000])
        await asyncio.sleep(0)
    chat.stream_ended(text)
    while len(chat.last_answer) < len(text) or chat.query("MarkdownView").first()._waiting:  # type: ignore[attr-defined]
        await pilot.pause(0.1)


async def stream_fence(seconds: float) -> None:
    """The fence in small pieces, evenly over so many seconds."""
    app = Bench()
    async with app.run_test(size=SIZE) as pilot:
        chat = app.query_one(ChatPanel)
        await pilot.pause()
        pieces = [FENCE[at : at + PIECE] for at in range(0, len(FENCE), PIECE)]
        with loop_time() as spent:
            began = time.perf_counter()
            for number, piece in enumerate(pieces, 1):
                chat.stream(piece)
                await asyncio.sleep(max(0.0, began + seconds * number / len(pieces) - time.perf_counter()))
            chat.stream_ended(FENCE)
            await pilot.pause(0.5)
        assert chat.last_code == FENCE[len("```ts\n") : -len("```\n")]
    met = "met" if spent[0] < 3 else "MISSED"
    what = f"{len(FENCE) // 1000} kB of code in {len(pieces):,} pieces over {seconds:g} s"
    value = f"loop {spent[0]:.2f} s, longest {spent[1] * 1000:.0f} ms"
    print(f"{what:46} {value:>36}   < 3 s               {met}", flush=True)


async def main() -> None:
    stamp_paints(Composer)
    stamp_paints(Input)
    for seconds in (0, 4, 12):
        await stream_fence(seconds)
    for turns in (1, 40, 400):  # five messages each
        await typed_after(f"{turns * 5:,} messages", lambda chat, pilot, n=turns: add_turns(n, chat, pilot))
    await typed_after("an answer of 1 MB", add_long_answer)


if __name__ == "__main__":
    asyncio.run(main())
