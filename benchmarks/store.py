"""Updates per second of our store against plain TinyDB. Run: python benchmarks/store.py

Plain TinyDB is the floor for speed and no alternative: it loses data (see tests/faults/test_store_*).
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tinydb import TinyDB

from vibe_tui.services.store import open_store

SECONDS = 0.7
PASSES = 3


def document(number: int) -> dict[str, object]:
    return {"number": number, "name": f"project {number}", "text": "x" * 140}


def plain(path: Path) -> TinyDB:
    return TinyDB(path)


def ours(path: Path) -> TinyDB:
    return open_store(path)


def rate(action: Callable[[int], object]) -> float:
    """Calls per second, the median of the passes."""
    rates = []
    for _ in range(PASSES):
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < SECONDS:
            action(count)
            count += 1
        rates.append(count / (time.perf_counter() - start))
    return statistics.median(rates)


def measure(open_it: Callable[[Path], TinyDB], folder: Path, size: int) -> tuple[float, float]:
    db = open_it(folder / f"{open_it.__name__}-{size}.json")
    db.insert_multiple(document(number) for number in range(size))
    updates = rate(lambda count: db.update({"count": count}, doc_ids=[1 + count % size]))
    reads = rate(lambda count: db.get(doc_id=1 + count % size))
    db.close()
    return updates, reads


def main() -> None:
    print(f"{'documents':>9}  {'store':<8} {'updates/s':>10} {'reads/s':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for size in (10, 1_000, 10_000):
            for open_it in (plain, ours):
                updates, reads = measure(open_it, Path(folder), size)
                print(f"{size:>9}  {open_it.__name__:<8} {updates:>10,.0f} {reads:>10,.0f}")


if __name__ == "__main__":
    main()
