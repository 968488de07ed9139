"""How the Backend screen's Logs tab answers keys while 1,000 executions a second come.

The real page in a real terminal, on a loopback stand-in for the deployment, against the minimal app.
Linux only (/proc). Run: .venv/bin/python benchmarks/deployment_logs.py [executions a second]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from page import HERE, KEYS, READY, VIBE, Bench, p95, row, typed
from support.log_server import NAME
from support.pty_screen import PtyScreen

LETTERS = NAME.partition(":")[2][:20]


@contextmanager
def log_server(rate: int) -> Iterator[str]:
    """Its address."""
    argv = [sys.executable, str(HERE / "support" / "log_server.py"), str(rate)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def connect(bench: Bench, url: str) -> None:
    subprocess.run(
        [VIBE, "connect", "--project", "my-app", "--with", "self-hosted", "--url", url],
        input="bench|0123456789abcdef\n",
        text=True,
        env=bench.env,
        cwd=bench.scratch,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def typed_in_row(screen: PtyScreen, beside: str, text: str, count: int = KEYS) -> list[float]:
    """Milliseconds from each letter to its being there, in the row that also has `beside`."""

    def has(shown: str) -> Callable[[], bool]:
        return lambda: any(shown in it and beside in it.replace(shown, "", 1) for it in screen.rows)

    times, there = [], ""
    for _ in range(count):
        if there == text:
            screen.send(b"\x7f" * len(there))
            screen.wait(lambda: not has(text[:1])())
            there = ""
        there += text[len(there)]
        sent = screen.send(there[-1].encode())
        times.append((screen.wait(has(there)) - sent) * 1000)
        pump(screen, 0.08)
    return times


def pump(screen: PtyScreen, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        screen.pump(left)


def keys_row(what: str, times: list[float], minimal: float) -> None:
    worst = p95(times)
    value = f"p50 {median(times):5.1f}  p95 {worst:6.1f} ms  {worst / minimal:5.1f}x"
    row(what, value, f"p95 <= 10 x {minimal:.1f} ms", worst <= 10 * minimal)


def minimal_keys(bench: Bench) -> list[float]:
    with bench.minimal("input") as screen:
        screen.send(b"\t")
        screen.be_quiet(0.5)
        return typed(screen)


def logs_keys(bench: Bench, rate: int) -> tuple[list[float], list[float]]:
    """Typing what to find, and typing which function, while the ring of lines is full and more come."""
    with bench.page(settled=False) as screen:
        screen.wait(lambda: screen.shows(READY)() and not screen.shows("opening")())
        screen.send(b"\x0c")
        screen.wait(screen.shows("Environment", "Health"))
        screen.send(b"3")
        screen.wait(screen.shows("Live", NAME))
        cpu, began = screen.cpu_seconds(), time.perf_counter()
        pump(screen, 12)
        used = (screen.cpu_seconds() - cpu) / (time.perf_counter() - began) * 100
        print(f"{rate:,} executions/s shown live: CPU {used:.0f} %, PSS {screen.pss_mb():.1f} MB")
        screen.send(b"k")
        screen.wait(screen.shows("End follows"))
        screen.send(b"/")
        screen.wait(screen.shows("Find in the log"))
        find = typed_in_row(screen, "End follows", "answered")
        screen.send(b"\x1b")
        pump(screen, 0.5)  # Esc and a letter at once would be Alt and that letter
        screen.send(b"G")
        screen.wait(lambda: not screen.shows("End follows")())
        screen.send(b"e")
        pump(screen, 0.5)
        choose = typed_in_row(screen, "All levels", LETTERS)
        if not screen.shows("Live")():
            print("It was not live any more.")
        return find, choose


def main(rate: int) -> None:
    with tempfile.TemporaryDirectory() as folder, log_server(rate) as url:
        bench = Bench(Path(folder))
        connect(bench, url)
        minimal = minimal_keys(bench)
        find, choose = logs_keys(bench, rate)
        minimal += minimal_keys(bench)  # before and after: the machine may be busy with something else
        keys_row("typing what to find", find, p95(minimal))
        keys_row("typing which function", choose, p95(minimal))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
