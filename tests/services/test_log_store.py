"""Logs: a ring with cursors, a plain file, and no way to block or flood the event loop."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from vibe_tui.services import log_store
from vibe_tui.services.log_store import LogStore
from vibe_tui.services.secret import Secret


def texts(store: LogStore, cursor: int = 0, limit: int = 1_000_000) -> list[str]:
    return [line.text for line in store.read(cursor, limit)[0]]


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def test_readers_go_on_where_they_were() -> None:
    store = LogStore(None, keep=5)
    store.append(["a", "b", "c"])
    lines, cursor, lost = store.read(0, 2)
    assert [(line.number, line.text) for line in lines] == [(0, "a"), (1, "b")]
    assert (cursor, lost) == (2, 0)
    store.append(["d"])
    lines, cursor, lost = store.read(cursor, 100)
    assert [(line.number, line.text) for line in lines] == [(2, "c"), (3, "d")]
    assert (cursor, lost) == (4, 0)
    assert store.read(cursor, 100) == ([], 4, 0)
    assert store.read(99, 100) == ([], 4, 0)


async def test_a_slow_reader_learns_how_much_it_missed() -> None:
    store = LogStore(None, keep=5)
    _, cursor, _ = store.read(0, 10)
    store.append(str(number) for number in range(12))
    lines, cursor, lost = store.read(cursor, 3)
    assert ([line.text for line in lines], cursor, lost) == (["7", "8", "9"], 10, 7)
    assert store.read(cursor, 3)[1:] == (12, 0)


async def test_subscribers_are_told_once_for_many_lines() -> None:
    store = LogStore(None)
    told = []
    end = store.subscribe(lambda: told.append(len(texts(store))))
    for number in range(100):
        store.append([str(number)])
    store.append([])
    assert told == []
    await asyncio.sleep(0)
    assert told == [100]
    store.append(["more"])
    await asyncio.sleep(0)
    assert told == [100, 101]
    end()
    store.append(["unheard"])
    await asyncio.sleep(0)
    assert told == [100, 101]


async def test_lines_are_made_safe_whoever_sends_them(tmp_path: Path) -> None:
    secret = Secret("log-secret-" + "z" * 20).reveal()
    store = LogStore(tmp_path / "logs" / "a.log")
    store.append([f"\x1b[32mkey\x1b[0m {secret}\x1b]52;c;AAAA\x07", "two\nlines"])
    await store.aclose()
    assert texts(store) == ["\x1b[32mkey\x1b[0m ***", "two", "lines"]
    file = (tmp_path / "logs" / "a.log").read_text()
    assert [line.split(" ", 1)[1] for line in file.splitlines()] == ["key ***", "two", "lines"]


async def test_the_file_is_private_and_is_added_to(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "a.log"
    for run in ("first", "second"):
        store = LogStore(path)
        store.append([run])
        await store.aclose()
    assert [line.split(" ", 1)[1] for line in path.read_text().splitlines()] == ["first", "second"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_the_file_has_every_line_of_a_flood_and_the_ring_the_last(tmp_path: Path) -> None:
    store = LogStore(tmp_path / "a.log", keep=1000)
    for start in range(0, 50_000, 500):
        store.append(f"line {number}" for number in range(start, start + 500))
        await asyncio.sleep(0)
    await store.aclose()
    written = (tmp_path / "a.log").read_text().splitlines()
    assert [line.split(" ", 1)[1] for line in written] == [f"line {number}" for number in range(50_000)]
    assert len(texts(store)) == 1000
    assert store.problem is None


async def test_a_large_file_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert log_store.ROTATE_AT == 10 * 1024 * 1024
    monkeypatch.setattr(log_store, "ROTATE_AT", 1000)
    store = LogStore(tmp_path / "a.log")
    for number in range(3):
        store.append([f"{number} " + "x" * 1000])
        await store.aclose()
    store.append(["new"])
    await store.aclose()
    assert names(tmp_path) == ["a.log", "a.log.1"]
    assert " 2 xxx" in (tmp_path / "a.log.1").read_text()
    assert (tmp_path / "a.log").read_text().endswith(" new\n")


async def test_a_full_disk_is_said_once_and_the_lines_stay_in_memory() -> None:
    store = LogStore(Path("/dev/full"))
    store.append(["kept"])
    await store.aclose()
    assert texts(store) == ["kept"]
    problem = store.problem
    assert problem is not None
    assert "/dev/full" in problem
    store.append(["also kept"])
    await store.aclose()
    assert texts(store) == ["kept", "also kept"]
    assert store.problem == problem


async def test_closing_a_store_that_wrote_nothing_is_fine(tmp_path: Path) -> None:
    store = LogStore(tmp_path / "a.log")
    await store.aclose()
    assert names(tmp_path) == []
