"""The project's files, and every way out of the project that is not one."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import threading
import unicodedata
from pathlib import Path

import pytest

from vibe_tui.services.working_tree import (
    FileMissing,
    NotText,
    PathRefused,
    TreeGone,
    TreeNotWritable,
    WorkingTree,
)


@pytest.fixture
def tree(tmp_path: Path) -> WorkingTree:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("do not read")
    (tmp_path / "app").mkdir()
    return WorkingTree(tmp_path / "app")


def make(tree: WorkingTree, *paths: str) -> None:
    for path in paths:
        file = tree.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)


def test_what_is_written_is_read(tree: WorkingTree) -> None:
    tree.write("convex/deep/schema.ts", "export {};\r\nä\n")
    assert tree.read_text("convex/deep/schema.ts") == "export {};\r\nä\n"
    assert tree.read("convex/deep/schema.ts") == "export {};\r\nä\n".encode()
    assert tree.exists("convex/deep/schema.ts")
    assert tree.exists("convex")
    assert not tree.exists("convex/other.ts")
    assert not tree.exists("no/such/folder.ts")


def test_a_replaced_file_keeps_its_permissions(tree: WorkingTree) -> None:
    make(tree, "run.sh")
    (tree.folder / "run.sh").chmod(0o750)
    tree.write("run.sh", "new")
    assert stat.S_IMODE((tree.folder / "run.sh").stat().st_mode) == 0o750
    tree.write("run.sh", "newer", mode=0o600)
    assert stat.S_IMODE((tree.folder / "run.sh").stat().st_mode) == 0o600


def test_nothing_temporary_stays(tree: WorkingTree) -> None:
    tree.write("a.ts", "1")
    tree.write("a.ts", "2")
    assert os.listdir(tree.folder) == ["a.ts"]  # noqa: PTH208


def test_a_killed_writers_file_is_swept(tree: WorkingTree) -> None:
    make(tree, ".env.vibe-tui-0123456789ab.local", ".env.vibe-tui-fresh.local")
    old = tree.folder / ".env.vibe-tui-0123456789ab.local"
    os.utime(old, (1, 1))
    tree.write("a.ts", "1")
    assert not old.exists()
    assert (tree.folder / ".env.vibe-tui-fresh.local").exists()


def test_deleting(tree: WorkingTree) -> None:
    make(tree, "a.ts")
    tree.delete("a.ts")
    assert not tree.exists("a.ts")
    with pytest.raises(FileMissing, match=r"There is no file a\.ts"):
        tree.delete("a.ts")
    make(tree, "folder/b.ts")
    with pytest.raises((PathRefused, TreeNotWritable)):
        tree.delete("folder")
    assert tree.exists("folder/b.ts")


def test_a_missing_file_is_named(tree: WorkingTree) -> None:
    for path in ("a.ts", "no/such/a.ts"):
        with pytest.raises(FileMissing, match=path):
            tree.read(path)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b", "ä".encode("latin-1")])
def test_what_is_not_text(tree: WorkingTree, data: bytes) -> None:
    (tree.folder / "logo.png").write_bytes(data)
    assert tree.read("logo.png") == data
    with pytest.raises(NotText, match=r"logo\.png is not text"):
        tree.read_text("logo.png")


BAD_PATHS = [
    "", "/etc/passwd", "~/x", "~", "../outside/secret.txt", "a/../../outside/secret.txt", "a/..", "..", ".",
    "a//b", "a/", "./a", "a\\b", "..\\outside\\secret.txt", "C:/x", "a\0b", "a\nb", "a\x1b[31m", "a\x7fb",
    "a\x85b", "x" * 1025, "é" * 513, "a\udcffb",
]  # fmt: skip


@pytest.mark.parametrize("path", BAD_PATHS, ids=ascii)
def test_paths_that_are_refused(tree: WorkingTree, path: str) -> None:
    for attempt in (tree.read, tree.read_text, tree.delete, tree.exists, lambda path: tree.write(path, "x")):
        with pytest.raises(PathRefused) as refusal:
            attempt(path)
        assert "\x1b" not in refusal.value.message
    assert list(tree.walk()) == []


PROTECTED = [
    ".env", ".env.local", ".ENV.local", "sub/.env.production", ".env.local\u200b", ".e\u200bnv", ".env/x",
    ".envrc", ".git/config", ".GIT/config", "sub/.git/hooks/x", "node_modules/convex/index.js",
    "Node_Modules/x", "convex/_generated/api.ts", "Convex/_GENERATED/api.ts", ".npmrc", "sub/.NPMRC",
]  # fmt: skip


@pytest.mark.parametrize("path", PROTECTED, ids=ascii)
def test_what_the_assistant_may_not_touch(tree: WorkingTree, path: str) -> None:
    for attempt in (tree.read, tree.delete, tree.exists):
        with pytest.raises(PathRefused):
            attempt(path, True)
    with pytest.raises(PathRefused):
        tree.write(path, "x", protected=True)
    if "\u200b" not in path:
        tree.write(path, "ours")
        assert tree.read_text(path) == "ours"


def test_names_are_compared_in_their_composed_form(tree: WorkingTree) -> None:
    decomposed = unicodedata.normalize("NFD", "é.ts")
    tree.write(decomposed, "x", protected=True)
    assert tree.read_text(decomposed, protected=True) == "x"


def test_what_the_assistant_may_touch(tree: WorkingTree) -> None:
    for path in (
        "convex/schema.ts",
        "app/[id]/page.tsx",
        "env.ts",
        "convex/generated.ts",
        ".gitignore",
        "a b.ts",
    ):
        tree.write(path, "x", protected=True)
        assert tree.read_text(path, protected=True) == "x"


@pytest.mark.parametrize("path", ["link/secret.txt", "link"])
def test_links_are_not_followed(tree: WorkingTree, path: str) -> None:
    outside = tree.folder.parent / "outside"
    (tree.folder / "link").symlink_to(outside if "/" in path else outside / "secret.txt")
    for attempt in (tree.read, lambda path: tree.write(path, "overwritten")):
        with pytest.raises(PathRefused):
            attempt(path)
    assert (outside / "secret.txt").read_text() == "do not read"


def test_a_link_inside_the_project_is_not_followed_either(tree: WorkingTree) -> None:
    make(tree, ".env.local")
    (tree.folder / "notes.txt").symlink_to(".env.local")
    with pytest.raises(PathRefused):
        tree.read("notes.txt", protected=True)


def test_deleting_a_link_leaves_its_target(tree: WorkingTree) -> None:
    target = tree.folder.parent / "outside" / "secret.txt"
    (tree.folder / "link").symlink_to(target)
    tree.delete("link")
    assert target.exists()


def test_a_hard_linked_file_is_not_written(tree: WorkingTree) -> None:
    outside = tree.folder.parent / "outside" / "secret.txt"
    os.link(outside, tree.folder / "copy.txt")
    with pytest.raises(PathRefused, match="hard link"):
        tree.write("copy.txt", "x")
    assert outside.read_text() == "do not read"


def test_special_files_are_refused_without_blocking(tree: WorkingTree) -> None:
    os.mkfifo(tree.folder / "pipe")
    (tree.folder / "folder").mkdir()
    for path in ("pipe", "folder"):
        with pytest.raises(PathRefused, match="not a file"):
            tree.read(path)
        with pytest.raises(PathRefused, match="not a file"):
            tree.write(path, "x")
    assert list(tree.walk()) == []


def test_a_folder_swapped_for_a_link_at_any_moment_leads_nowhere(tree: WorkingTree) -> None:
    """One thread swaps a real folder and a link to the outside as fast as it can."""
    outside = tree.folder.parent / "outside"
    make(tree, "real/secret.txt")
    (tree.folder / "link").symlink_to(outside)
    place, done = tree.folder / "place", threading.Event()

    def swap() -> None:
        while not done.is_set():
            for name in ("real", "link"):
                try:
                    (tree.folder / name).rename(place)
                except OSError:  # a write has made the folder meanwhile
                    shutil.rmtree(place, ignore_errors=True)
                else:
                    place.rename(tree.folder / name)

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen = set()
    try:
        for _ in range(3000):
            try:
                seen.add(tree.read("place/secret.txt"))
                tree.write("place/written.txt", "x")
            except (PathRefused, FileMissing):
                seen.add(b"refused")
    finally:
        done.set()
        swapping.join()
    assert b"do not read" not in seen
    assert b"refused" in seen
    assert os.listdir(outside) == ["secret.txt"]  # noqa: PTH208


def test_a_name_swapped_for_a_link_at_any_moment_is_not_written_through(tree: WorkingTree) -> None:
    outside, name = tree.folder.parent / "outside" / "secret.txt", tree.folder / "file.txt"
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            spare = tree.folder / "spare"
            spare.symlink_to(outside)
            spare.replace(name)
            spare.write_text("real")
            spare.replace(name)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        for _ in range(1000):
            try:
                tree.write("file.txt", "written")
                assert tree.read("file.txt") != b"do not read"
            except (PathRefused, FileMissing):
                pass
    finally:
        done.set()
        swapping.join()
    assert outside.read_text() == "do not read"


def test_the_folder_is_gone(tree: WorkingTree) -> None:
    gone = WorkingTree(tree.folder / "gone")
    for attempt in (gone.read, gone.exists, lambda path: gone.write(path, "x"), lambda _: list(gone.walk())):
        with pytest.raises(TreeGone, match="is gone"):
            attempt("a.ts")
    assert not gone.folder.exists()


def test_what_the_file_system_refuses_is_said(tree: WorkingTree) -> None:
    with pytest.raises(TreeNotWritable, match="cannot be written: file name too long"):
        tree.write("x" * 300, "x")


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from vibe_tui.services.working_tree import DiskFull, WorkingTree
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    WorkingTree(Path(sys.argv[1])).write("a.ts", "x" * 5000)
except DiskFull as error:
    print(error.message, error.next_step)
"""


def test_a_full_disk_leaves_the_file_as_it_was(tree: WorkingTree) -> None:
    make(tree, "a.ts")
    said = subprocess.check_output([sys.executable, "-c", FULL_DISK, str(tree.folder)], text=True)
    assert said.startswith("There is no space left to save a.ts; nothing of it was changed. Free some")
    assert tree.read_text("a.ts") == "a.ts"
    assert list(tree.walk()) == ["a.ts"]


def test_walking(tree: WorkingTree) -> None:
    make(
        tree, "b.ts", "a/z.ts", "a/b.ts", ".gitignore", ".env.local", ".git/HEAD", "node_modules/x.js",
        "packages/x/node_modules/y.js", "dist/out.js",
    )  # fmt: skip
    (tree.folder / "link").symlink_to("b.ts")
    (tree.folder / "linked").symlink_to("a")
    (tree.folder / "bad\nname.ts").touch()
    assert list(tree.walk()) == [".env.local", ".gitignore", "a/b.ts", "a/z.ts", "b.ts", "dist/out.js"]


def test_walking_without_what_git_ignores(tree: WorkingTree) -> None:
    make(
        tree,
        "a.log",
        "keep.log",
        "dist/x.js",
        "src/dist/y.js",
        "src/only.here",
        "src/a.ts",
        "src/deep/b.tmp",
        "b.tmp",
    )
    (tree.folder / ".gitignore").write_text("*.log\n!keep.log\n/dist/\n.env*.local\n")
    (tree.folder / "src/.gitignore").write_text("only.here\n*.tmp\n")
    make(tree, ".env.local")
    assert list(tree.walk(skip_ignored=True)) == [
        ".gitignore", "b.tmp", "keep.log", "src/.gitignore", "src/a.ts", "src/dist/y.js",
    ]  # fmt: skip
