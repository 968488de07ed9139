"""The mirror between a project's folder and another place, both real folders here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.services.sandbox.folder_remote import FolderRemote
from vibe_tui.services.errors import VibeError
from vibe_tui.services.sandbox.live_mirror import LiveMirror
from vibe_tui.services.sandbox.local_tree import LocalTree
from vibe_tui.services.sandbox.manifest import Manifest
from vibe_tui.services.sandbox.mirror import Mirror
from vibe_tui.services.sandbox.mirror_events import KeptBoth, Mirrored, MirrorEvent, NotMirrored, NotRemoved
from vibe_tui.services.working_tree import TreeGone, WorkingTree


@dataclass
class Both:
    """A project here, its copy there, and the mirror between them."""

    here: Path
    there: Path
    file: Path
    told: list[MirrorEvent] = field(default_factory=list)
    troubles: list[VibeError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.remote = FolderRemote(self.there)
        self.restart()

    def restart(self) -> None:
        """As after a new start of the program."""
        self.local = LocalTree(WorkingTree(self.here))
        self.manifest = Manifest(self.file)
        self.manifest.load("sandbox-1")
        self.mirror = Mirror(self.local, self.remote, self.manifest, self.told.append)
        self.live = LiveMirror(self.mirror, self.local, self.remote, self.troubles.append)

    def files(self, side: Path) -> dict[str, str]:
        return {
            path.relative_to(side).as_posix(): path.read_text() for path in side.rglob("*") if path.is_file()
        }


@pytest.fixture
def both(tmp_path: Path) -> Both:
    here, there = tmp_path / "here", tmp_path / "there"
    there.mkdir()
    put(here, "convex/schema.ts", "schema 1")
    put(here, "app/index.tsx", "index 1")
    put(here, "package.json", "{}")
    put(here, ".gitignore", "node_modules\ndist/\n*.log\n")
    return Both(here, there, tmp_path / "state" / "mirror.json")


def put(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)


async def until(true: Callable[[], bool], limit: float = 5.0) -> None:
    async with asyncio.timeout(limit):
        while not true():
            await asyncio.sleep(0.01)


async def test_the_first_sync_sends_everything_but_what_never_leaves(both: Both) -> None:
    for path in (
        ".env.local",
        ".env",
        ".git/HEAD",
        "node_modules/a/b.js",
        "dist/out.js",
        "x.log",
        ".vibe-tui",
    ):
        put(both.here, path, "stays")
    put(both.here, "sub/node_modules/c.js", "stays")
    put(both.here, "keys/release.p8", "stays")
    put(both.here, "convex/_generated/api.ts", "generated")
    (both.here / "link.ts").symlink_to(both.here / "package.json")
    await both.mirror.sync()
    assert set(both.files(both.there)) == {
        *("convex/schema.ts", "app/index.tsx", "package.json", ".gitignore", "convex/_generated/api.ts"),
    }
    assert await both.mirror.sync() == Mirrored()


async def test_nothing_secret_or_ignored_comes_back(both: Both) -> None:
    await both.mirror.sync()
    for path in (".env.local", "convex/.env", "dist/bundle.js", ".git/config", "node_modules/x.js"):
        put(both.there, path, "remote only")
    put(both.there, "package-lock.json", "locked")
    put(both.there, "convex/_generated/api.ts", "generated")
    done = await both.mirror.sync()
    assert set(done.brought) == {"package-lock.json", "convex/_generated/api.ts"}
    assert not (both.here / ".env.local").exists()


async def test_generated_code_comes_back_though_git_ignores_it(both: Both) -> None:
    put(both.here, ".gitignore", "convex/_generated\n")
    await both.mirror.sync()
    put(both.there, "convex/_generated/api.ts", "generated")
    await both.mirror.sync()
    assert (both.here / "convex/_generated/api.ts").read_text() == "generated"


async def test_edits_and_removals_go_both_ways(both: Both) -> None:
    await both.mirror.sync()
    put(both.here, "convex/schema.ts", "schema 2")
    put(both.there, "app/index.tsx", "index 2")
    (both.here / "package.json").unlink()
    put(both.there, "app/new.tsx", "new")
    done = await both.mirror.sync()
    assert done == Mirrored(("convex/schema.ts",), ("app/index.tsx", "app/new.tsx"), ("package.json",))
    (both.there / "app/new.tsx").unlink()
    assert await both.mirror.sync() == Mirrored(removed_here=("app/new.tsx",))
    assert both.files(both.here) == both.files(both.there)


async def test_a_conflict_keeps_both_versions_on_both_sides(both: Both) -> None:
    await both.mirror.sync()
    put(both.here, "convex/schema.ts", "mine")
    put(both.there, "convex/schema.ts", "its")
    await both.mirror.sync()
    (kept,) = [event for event in both.told if isinstance(event, KeptBoth)]
    assert kept.path == "convex/schema.ts"
    assert kept.copy.startswith("convex/schema.sandbox-") and kept.copy.endswith(".ts")
    for side in (both.here, both.there):
        files = both.files(side)
        assert (files["convex/schema.ts"], files[kept.copy]) == ("mine", "its")
    assert await both.mirror.sync() == Mirrored()


async def test_an_edit_here_during_the_sync_is_not_overwritten(both: Both) -> None:
    await both.mirror.sync()
    put(both.there, "app/index.tsx", "its")
    read = both.remote.read

    async def read_slowly(path: str, largest: int) -> bytes | None:
        put(both.here, "app/index.tsx", "mine, a moment later")
        return await read(path, largest)

    both.remote.read = read_slowly  # type: ignore[method-assign]
    await both.mirror.sync()
    both.remote.read = read  # type: ignore[method-assign]
    assert (both.here / "app/index.tsx").read_text() == "mine, a moment later"
    await both.mirror.sync()
    assert sorted(text for path, text in both.files(both.here).items() if "index" in path) == [
        "its",
        "mine, a moment later",
    ]


async def test_a_sandbox_that_comes_back_with_half_of_the_files_gets_them_again(both: Both) -> None:
    await both.mirror.sync()
    put(both.here, "convex/schema.ts", "schema 2")
    await both.mirror.sync()
    await both.mirror.save()
    both.restart()
    put(both.there, "convex/schema.ts", "schema 1")  # as it was before
    (both.there / "app/index.tsx").unlink()
    put(both.there, "app/made-inside.tsx", "an edit")
    done = await both.mirror.sync(trusted=False)
    assert done == Mirrored(("app/index.tsx", "convex/schema.ts"), ("app/made-inside.tsx",))
    assert (both.here / "convex/schema.ts").read_text() == "schema 2"
    assert both.files(both.here) == both.files(both.there)


async def test_a_new_sandbox_is_filled_from_the_folder(both: Both, tmp_path: Path) -> None:
    await both.mirror.sync()
    both.remote.folder = both.there = tmp_path / "another"
    both.there.mkdir()
    both.manifest.load("sandbox-2")
    await both.mirror.sync(trusted=False)
    assert both.files(both.here) == both.files(both.there)


async def test_half_of_the_project_going_at_once_in_the_sandbox_is_an_accident(both: Both) -> None:
    for number in range(20):
        put(both.here, f"app/page{number}.tsx", str(number))
    await both.mirror.sync()
    for path in (both.there / "app").iterdir():
        path.unlink()
    await both.mirror.sync()
    assert both.told[-2] == NotRemoved(21)
    assert both.files(both.here) == both.files(both.there)


async def test_a_folder_that_is_gone_or_empty_does_not_empty_the_sandbox(both: Both) -> None:
    await both.mirror.sync()
    before = both.files(both.there)
    for path in [*both.here.rglob("*")]:
        if path.is_file():
            path.unlink()
    with pytest.raises(TreeGone):
        await both.mirror.sync()
    both.here.rename(both.here.with_name("moved"))
    with pytest.raises(TreeGone):
        await both.mirror.sync()
    assert both.files(both.there) == before


async def test_names_that_would_leave_the_folder_are_not_brought(both: Both) -> None:
    await both.mirror.sync()
    hashes = both.remote.hashes

    async def hostile(paths: object, pruned: object) -> dict[str, str]:
        return {
            **await hashes(None, []),
            "../evil.ts": "1",
            "/etc/evil": "2",
            "a/../../b": "3",
            "nul\x07": "4",
        }

    both.remote.hashes = hostile  # type: ignore[assignment, method-assign]
    assert await both.mirror.sync() == Mirrored()


async def test_nothing_is_written_through_a_link(both: Both, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    await both.mirror.sync()
    (both.here / "lib").symlink_to(outside)
    put(both.there, "lib/evil.ts", "evil")
    await both.mirror.sync()
    assert not list(outside.iterdir())
    assert [type(event) for event in both.told] == [Mirrored, NotMirrored]


async def test_the_rules_follow_the_gitignore_files(both: Both) -> None:
    await both.mirror.sync()
    put(both.there, "notes/a.txt", "a")
    put(both.there, "notes/.gitignore", "*.tmp\n")
    await both.mirror.sync()
    assert {"a.txt", ".gitignore"} <= set(both.files(both.here / "notes"))
    put(both.there, "notes/b.tmp", "b")
    put(both.here, ".gitignore", "app/\n")
    done = await both.mirror.sync()
    assert done == Mirrored((".gitignore",))
    assert (both.there / "app/index.tsx").exists(), "ignored from now on, but not removed"


async def test_live_changes_go_both_ways_and_our_own_writes_do_not_come_back(both: Both) -> None:
    await both.live.start()
    try:
        await until(lambda: (both.there / "package.json").exists())
        put(both.here, "convex/messages.ts", "1")
        await until(lambda: both.files(both.there).get("convex/messages.ts") == "1")
        put(both.there, "convex/messages.ts", "2")
        await until(lambda: both.files(both.here)["convex/messages.ts"] == "2")
        put(both.here, "fresh/deep/file.ts", "new")
        await until(lambda: "fresh/deep/file.ts" in both.files(both.there))
        put(both.here, "fresh/deep/file.ts", "newer")
        await until(lambda: both.files(both.there)["fresh/deep/file.ts"] == "newer")
        (both.here / "convex/messages.ts").unlink()
        await until(lambda: "convex/messages.ts" not in both.files(both.there))
    finally:
        await both.live.stop()
    assert await both.mirror.sync() == Mirrored()
    assert not both.troubles
    # Each edit went over once.
    assert both.remote.written.count("convex/messages.ts") == 1
    assert both.remote.written.count("fresh/deep/file.ts") == 2


async def test_trouble_is_told_once_and_nothing_is_lost(both: Both) -> None:
    await both.live.start()
    await until(lambda: (both.there / "package.json").exists())

    def fail() -> None:
        raise VibeError("The sandbox cannot be reached.")

    both.remote.before_write = fail
    put(both.here, "app/index.tsx", "index 2")
    await until(lambda: bool(both.troubles))
    assert not both.live.running
    both.remote.before_write = lambda: None
    await both.live.start()
    await until(lambda: both.files(both.there)["app/index.tsx"] == "index 2")
    await both.live.stop()
