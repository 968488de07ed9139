"""Checkpoints: what they hold and never hold, what returning to one does, and what it leaves alone."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from vibe_tui.services import checkpoints as module
from vibe_tui.services.checkpoints import CheckpointMissing, Checkpoints
from vibe_tui.services.checkpoints_restore import LeftAsIs
from vibe_tui.services.secret import Secret
from vibe_tui.services.working_tree import TreeGone, WorkingTree


class Setup:
    def __init__(self, root: Path) -> None:
        self.app = root / "app"
        self.app.mkdir()
        self.home = root / "home"
        self.notes: list[str] = []

    @property
    def checkpoints(self) -> Checkpoints:
        """Made anew each time, as another process would."""
        return Checkpoints(self.home / "checkpoints", WorkingTree(self.app), self.notes.append)

    def put(self, path: str, text: str | bytes) -> Path:
        file = self.app / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def seen(self) -> dict[str, bytes]:
        return {
            file.relative_to(self.app).as_posix(): file.read_bytes()
            for file in self.app.rglob("*")
            if file.is_file() and not file.is_symlink()
        }

    def git(self, *arguments: str) -> str:
        command = ["git", f"--git-dir={self.home / 'checkpoints'}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def test_a_restored_tree_is_as_it_was(setup: Setup) -> None:
    setup.put("convex/schema.ts", "one\r\nä\n")
    setup.put("assets/icon.png", b"\x89PNG\0\xff")
    setup.put("run.sh", "#!/bin/sh\n").chmod(0o755)
    setup.put("gone/deep/file.ts", "soon gone")
    before = setup.seen()
    id = setup.checkpoints.take("Add a table")
    setup.put("convex/schema.ts", "two")
    setup.put("assets/icon.png", b"\0")
    setup.put("new/folder/file.ts", "new")
    (setup.app / "run.sh").chmod(0o644)
    (setup.app / "gone/deep/file.ts").unlink()
    (setup.app / "gone/deep").rmdir()
    after = setup.seen()

    restored = setup.checkpoints.restore(id)

    assert setup.seen() == before
    assert stat.S_IMODE((setup.app / "run.sh").stat().st_mode) == 0o755
    assert not (setup.app / "new").exists(), "a folder that became empty goes too"
    assert restored.left == ()
    assert sorted(restored.changed) == [
        "assets/icon.png",
        "convex/schema.ts",
        "gone/deep/file.ts",
        "new/folder/file.ts",
        "run.sh",
    ]
    setup.checkpoints.restore(restored.before)
    assert setup.seen() == after
    assert not (setup.app / "gone").exists()
    assert stat.S_IMODE((setup.app / "run.sh").stat().st_mode) == 0o644


def test_what_never_belongs_into_a_checkpoint_is_neither_held_nor_touched(
    setup: Setup, tmp_path: Path
) -> None:
    (tmp_path / "outside.txt").write_text("outside")
    setup.put("kept.ts", "1")
    setup.put(".gitignore", "dist/\n*.log\n")
    setup.put("lib/.gitignore", "own.txt\n")
    never = [
        *(".env", ".env.local", ".env.example", "app/.env.production", ".npmrc", "certificate.pem"),
        *("node_modules/x/index.js", ".git/config", "convex/_generated/api.d.ts"),
        *("dist/app.js", "deep/down.log", "lib/own.txt"),
    ]
    for path in never:
        setup.put(path, "first")
    (setup.app / "link.ts").symlink_to(tmp_path / "outside.txt")
    (setup.app / "linked").symlink_to(tmp_path)
    os.link(tmp_path / "outside.txt", setup.app / "second-name.txt")
    os.mkfifo(setup.app / "pipe")

    id = setup.checkpoints.take("x")
    held = setup.git("ls-tree", "-r", "--name-only", id).split()
    assert held == [".gitignore", "kept.ts", "lib/.gitignore"]
    for path in never:
        setup.put(path, "second")
    setup.put("kept.ts", "2")
    restored = setup.checkpoints.restore(id)
    assert restored.changed == ("kept.ts",)
    assert {setup.seen()[path] for path in never} == {b"second"}
    assert (setup.app / "link.ts").is_symlink()
    assert (tmp_path / "outside.txt").read_text() == "outside"


def test_they_are_private_and_survive_a_restart(setup: Setup) -> None:
    setup.put("a.ts", "1")
    first = setup.checkpoints.take("First\nline two \x1b[31m")
    setup.put("a.ts", "2")
    second = setup.checkpoints.take("Second")
    newest, oldest = setup.checkpoints.all()
    assert (newest.id, newest.title, newest.kind, newest.files) == (second, "Second", "turn", 1)
    assert oldest.id == first
    assert oldest.title.startswith("First line two")
    assert "\x1b" not in oldest.title
    assert oldest.label == f'before "{oldest.title}"'
    for place in setup.home.rglob("*"):
        assert not place.stat().st_mode & 0o077, place
    assert [path.name for path in setup.app.iterdir()] == ["a.ts"]


def test_a_known_secret_is_not_in_a_title(setup: Setup) -> None:
    setup.put("a.ts", "1")
    Secret("not-to-be-seen-0123456789")
    setup.checkpoints.take("Use not-to-be-seen-0123456789 as the key")
    assert setup.checkpoints.all()[0].title == "Use *** as the key"


def test_git_itself_finds_nothing_wrong_with_them(setup: Setup) -> None:
    for number in range(30):
        setup.put(f"folder{number % 3}/file{number}.ts", str(number))
        setup.checkpoints.take(str(number))
        setup.checkpoints.tidy()
    setup.git("fsck", "--full", "--strict")
    assert len(setup.git("for-each-ref", "refs/checkpoints").splitlines()) == 30


def test_what_happened_since(setup: Setup) -> None:
    setup.put("same.ts", "same")
    setup.put("changed.ts", "a\nb\nc\n")
    setup.put("deleted.ts", "a\nb\n")
    setup.put("picture.png", b"\0\1")
    id = setup.checkpoints.take("x")
    setup.put("changed.ts", "a\nB\nc\nd\x1b[31m\n")
    (setup.app / "deleted.ts").unlink()
    setup.put("created.ts", "1\n")
    setup.put("picture.png", b"\0\2")
    setup.put("large.txt", "x\n" * 300_000)
    found = {change.path: change for change in setup.checkpoints.diff(id)}
    assert {path: (one.kind, one.added, one.removed, one.note) for path, one in found.items()} == {
        "changed.ts": ("changed", 2, 1, ""),
        "created.ts": ("created", 1, 0, ""),
        "deleted.ts": ("deleted", 0, 2, ""),
        "large.txt": ("created", 0, 0, "too large to compare its lines"),
        "picture.png": ("changed", 0, 0, "not a text"),
    }
    assert "-b\n+B\n" in found["changed.ts"].diff
    assert "\x1b" not in found["changed.ts"].diff


def test_a_change_that_keeps_size_and_time_is_noticed(setup: Setup) -> None:
    """What an editor, or a checkout, does within one tick of a coarse clock."""
    file = setup.put("a.ts", "one")
    times = (time.time_ns(), time.time_ns())
    os.utime(file, ns=times)
    id = setup.checkpoints.take("x")
    with file.open("r+") as same_file:
        same_file.write("two")
    os.utime(file, ns=times)
    assert [change.path for change in setup.checkpoints.diff(id)] == ["a.ts"]
    setup.checkpoints.take("y")
    assert setup.git("show", f"{setup.checkpoints.all()[0].id}:a.ts") == "two"


def test_files_and_folders_may_have_changed_places(setup: Setup) -> None:
    setup.put("thing", "a file")
    setup.put("other/inner.ts", "in a folder")
    before = setup.seen()
    id = setup.checkpoints.take("x")
    (setup.app / "thing").unlink()
    setup.put("thing/inner.ts", "in a folder now")
    (setup.app / "other/inner.ts").unlink()
    (setup.app / "other").rmdir()
    setup.put("other", "a file now")
    assert len(setup.checkpoints.diff(id)) == 4
    assert setup.checkpoints.restore(id).left == ()
    assert setup.seen() == before


def test_nothing_is_lost_that_the_new_checkpoint_cannot_hold(setup: Setup, tmp_path: Path) -> None:
    setup.put("ignored-now.txt", "1")
    setup.put("grown.bin", b"1")
    setup.put("link-now.ts", "1")
    setup.put("folder/file.ts", "1")
    id = setup.checkpoints.take("x")
    setup.put(".gitignore", "ignored-now.txt\n")
    setup.put("ignored-now.txt", "precious")
    setup.put("grown.bin", b"x" * 10_000_001)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file.ts").write_text("outside")
    (setup.app / "link-now.ts").unlink()
    (setup.app / "link-now.ts").symlink_to(tmp_path / "outside" / "file.ts")
    (setup.app / "folder/file.ts").unlink()
    (setup.app / "folder").rmdir()
    (setup.app / "folder").symlink_to(tmp_path / "outside")

    told = {change.path: change.note for change in setup.checkpoints.diff(id)}
    assert told["ignored-now.txt"] == "git ignores it now"
    assert told["grown.bin"] == "it is larger than 10 MB"
    restored = setup.checkpoints.restore(id)
    assert {left.path for left in restored.left} == {
        "ignored-now.txt",
        "grown.bin",
        "link-now.ts",
        "folder/file.ts",
    }
    assert all(left.reason for left in restored.left)
    assert restored.changed == (".gitignore",)
    assert (setup.app / "ignored-now.txt").read_text() == "precious"
    assert (setup.app / "grown.bin").stat().st_size == 10_000_001
    assert (tmp_path / "outside" / "file.ts").read_text() == "outside"


def test_what_was_ignored_or_too_large_then_is_not_deleted(setup: Setup) -> None:
    setup.put(".gitignore", "private/\n")
    setup.put("private/notes.txt", "precious")
    setup.put("video.mp4", b"x" * 10_000_001)
    id = setup.checkpoints.take("x")
    setup.put(".gitignore", "")
    setup.put("video.mp4", b"cut")
    setup.put("new.ts", "new")
    assert {change.path for change in setup.checkpoints.diff(id)} == {".gitignore", "new.ts"}
    assert sorted(setup.checkpoints.restore(id).changed) == [".gitignore", "new.ts"]
    assert (setup.app / "private/notes.txt").read_text() == "precious"
    assert (setup.app / "video.mp4").read_bytes() == b"cut"


def test_a_file_that_cannot_be_written_is_told_and_the_others_are_put_back(setup: Setup) -> None:
    setup.put("locked/a.ts", "1")
    setup.put("b.ts", "1")
    id = setup.checkpoints.take("x")
    setup.put("b.ts", "2")
    (setup.app / "locked/a.ts").unlink()
    (setup.app / "locked").rmdir()
    os.mkfifo(setup.app / "locked")
    restored = setup.checkpoints.restore(id)
    assert restored.changed == ("b.ts",)
    assert [left.path for left in restored.left] == ["locked/a.ts"]
    assert isinstance(restored.left[0], LeftAsIs)


def test_the_last_turn_is_the_last_one_that_is_not_undone(setup: Setup) -> None:
    assert setup.checkpoints.last_turn() is None
    states = []
    ids = []
    for number in range(3):
        setup.put("a.ts", str(number))
        states.append(setup.seen())
        ids.append(setup.checkpoints.take(f"turn {number}"))
    setup.put("a.ts", "3")
    states.append(setup.seen())
    redo = ""
    for number in (2, 1, 0):
        last = setup.checkpoints.last_turn()
        assert last is not None
        assert (last.id, last.title) == (ids[number], f"turn {number}")
        redo = setup.checkpoints.restore(last.id).before
        assert setup.seen() == states[number]
    assert setup.checkpoints.last_turn() is None

    setup.checkpoints.restore(redo)  # the last undo is taken back: turn 0 is there again
    assert setup.seen() == states[1]
    last = setup.checkpoints.last_turn()
    assert last is not None
    assert last.id == ids[0]


def test_a_turn_that_changed_nothing_is_not_the_last_one(setup: Setup) -> None:
    setup.put("a.ts", "1")
    first = setup.checkpoints.take("changes something")
    setup.put("a.ts", "2")
    setup.checkpoints.take("only asks")
    last = setup.checkpoints.last_turn()
    assert last is not None
    assert last.id == first


def test_ids_may_be_cut_but_must_name_one(setup: Setup) -> None:
    with pytest.raises(CheckpointMissing, match="no checkpoints yet"):
        setup.checkpoints.diff("abcd")
    setup.put("a.ts", "1")
    id = setup.checkpoints.take("x")
    assert setup.checkpoints.diff(id[:6].upper()) == []
    for wrong in ("", id[:3], "zzzz", "../../x", "0" * 40):
        with pytest.raises(CheckpointMissing):
            setup.checkpoints.restore(wrong)
    assert len(setup.checkpoints.all()) == 1


def test_a_folder_that_is_gone_is_said_and_nothing_is_made(setup: Setup) -> None:
    setup.put("a.ts", "1")
    id = setup.checkpoints.take("x")
    setup.app.rename(setup.app.with_name("moved"))
    with pytest.raises(TreeGone):
        setup.checkpoints.take("y")
    with pytest.raises(TreeGone):
        setup.checkpoints.restore(id)
    assert len(setup.checkpoints.all()) == 1
    assert not setup.app.exists()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "KEEP", 5)
    yield


def test_old_ones_go_and_their_room_is_given_back(setup: Setup, few: None) -> None:
    for number in range(40):
        setup.put("a.bin", os.urandom(200_000))
        setup.put("b.ts", str(number))
        setup.checkpoints.take(str(number))
        setup.checkpoints.tidy()
    kept = setup.checkpoints.all()
    assert [checkpoint.title for checkpoint in kept] == ["39", "38", "37", "36", "35"]
    size = sum(file.stat().st_size for file in setup.home.rglob("*") if file.is_file())
    assert size < 13 * 2 * 200_000
    restored = setup.checkpoints.restore(kept[-1].id)
    assert restored.left == ()
    assert (setup.app / "b.ts").read_text() == "35"
    setup.git("fsck", "--full")


def test_what_is_older_than_its_days_goes_but_never_the_newest(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.put("a.ts", "1")
    monkeypatch.setattr(module, "now", lambda: "2020-01-01T00:00:00Z")
    setup.checkpoints.take("old")
    setup.checkpoints.take("old too")
    assert [checkpoint.title for checkpoint in setup.checkpoints.all()] == ["old too"]
    monkeypatch.undo()
    setup.checkpoints.take("new")
    assert [checkpoint.title for checkpoint in setup.checkpoints.all()] == ["new"]
