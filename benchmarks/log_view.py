"""How many lines a second the log view takes, and how long a key takes meanwhile.

Headless at 120x40: the work of the app without that of a terminal.
Run: .venv/bin/python benchmarks/log_view.py
"""

from __future__ import annotations

import asyncio
import statistics
import time

from textual import events
from textual.app import App, ComposeResult
from textual.strip import Strip
from textual.widgets import Input

from vibe_tui.widgets.log_view import LogView

LINE = "\x1b[32m✔\x1b[39m \x1b[90m12:04:11\x1b[39m GET /api/messages/{} answered 200 in \x1b[36m12 ms\x1b[39m"
KEYS = 100


class TimedInput(Input):
    painted = 0.0

    def render_line(self, y: int) -> Strip:
        self.painted = time.perf_counter()
        return super().render_line(y)


class Bench(App[None]):
    CSS = "LogView { height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield TimedInput()
        yield LogView()

    async def key(self) -> float:
        """Milliseconds from a key until its character is painted."""
        field = self.query_one(TimedInput)
        began = time.perf_counter()
        self.post_message(events.Key("x", "x"))
        while field.painted < began or field.value == "":  # noqa: ASYNC110
            await asyncio.sleep(0)
        took = (field.painted - began) * 1000
        field.value = ""
        return took


async def throughput(batch: int, total: int = 100_000) -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        view = app.query_one(LogView)
        lines = [LINE.format(n) for n in range(total)]
        began = time.perf_counter()
        for start in range(0, total, batch):
            view.extend(lines[start : start + batch])
            await asyncio.sleep(0)
        assert view.line_count == total
        await pilot.pause()
        took = time.perf_counter() - began
    print(f"batches of {batch:5}: {total / took:9,.0f} lines/s")


async def keys_under_load(per_second: int, *, looking_back: bool = False) -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        view = app.query_one(LogView)
        view.extend([LINE.format(n) for n in range(1_000)])
        await pilot.pause()
        if looking_back:
            view.toggle_follow()
        app.query_one(TimedInput).focus()
        stop = asyncio.Event()

        async def load() -> None:
            began, sent = time.perf_counter(), 0
            while not stop.is_set():
                due = int((time.perf_counter() - began) * per_second)
                view.extend([LINE.format(n) for n in range(sent, due)])
                sent = due
                await asyncio.sleep(0.01)

        task = asyncio.create_task(load())
        cpu, began = time.process_time(), time.perf_counter()
        took = []
        for _ in range(KEYS):
            await asyncio.sleep(0.031)
            took.append(await app.key())
        cpu = (time.process_time() - cpu) / (time.perf_counter() - began) * 100
        stop.set()
        await task
    took.sort()
    name = f"{per_second:6} lines/s" + (" looking back" if looking_back else "")
    p50, p95 = statistics.median(took), took[-KEYS // 20]
    print(f"{name:28}: key p50 {p50:5.1f}  p95 {p95:5.1f} ms  CPU {cpu:3.0f} % (with the waiting for keys)")


async def main() -> None:
    for batch in (1, 20, 200, 2_000):
        await throughput(batch)
    for per_second in (0, 500, 5_000, 50_000):
        await keys_under_load(per_second)
    await keys_under_load(5_000, looking_back=True)


if __name__ == "__main__":
    asyncio.run(main())
