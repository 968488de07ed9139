"""How long checkpoints take. Run: python benchmarks/checkpoints.py

A turn waits for `take`, so that counts most: the first one ever reads every file, later ones read what
changed. `git` is the peer: `git add -A` and `git commit` of the same files in a repository of its own.
"""

from __future__ import annotations

import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from vibe_tui.services.checkpoints import Checkpoints
from vibe_tui.services.working_tree import WorkingTree

SIZES = (50, 2_000)
CHANGED = 5
ROUNDS = 30
LIMITS = {"first take": 1_000.0, "take, 5 files changed": 200.0}
"""Milliseconds, for 2,000 files."""


def fill(app: Path, files: int) -> None:
    noise = random.Random(1)  # noqa: S311 - the same files every time
    words = [f"word{number}" for number in range(500)]
    for number in range(files):
        file = app / f"folder{number % 40}" / f"deeper{number % 7}" / f"file{number}.ts"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(" ".join(noise.choices(words, k=9)) for _ in range(60)))
    (app / ".gitignore").write_text("node_modules\n.env*.local\ndist/\n*.log\n")


def milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1_000


def change(app: Path, round: int) -> None:
    for number in range(CHANGED):
        (app / f"folder{number}" / f"deeper{number}" / f"file{number}.ts").write_text(f"round {round}\n" * 60)


def ours(app: Path, home: Path) -> dict[str, float]:
    checkpoints = Checkpoints(home / "checkpoints", WorkingTree(app))
    measured = {"first take": milliseconds(lambda: checkpoints.take("first"))}
    id = checkpoints.all()[0].id
    time.sleep(2.5)  # files that changed a moment ago are read again, and few projects consist of such
    checkpoints.take("reads every file again")
    takes, tidies = [], []
    for round in range(ROUNDS):
        change(app, round)
        takes.append(milliseconds(lambda: checkpoints.take("again")))
        tidies.append(milliseconds(checkpoints.tidy))
    measured[f"take, {CHANGED} files changed"] = statistics.median(takes)
    measured["the slowest of those"] = max(takes)
    measured["tidy, the slowest"] = max(tidies)
    measured["all"] = milliseconds(checkpoints.all)
    measured["diff"] = milliseconds(lambda: checkpoints.diff(id))
    measured["restore"] = milliseconds(lambda: checkpoints.restore(id))
    return measured


def git(app: Path, home: Path) -> dict[str, float]:
    command = ["git", f"--git-dir={home / 'git'}", f"--work-tree={app}"]
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.invalid"]

    def commit() -> None:
        subprocess.run([*command, "add", "-A"], check=True)
        subprocess.run([*command, *identity, "commit", "-qm", "x"], check=True)

    subprocess.run([*command, "init", "-q"], check=True)
    measured = {"first take": milliseconds(commit)}
    takes = []
    for round in range(5):
        change(app, round + 100)
        takes.append(milliseconds(commit))
    return measured | {f"take, {CHANGED} files changed": statistics.median(takes)}


def main() -> None:
    import dulwich.index
    import dulwich.object_store  # noqa: F401 - importing it is told apart from the work

    print(f"{'files':>6}  {'':<24}{'ours ms':>10}{'git ms':>10}")
    for files in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            app = Path(folder) / "app"
            fill(app, files)
            found = ours(app, Path(folder) / "home")
            peer = git(app, Path(folder)) if shutil.which("git") else {}
        for what, took in found.items():
            other = f"{peer[what]:10.1f}" if what in peer else ""
            late = "  too slow" if files == SIZES[-1] and took > LIMITS.get(what, took) else ""
            print(f"{files:>6}  {what:<24}{took:>10.1f}{other}{late}")


if __name__ == "__main__":
    main()
