"""The mirror: a first sync of 2,000 files, one changed file to the other side, one edit back.

Between two folders of this computer: what the mirror itself takes. The way to E2B comes on top.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.services.sandbox.folder_remote import FolderRemote
from vibe_tui.services.sandbox.live_mirror import LiveMirror
from vibe_tui.services.sandbox.local_tree import LocalTree
from vibe_tui.services.sandbox.manifest import Manifest
from vibe_tui.services.sandbox.mirror import Mirror
from vibe_tui.services.working_tree import WorkingTree

FILES = 2_000
ROUNDS = 40


def seen(file: Path, text: str) -> None:
    """Return as soon as the file holds the text."""
    until = time.perf_counter() + 10
    while not file.exists() or file.read_text() != text:
        if time.perf_counter() > until:
            raise TimeoutError(file)
        time.sleep(0.002)


async def measure(root: Path) -> None:
    here, there = root / "here", root / "there"
    there.mkdir()
    for number in range(FILES):
        file = here / f"app/part{number % 40}/file{number}.tsx"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"export const value{number} = {number};\n" * 40)
    local, remote = LocalTree(WorkingTree(here)), FolderRemote(there)
    manifest = Manifest(root / "mirror.json")
    manifest.load("benchmark")
    mirror = Mirror(local, remote, manifest, lambda event: None)
    began = time.perf_counter()
    await mirror.sync()
    first = time.perf_counter() - began
    began = time.perf_counter()
    await mirror.sync()
    nothing = time.perf_counter() - began
    live = LiveMirror(mirror, local, remote, lambda problem: print(problem.message))
    await live.start()
    await asyncio.sleep(1.0)  # its first full sync is not what is measured
    there_in, here_in = [], []
    for number in range(ROUNDS):
        path = f"app/part{number % 40}/file{number}.tsx"
        began = time.perf_counter()
        (here / path).write_text(f"here {number}")
        await asyncio.to_thread(seen, there / path, f"here {number}")
        there_in.append(time.perf_counter() - began)
        began = time.perf_counter()
        (there / path).write_text(f"there {number}")
        await asyncio.to_thread(seen, here / path, f"there {number}")
        here_in.append(time.perf_counter() - began)
    await live.stop()
    print(f"first sync of {FILES:,} files      {first:7.2f} s    (limit 10 s)")
    print(f"sync with nothing to do        {nothing * 1000:7.0f} ms")
    for title, times, limit in (
        ("changed here, seen there", there_in, "300 ms"),
        ("changed there, seen here", here_in, "1 s"),
    ):
        p95 = statistics.quantiles(times, n=20)[-1]
        middle = statistics.median(times)
        print(f"{title}   median {middle * 1000:4.0f} ms   p95 {p95 * 1000:4.0f} ms   (limit {limit})")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))
