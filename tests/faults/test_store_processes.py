"""The store with several processes, kills at any moment and a full disk: facts that plain TinyDB fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vibe_tui.services.atomic import FileLock
from vibe_tui.services.store import StoreLocked, open_store

INSERT = """
import sys
from pathlib import Path
from vibe_tui.services.store import open_store
store = open_store(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    id = store.insert({"writer": sys.argv[2], "number": number})
    print(id, flush=True)
"""

# Grows and shrinks, so that a torn write would leave bytes of the longer version behind.
CHURN = """
import sys
from pathlib import Path
from tinydb import where
from vibe_tui.services.store import open_store
store = open_store(Path(sys.argv[1]))
run, number = sys.argv[2], 0
while True:
    store.insert({"run": run, "number": number, "text": "x" * 300})
    print(number, flush=True)
    store.upsert({"scratch": True, "text": "y" * (3000 if number % 2 else 1)}, where("scratch") == True)
    number += 1
"""

# Forks four writers at a time and kills them at any moment: 100 kills without 100 starts of Python.
KILLS = """
import json, os, random, signal, sys, time
from pathlib import Path
from tinydb import where
from vibe_tui.services.store import open_store
path, rounds = Path(sys.argv[1]), int(sys.argv[2])

def write(run, pipe):
    store, number = open_store(path), 0
    while True:
        store.insert({"run": run, "number": number})
        os.write(pipe, b"%d\\n" % number)
        store.upsert({"scratch": True, "text": "y" * (3000 if number % 2 else 1)}, where("scratch") == True)
        number += 1

chance, acknowledged = random.Random(11), []
for round in range(rounds):
    writers = []
    for run in range(4 * round, 4 * round + 4):
        ours, theirs = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(ours)
            write(run, theirs)
        os.close(theirs)
        writers.append((run, pid, ours))
    first = os.read(writers[0][2], 1)
    time.sleep(chance.uniform(0, 0.05))
    for _, pid, _ in writers:
        os.kill(pid, signal.SIGKILL)
    for run, pid, ours in writers:
        assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL
        with os.fdopen(ours, "rb") as pipe:
            text = (first if run == 4 * round else b"") + pipe.read()
        acknowledged += [(run, int(line)) for line in text.splitlines()]
    json.loads(path.read_bytes())
    assert open_store(path).recovered is None
print(json.dumps(acknowledged))
"""

FULL = """
import resource, sys
from pathlib import Path
from vibe_tui.services.store import StoreFull, open_store
path = Path(sys.argv[1])
store = open_store(path)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + int(sys.argv[2]), hard))
try:
    store.insert({"text": "x" * 100_000})
except StoreFull as error:
    print(error.message, "|", error.next_step)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
store.insert({"text": "later"})
"""

HOLD = """
import sys
from pathlib import Path
from vibe_tui.services.store import open_store
with open_store(Path(sys.argv[1])).transaction():
    print("held", flush=True)
    sys.stdin.read()
"""


def run(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_four_processes_lose_none_of_their_800_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    writers = [run(INSERT, path, name, 200) for name in "abcd"]
    acknowledged: list[int] = []
    for writer in writers:
        out, err = writer.communicate(timeout=110)
        assert writer.returncode == 0, err
        acknowledged += map(int, out.split())
    assert sorted(acknowledged) == list(range(1, 801))
    store = open_store(path)
    found = {(document["writer"], document["number"]) for document in store}
    assert found == {(name, number) for name in "abcd" for number in range(200)}
    assert store.recovered is None


@pytest.mark.slow
def test_a_hundred_kills_lose_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    process = run(KILLS, path, 25)
    out, err = process.communicate(timeout=110)
    assert process.returncode == 0, err
    acknowledged = {tuple(pair) for pair in json.loads(out)}
    found = {(document["run"], document["number"]) for document in open_store(path) if "run" in document}
    assert len({run for run, _ in acknowledged}) >= 25
    assert acknowledged <= found


def test_a_reader_never_finds_a_torn_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    writer = run(CHURN, path, "w")
    try:
        assert writer.stdout is not None
        writer.stdout.readline()
        latest = -1
        until = time.monotonic() + 2
        while time.monotonic() < until:
            store = open_store(path)
            numbers = [document["number"] for document in store if "run" in document]
            assert numbers == list(range(len(numbers)))
            assert numbers[-1] >= latest
            latest = numbers[-1]
            assert store.recovered is None
        assert latest > 5
    finally:
        writer.kill()
        writer.communicate()


@pytest.mark.parametrize("room", [0, 1, 4096])
def test_a_full_disk_leaves_the_store_as_it_was_and_later_it_works(tmp_path: Path, room: int) -> None:
    path = tmp_path / "a.json"
    store = open_store(path)
    store.insert({"text": "before"})
    store.insert({"text": "y" * 2000})
    process = run(FULL, path, room)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "no space" in out
    assert str(path) in out
    assert [document["text"][:6] for document in open_store(path)] == ["before", "yyyyyy", "later"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.json", "a.json.bak", "a.json.lock"]


def test_a_killed_holder_frees_the_lock_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    holder = run(HOLD, path)
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.kill()
    holder.communicate()
    start = time.monotonic()
    open_store(path).insert({"a": 1})
    assert time.monotonic() - start < 2


def test_a_holder_that_is_stopped_is_named_after_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    store = open_store(path)
    store.insert({"a": 1})
    holder = run(HOLD, path)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        os.kill(holder.pid, signal.SIGSTOP)
        assert store.get(doc_id=1) == {"a": 1}  # reading needs no lock
        start = time.monotonic()
        with pytest.raises(StoreLocked) as caught:
            FileLock(tmp_path / "a.json.lock", limit=0.5).acquire()  # the store's own, which waits for 10 s
        assert 0.5 <= time.monotonic() - start < 5
        assert f"process {holder.pid}" in caught.value.message
    finally:
        holder.kill()
        holder.communicate()
    store.insert({"a": 2})
    assert len(store) == 2
