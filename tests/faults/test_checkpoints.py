"""Checkpoints whose files are damaged, on a full disk, killed in the middle, used by two at once."""

from __future__ import annotations

import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vibe_tui.services.atomic import StoreFull
from vibe_tui.services.checkpoints import CheckpointMissing, Checkpoints, CheckpointsDamaged
from vibe_tui.services.working_tree import WorkingTree

FILES = {"convex/schema.ts": "one\n", "app/index.tsx": "two\n", "lib/deep/down.ts": "three\n" * 500}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    app = tmp_path / "app"
    for path, text in FILES.items():
        (app / path).parent.mkdir(parents=True, exist_ok=True)
        (app / path).write_text(text)
    return app


def open_checkpoints(app: Path, notes: list[str] | None = None) -> Checkpoints:
    said = notes if notes is not None else []
    return Checkpoints(app.parent / "home" / "checkpoints", WorkingTree(app), said.append)


def seen(app: Path) -> dict[str, str]:
    return {str(file.relative_to(app)): file.read_text() for file in app.rglob("*") if file.is_file()}


def halve(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flip(data: bytes) -> bytes:
    noise = random.Random(len(data))
    changed = bytearray(data)
    for _ in range(1 + len(data) // 40):
        changed[noise.randrange(len(data))] ^= 1 << noise.randrange(8)
    return bytes(changed)


DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "halved": halve,
    "emptied": lambda data: b"",
    "flipped": flip,
    "noise": lambda data: random.Random(7).randbytes(len(data)),
    "deleted": lambda data: None,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_cost_old_checkpoints_at_most(app: Path, damage: str) -> None:
    first = open_checkpoints(app).take("first")
    (app / "convex/schema.ts").write_text("changed\n")
    open_checkpoints(app).take("second")
    now = seen(app)
    home = app.parent / "home"
    whole = app.parent / "whole"
    home.rename(whole)
    files = [file.relative_to(whole) for file in whole.rglob("*") if file.is_file()]
    assert len([file for file in files if file.suffix == ".pack"]) == 2
    for file in files:
        for uses_it in (open_checkpoints(app).take, None):
            shutil.copytree(whole, home)
            broken = DAMAGES[damage]((home / file).read_bytes())
            if broken is None:
                (home / file).unlink()
            else:
                (home / file).write_bytes(broken)
            if uses_it:  # a turn comes first, or a look at the history
                fresh = uses_it("third")
                assert open_checkpoints(app).diff(fresh) == []
            old_is_there = returns_to(app, first)
            if old_is_there:
                assert seen(app) == now | {"convex/schema.ts": "one\n"}
                (app / "convex/schema.ts").write_text("changed\n")
            assert seen(app) == now, "the files of the project are never the price"
            newest = open_checkpoints(app).take("fourth")
            assert open_checkpoints(app).all()[0].id == newest
            assert open_checkpoints(app).diff(newest) == []
            shutil.rmtree(home)


def returns_to(app: Path, id: str) -> bool:
    try:
        assert open_checkpoints(app).restore(id).left == ()
    except CheckpointsDamaged as damaged:
        aside = list((app.parent / "home").glob("checkpoints.damaged-*"))
        assert len(aside) == 1
        assert str(aside[0]) in damaged.message
        assert "as they were" in damaged.next_step
        return False
    except CheckpointMissing:
        return False  # they were set aside by the turn before
    return True


def test_a_turn_says_that_it_set_damaged_ones_aside(app: Path) -> None:
    notes: list[str] = []
    open_checkpoints(app).take("first")
    (app.parent / "home/checkpoints/packed-refs").write_text("nonsense")
    id = open_checkpoints(app, notes).take("second")
    assert len(notes) == 1
    assert "checkpoints.damaged-" in notes[0]
    assert [one.id for one in open_checkpoints(app).all()] == [id]


FULL = """
import resource, signal, sys
from pathlib import Path
from vibe_tui.services.atomic import StoreFull
from vibe_tui.services.checkpoints import Checkpoints
from vibe_tui.services.working_tree import WorkingTree

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
app = Path(sys.argv[1])
checkpoints = Checkpoints(app.parent / "home" / "checkpoints", WorkingTree(app))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    if sys.argv[3]:
        restored = checkpoints.restore(sys.argv[3])
        print(restored.left[0].path, restored.left[0].reason)
    else:
        checkpoints.take("y")
except StoreFull as problem:
    print("full:", problem.message)
"""


def run(script: str, *arguments: object) -> str:
    argv = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout


@pytest.mark.parametrize("room", [0, 20, 150, 400, 2_000])
def test_a_full_disk_is_said_and_spoils_nothing(app: Path, room: int) -> None:
    first = open_checkpoints(app).take("first")
    (app / "noise.bin").write_bytes(random.Random(1).randbytes(5_000))
    assert "no space left" in run(FULL, app, room, "")
    assert [one.id for one in open_checkpoints(app).all()] == [first]
    second = open_checkpoints(app).take("second")
    assert open_checkpoints(app).diff(second) == []
    assert [change.path for change in open_checkpoints(app).diff(first)] == ["noise.bin"]


def test_a_full_disk_below_the_project_leaves_whole_files(app: Path) -> None:
    (app / "large.bin").write_bytes(random.Random(1).randbytes(60_000))
    first = open_checkpoints(app).take("first")
    (app / "large.bin").write_bytes(b"small")
    (app / "convex/schema.ts").write_text("changed\n")
    assert "large.bin There is no space left" in run(FULL, app, 50_000, first)
    assert (app / "large.bin").read_bytes() == b"small"
    assert (app / "convex/schema.ts").read_text() == "one\n"


TAKING = """
import sys
from pathlib import Path
from vibe_tui.services.checkpoints import Checkpoints
from vibe_tui.services.working_tree import WorkingTree

app, name = Path(sys.argv[1]), sys.argv[2]
checkpoints = Checkpoints(app.parent / "home" / "checkpoints", WorkingTree(app))
for number in range(int(sys.argv[3])):
    (app / f"{name}.ts").write_text(f"{number}\\n" * 200)
    id = checkpoints.take(f"{name} {number}")
    checkpoints.tidy()
    print(id, flush=True)
"""


def test_what_was_taken_survives_a_kill_at_any_moment(app: Path) -> None:
    taken: list[str] = []
    noise = random.Random(3)
    for round in range(4):
        argv = [sys.executable, "-c", TAKING, str(app), f"round{round}", "1000"]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            lines = [child.stdout.readline().strip() for _ in range(noise.randrange(1, 16))]
            time.sleep(noise.random() * 0.01)  # the moment is the point
            child.send_signal(signal.SIGKILL)
            taken += [*lines, *child.stdout.read().split()]
        kept = {one.id for one in open_checkpoints(app).all()}
        assert not [id for id in taken if len(id) == 10 and id not in kept]
    newest = open_checkpoints(app).take("after")
    open_checkpoints(app).tidy()
    assert open_checkpoints(app).diff(newest) == []
    assert open_checkpoints(app).restore(taken[0]).left == ()
    assert not list((app.parent / "home").glob("*.damaged-*"))


def test_two_processes_take_turns(app: Path) -> None:
    argv = [sys.executable, "-c", TAKING, str(app)]
    children = [
        subprocess.Popen([*argv, name, "15"], stdout=subprocess.PIPE, text=True) for name in ("left", "right")
    ]
    while any(child.poll() is None for child in children):
        open_checkpoints(app).all()  # a reader beside them
    taken = [id for child in children for id in child.communicate()[0].split()]
    assert [child.returncode for child in children] == [0, 0]
    assert {one.id for one in open_checkpoints(app).all()} == set(taken)
    assert len(set(taken)) == 30


def test_the_limit_of_these_tests_is_what_a_full_disk_says(
    app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RLIMIT_FSIZE stands in for a full disk here: both end as the same failure."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    held = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        with pytest.raises(StoreFull):
            open_checkpoints(app).take("x")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, held)
