"""How fast the page starts, answers keys and rests, in a real terminal, against a minimal Textual app.

The minimal app runs in turns with the page, so a busy machine slows both; trust the ratios.
Linux only (/proc). Run: make bench, or .venv/bin/python benchmarks/page.py [pairs of starts]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from support.pty_screen import PtyScreen

HERE = Path(__file__).parent
MINIMAL = [sys.executable, str(HERE / "support" / "minimal_app.py")]
VIBE = str(Path(sys.executable).with_name("vibe-tui"))
PAGE_IS_THERE = ("my-app", "Connect", "package.json", "Ask for a change", "Quit")
READY = "Convex: "  # the status bar, once the services are loaded
CONNECTED = "Convex: emulator"
KEYS = 60
LINES_A_SECOND = 5_000
# Stands in for the Convex CLI: with a file called `flood` beside it, it prints for 15 seconds.
CONVEX = """
const fs = require("fs"), path = require("path");
const done = () => console.log("✔ Convex functions ready! (0.1s)");
if (!fs.existsSync(path.join(__dirname, "flood"))) done();
else {
  const began = Date.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor((Date.now() - began) * RATE / 1000);
    let text = "";
    for (; sent < due; sent++)
      text += `\\x1b[32m✔\\x1b[39m \\x1b[90m12:04:11\\x1b[39m GET /api/messages/${sent} answered 200\\n`;
    process.stdout.write(text);
    if (Date.now() - began > 15000) { clearInterval(timer); done(); }
  }, 10);
}
""".replace("RATE", str(LINES_A_SECOND))


class Bench:
    """A project in a folder of its own."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.app = scratch / "my-app"
        # Without cached byte code, which nobody runs the program without, compiling would be measured.
        dropped = {"PYTHONDONTWRITEBYTECODE", "TMUX", "NO_COLOR", "CI"}
        self.env = {key: value for key, value in os.environ.items() if key not in dropped}
        self.env["VIBE_TUI_HOME"] = str(scratch / "home")
        self.run("new", "my-app", "--dir", str(self.app))
        (self.app / "long.ts").write_text(
            "".join(f'export const value{n} = {{ id: {n}, name: "entry {n}" }};\n' for n in range(5_000))
        )

    def run(self, *arguments: str) -> None:
        subprocess.run(
            [VIBE, *arguments], env=self.env, cwd=self.scratch, stdout=subprocess.DEVNULL, check=True
        )

    def connect(self) -> None:
        """To the emulator, with a stand-in for the Convex CLI."""
        self.run("connect", "--project", "my-app", "--approve")
        (self.app / "node_modules").unlink(missing_ok=True)
        self.convex = self.app / "node_modules" / "convex" / "bin"
        self.convex.mkdir(parents=True)
        (self.convex / "main.js").write_text(CONVEX)
        (self.convex.parent / "package.json").write_text('{"name": "convex", "version": "1.48.0"}')

    @contextmanager
    def page(self, *, settled: bool = True) -> Iterator[PtyScreen]:
        with PtyScreen([VIBE, str(self.app)], self.env, self.scratch) as screen:
            screen.wait(screen.shows(*PAGE_IS_THERE))
            if settled:
                screen.wait(lambda: screen.shows(READY)() and not screen.shows("opening")())
                screen.be_quiet(1.0)
            yield screen

    @contextmanager
    def minimal(self, *arguments: str) -> Iterator[PtyScreen]:
        with PtyScreen([*MINIMAL, *arguments], self.env, self.scratch) as screen:
            screen.wait(screen.shows("minimal app", "Nothing but a text", "palette"))
            screen.be_quiet(1.0)
            yield screen


def starts(bench: Bench, pairs: int) -> tuple[list[float], list[float]]:
    """Milliseconds to the whole page, and to the whole minimal app, pair by pair."""
    page, minimal = [], []
    for _ in range(pairs + 1):  # the first pair warms the caches and does not count
        for argv, there, times in (
            ([VIBE, str(bench.app)], PAGE_IS_THERE, page),
            (MINIMAL, ("minimal app", "Nothing but a text", "palette"), minimal),
        ):
            with PtyScreen(argv, bench.env, bench.scratch) as screen:
                times.append((screen.wait(screen.shows(*there)) - screen.started) * 1000)
                screen.be_quiet(0.5)
    return page[1:], minimal[1:]


def rest(screen: PtyScreen, seconds: float = 10.0) -> tuple[int, float]:
    """Bytes written and percent of a CPU used while nobody does anything."""
    before, cpu = screen.received, screen.cpu_seconds()
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        screen.pump(left)
    return screen.received - before, (screen.cpu_seconds() - cpu) / seconds * 100


def typed(screen: PtyScreen, count: int = KEYS, pause: float = 0.08) -> list[float]:
    """Milliseconds from each typed letter to the screen that shows the text with it."""
    text, times = "", []
    for number in range(count):
        text += "qzxjvkwqzx"[number % 10]  # in no word of the page
        sent = screen.send(text[-1].encode())
        times.append((screen.wait(screen.shows(text)) - sent) * 1000)
        if len(text) == 20:
            screen.send(b"\x7f" * len(text))
            screen.wait(lambda text=text: not screen.shows(text[:2])())
            text = ""
        end = time.perf_counter() + pause
        while (left := end - time.perf_counter()) > 0:
            screen.pump(left)
    return times


def moved(screen: PtyScreen, keys: bytes, count: int = KEYS) -> list[float]:
    """Milliseconds from a key, each of `keys` in turns, to the first bytes that answer it."""
    times = []
    parts = keys.split(b" ")
    for number in range(count):
        screen.be_quiet(0.06)
        before = screen.received
        sent = screen.send(parts[number % len(parts)])
        times.append((screen.wait(lambda before=before: screen.received > before) - sent) * 1000)
    return times


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def row(what: str, value: str, goal: str, met: bool) -> None:
    print(f"{what:46} {value:>34}   {goal:22} {'met' if met else 'MISSED'}", flush=True)


def keys_row(what: str, times: list[float], minimal: float, *, limit: float | None = None) -> None:
    worst = p95(times)
    value = f"p50 {median(times):5.1f}  p95 {worst:6.1f} ms  {worst / minimal:5.1f}x"
    if limit is None:
        row(what, value, f"p95 <= 3 x {minimal:.1f} ms", worst <= 3 * minimal)
    else:
        row(what, value, f"p95 <= {limit:.0f} ms", worst <= limit)


def rest_rows(what: str, screen: PtyScreen) -> None:
    written, cpu = rest(screen)
    row(f"{what}: written in 10 s", f"{written} bytes", "0 bytes", written == 0)
    row(f"{what}: CPU", f"{cpu:.1f} %", "< 1 %", cpu < 1)


def main(pairs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        try:
            page, minimal = starts(bench, pairs)
            ratio = median(a / b for a, b in zip(page, minimal, strict=True))
            value = f"{median(page):.0f} ms / {median(minimal):.0f} ms, pairs {ratio:.2f}x"
            row(f"start to the whole page ({pairs} pairs)", value, "<= 2.2 x minimal", ratio <= 2.2)
            with bench.page() as screen:
                rest_rows("at rest", screen)
                row("at rest: PSS", f"{screen.pss_mb():.1f} MB", "<= 55 MB", screen.pss_mb() <= 55)
            with bench.minimal("input") as screen:
                screen.send(b"\t")
                screen.be_quiet(0.5)
                times = typed(screen)
                floor = p95(times)
                print(f"the minimal app with a field: p50 {median(times):.1f}  p95 {floor:.1f} ms")
            with bench.page(settled=False) as screen:
                keys_row("typing while the services load", typed(screen, 20, 0.02), floor, limit=100)
            with bench.page() as screen:
                keys_row("typing a prompt", typed(screen), floor)
                screen.send(b"\x1bOQ")
                screen.be_quiet(0.5)
                keys_row("moving in the file tree", moved(screen, b"\x1b[B \x1b[A"), floor)
            with bench.page() as screen:
                open_long_file(screen)
                keys_row("typing in a file of 5,000 lines", typed(screen), floor)
            under_way(bench, floor)
        finally:
            bench.run("emulator", "stop")


def open_long_file(screen: PtyScreen) -> None:
    screen.send(b"\x1bOQ")
    screen.be_quiet(0.3)
    for _ in range(20):
        screen.send(b"\x1b[B")  # past the end it stays at the last
    screen.be_quiet(0.3)
    names = [name.partition("│")[0].split() for name in screen.rows]
    files = [name[0] for name in names if name and name[0].endswith((".json", ".ts", ".md"))]
    for _ in range(len(files) - 1 - files.index("long.ts")):
        screen.send(b"\x1b[A")
    screen.send(b"\r")
    screen.wait(screen.shows("export const value3 "))
    screen.be_quiet(0.5)
    for _ in range(3):  # an empty line to type on, in the middle of the first page
        screen.send(b"\x1b[B")
    screen.send(b"\r\x1b[A")
    screen.be_quiet(0.5)


def under_way(bench: Bench, floor: float) -> None:
    """With the dev server: at rest, and while its output streams."""
    bench.connect()
    with bench.page() as screen:
        screen.wait(screen.shows(CONNECTED))
        screen.send(b"\x1b[20~")
        screen.wait(screen.shows("functions ready!"))
        screen.be_quiet(7.0)  # the notice in the status bar goes by itself
        rest_rows("dev server running", screen)
        row("dev server running: PSS", f"{screen.pss_mb():.1f} MB", "(no goal)", True)
        (bench.convex / "flood").touch()
        screen.send(b"\x1b[18~")
        screen.wait(screen.shows("/api/messages/"))
        times = typed(screen, KEYS, 0.1)
        if not screen.shows("/api/messages/")() or screen.shows("functions ready!")():
            print("The stream ended before the keys did.")
        keys_row(f"typing, {LINES_A_SECOND:,} log lines/s", times, floor, limit=100)
        screen.wait(screen.shows("functions ready!"))
        screen.be_quiet(1.0)
        screen.send(b"\x1bOS")
        screen.be_quiet(0.5)
        keys_row("scrolling the log", moved(screen, b"\x1b[5~ \x1b[6~"), floor)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
