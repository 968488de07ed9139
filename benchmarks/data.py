"""A table of 100,000 documents on the Backend screen: its first page, scrolling, and what is held of it.

The real page in a real terminal, on the real emulator, against the minimal app.
Linux only (/proc). Run: .venv/bin/python benchmarks/data.py [documents]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from statistics import median

from page import KEYS, Bench, keys_row, moved, p95, row, typed
from support.pty_screen import PtyScreen

from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.pager import DOCUMENTS_KEPT, Pager
from vibe_tui.services.convex.reach import reach
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
from vibe_tui.services.settings import Settings

TABLE = "messages"
AT_ONCE = 4_000
LOGS, DATA, BACK = b"3", b"1", b"\x1b"
OPEN = b"\x0c"  # Ctrl+L
PAGE_DOWN, PAGE_UP, END = b"\x1b[6~", b"\x1b[5~", b"\x1b[F"
TIMES = 15


def deployment(bench: Bench) -> AbstractAsyncContextManager[DeploymentApi]:
    """The emulated deployment of the project."""
    home = Home(bench.scratch / "home")
    project = Projects(home).find("my-app", bench.app)
    return reach(home, Settings(), project, on_line=print)


async def fill(bench: Bench, documents: int) -> None:
    async with deployment(bench) as api:
        for start in range(0, documents, AT_ONCE):
            await api.data.insert(
                TABLE,
                [
                    {"author": f"Ann {n % 97}", "body": f"note {n} " * 8, "stars": n % 5, "read": n % 3 == 0}
                    for n in range(start, min(documents, start + AT_ONCE))
                ],
            )


async def scroll(bench: Bench, documents: int) -> tuple[int, float, float]:
    """Through the whole table and back: most documents held, and milliseconds a window (median, p95)."""
    most, times = 0, []
    async with deployment(bench) as api:
        pager = Pager(api.data, TABLE)
        for first in [*range(0, documents, 40), *range(documents - 40, -1, -4_000)]:
            started = time.perf_counter()
            await pager.window(first, first + 80)
            times.append((time.perf_counter() - started) * 1000)
            most = max(most, pager.documents_kept)
    return most, median(times), p95(times)


def first_pages(screen: PtyScreen) -> tuple[list[float], list[float]]:
    """Milliseconds from Ctrl+L on the project page, and from `1` on another tab, to the first documents."""
    there = screen.shows(TABLE, "row 1 of", "note ", "Delete")
    opened, chosen = [], []
    for _ in range(TIMES):
        sent = screen.send(OPEN)
        opened.append((screen.wait(there) - sent) * 1000)
        screen.be_quiet(0.3)
        screen.send(LOGS)
        screen.wait(lambda: not screen.shows("row 1 of")())
        screen.be_quiet(0.3)
        sent = screen.send(DATA)
        chosen.append((screen.wait(there) - sent) * 1000)
        screen.be_quiet(0.3)
        screen.send(BACK)
        screen.wait(screen.shows("Ask for a change"))
        screen.be_quiet(0.3)
    return opened, chosen


def paged(screen: PtyScreen, key: bytes, count: int = KEYS) -> list[float]:
    """Milliseconds from a key to the row that the status then names."""
    times = []
    for _ in range(count):
        elsewhere = partial(_is_elsewhere, screen, _row(screen))
        sent = screen.send(key)
        times.append((screen.wait(elsewhere) - sent) * 1000)
        screen.be_quiet(0.03)
    return times


def _is_elsewhere(screen: PtyScreen, before: str) -> bool:
    return _row(screen) not in ("", before)


def _row(screen: PtyScreen) -> str:
    found = [line.partition("· row ")[2].partition(" of")[0] for line in screen.rows if "· row " in line]
    return found[0] if found else ""


def main() -> None:
    documents = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="vibe-data-bench-") as scratch:
        bench = Bench(Path(scratch))
        try:
            bench.connect()
            asyncio.run(fill(bench, documents))
            most, middle, worst = asyncio.run(scroll(bench, documents))
            with bench.minimal("input") as screen:
                minimal = typed(screen)
            with bench.page() as screen:
                opened, chosen = first_pages(screen)
                screen.send(OPEN)
                screen.wait(screen.shows("row 1 of", "note "))
                screen.be_quiet(0.5)
                screen.send(b"\r")
                before = screen.pss_mb()
                down = paged(screen, PAGE_DOWN)
                up = paged(screen, PAGE_UP)
                lines = moved(screen, b"\x1b[B \x1b[A")
                after = screen.pss_mb()
        finally:
            bench.run("emulator", "stop")
    print(f"A table of {documents:,} documents; the minimal app: p95 {p95(minimal):.1f} ms")
    for what, pages, goal in (
        ("choosing Data to its first page", chosen, 300),
        ("Ctrl+L on the project page to its first page", opened, 600),
    ):
        value = f"p50 {median(pages):.0f}  p95 {p95(pages):.0f} ms"
        row(what, value, f"p50 < {goal} ms", median(pages) < goal)
    keys_row("Page Down to its row", down, p95(minimal), limit=150)
    keys_row("Page Up to its row", up, p95(minimal), limit=150)
    keys_row("Down, Up to the first bytes", lines, p95(minimal))
    held = f"{most:,}, {middle:.1f} ms a window, p95 {worst:.1f}"
    row("documents held, whole table and back", held, f"<= {DOCUMENTS_KEPT}", most <= DOCUMENTS_KEPT)
    row("memory at the first page, after", f"{before:.0f} MB, {after:.0f} MB", "+ 10 MB", after - before < 10)


if __name__ == "__main__":
    main()
