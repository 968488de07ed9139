"""The sandbox in a cloud over its life: it comes when it is needed, and no file or sandbox is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.services.sandbox.folder_cloud import FolderCloud
from vibe_tui.services.sandbox.base import Command, Exit
from vibe_tui.services.sandbox.errors import SandboxAsleep, SandboxUnreachable
from vibe_tui.services.sandbox.lifecycle import ExitPolicy, Lifecycle, Times
from vibe_tui.services.sandbox.local_tree import LocalTree
from vibe_tui.services.sandbox.manifest import Manifest
from vibe_tui.services.sandbox.mirrored import MirroredSandbox
from vibe_tui.services.sandbox.sandbox_record import Kept, SandboxRecord
from vibe_tui.services.sandbox.state import SandboxState
from vibe_tui.services.store import open_store
from vibe_tui.services.working_tree import WorkingTree


@dataclass
class Setup:
    tmp: Path
    cloud: FolderCloud = field(init=False)
    notes: list[str] = field(default_factory=list)
    opened: list[MirroredSandbox] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cloud = FolderCloud(self.tmp / "cloud")
        self.here = self.tmp / "app"
        (self.here / "convex").mkdir(parents=True)
        (self.here / "convex/schema.ts").write_text("schema")
        self.record = SandboxRecord(open_store(self.tmp / "project.json"))

    def open(self, on_exit: ExitPolicy = "pause", times: Times | None = None) -> MirroredSandbox:
        sandbox = MirroredSandbox(
            Lifecycle(self.cloud, self.record, "project-1", times or Times()),
            LocalTree(WorkingTree(self.here)),
            Manifest(self.tmp / "mirror.json"),
            self.notes.append,
            on_exit=on_exit,
            retry=(0.05,),
        )
        self.opened.append(sandbox)
        return sandbox

    def there(self, id: str = "sbx1") -> Path:
        return self.cloud.folder(id)


@pytest.fixture
async def setup(tmp_path: Path) -> AsyncIterator[Setup]:
    made = Setup(tmp_path)
    yield made
    made.cloud.unreachable = False
    for sandbox in made.opened:
        await sandbox.close()


async def run(sandbox: MirroredSandbox, *argv: str) -> tuple[Exit, list[str]]:
    lines: list[str] = []
    running = await sandbox.start(Command(argv), lines.append)
    return await running.wait(), lines


async def until(true: Callable[[], bool], limit: float = 5.0) -> None:
    async with asyncio.timeout(limit):
        while not true():
            await asyncio.sleep(0.01)


def states(sandbox: MirroredSandbox) -> list[str]:
    """The names of its states from now on, each once."""
    seen: list[str] = []

    def note(what: object) -> None:
        if isinstance(what, SandboxState) and seen[-1:] != [what.status]:
            seen.append(what.status)

    sandbox.subscribe(note)
    return seen


async def test_it_is_made_when_a_command_needs_it_and_holds_the_files(setup: Setup) -> None:
    sandbox = setup.open()
    seen = states(sandbox)
    assert not setup.cloud.infos, "opening a project makes nothing"
    ended, lines = await run(sandbox, "sh", "-c", "cat convex/schema.ts; echo generated > convex/made.ts")
    assert (ended.code, lines) == (0, ["schema"])
    assert (setup.here / "convex/made.ts").read_text() == "generated\n", "here before the end is told"
    assert seen == ["off", "creating", "running"]
    assert setup.record.read() == Kept("sbx1")


async def test_every_command_sees_the_files_as_they_are_now(setup: Setup) -> None:
    sandbox = setup.open()
    for text in ("1", "2", "3"):
        (setup.here / "convex/schema.ts").write_text(text)
        assert (await run(sandbox, "cat", "convex/schema.ts"))[1] == [text]


async def test_the_variables_stay_in_the_sandbox(setup: Setup) -> None:
    sandbox = setup.open()
    assert await sandbox.read_env_file() == "", "no sandbox is made to look for them"
    assert not setup.cloud.infos
    await sandbox.write_env_file("KEY=value\n")
    await run(sandbox, "true")
    assert await sandbox.read_env_file() == "KEY=value\n"
    assert not (setup.here / ".env.local").exists()


async def test_leaving_pauses_it_and_the_next_time_it_is_the_same(setup: Setup) -> None:
    sandbox = setup.open()
    await sandbox.wake()
    (setup.there() / "made-inside.ts").write_text("edit")
    await sandbox.close()
    assert (setup.here / "made-inside.ts").read_text() == "edit", "the last changes are brought"
    assert setup.cloud.infos["sbx1"].state == "paused"
    again = setup.open()
    seen = states(again)
    await again.wake()
    assert (seen, list(setup.cloud.infos)) == (["off", "waking", "running"], ["sbx1"])


@pytest.mark.parametrize(("policy", "left"), [("kill", {}), ("leave", {"sbx1": "running"})])
async def test_leaving_by_another_policy(setup: Setup, policy: ExitPolicy, left: dict[str, str]) -> None:
    sandbox = setup.open(policy)
    await sandbox.wake()
    await sandbox.close()
    assert {id: info.state for id, info in setup.cloud.infos.items()} == left
    assert setup.record.read() == Kept("sbx1" if left else "")


async def test_one_that_fell_asleep_wakes_by_itself(setup: Setup) -> None:
    sandbox = setup.open()
    await sandbox.prepare(setup.notes.append)
    setup.cloud.expire("sbx1")
    assert (await run(sandbox, "cat", "convex/schema.ts"))[1] == ["schema"]
    assert sandbox.state.status == "running"


async def test_one_that_is_gone_is_made_anew_from_the_folder(setup: Setup) -> None:
    sandbox = setup.open()
    await sandbox.prepare(setup.notes.append)
    (setup.here / "app.tsx").write_text("later")
    del setup.cloud.infos["sbx1"]
    assert (await run(sandbox, "cat", "convex/schema.ts", "app.tsx"))[1] == ["schemalater"]
    assert setup.record.read() == Kept("sbx2")
    assert setup.cloud.prepared == ["sbx1", "sbx2"], "the new one has its tools before the command runs"


async def test_files_lost_in_a_pause_are_put_back_and_none_is_removed_here(setup: Setup) -> None:
    sandbox = setup.open()
    await sandbox.wake()
    await sandbox.pause()
    assert sandbox.state.status == "paused"
    (setup.there() / "convex/schema.ts").unlink()
    assert (await run(sandbox, "cat", "convex/schema.ts"))[1] == ["schema"]
    assert (setup.here / "convex/schema.ts").exists()


async def test_a_creation_whose_answer_was_lost_makes_no_second_sandbox(setup: Setup) -> None:
    sandbox = setup.open()
    setup.cloud.answers_to_create = False
    with pytest.raises(SandboxUnreachable):
        await sandbox.wake()
    assert setup.record.read().id == ""
    setup.cloud.answers_to_create = True
    await sandbox.close()
    await setup.open().wake()
    assert list(setup.cloud.infos) == ["sbx1"]


async def test_a_cancelled_creation_is_remembered(setup: Setup) -> None:
    sandbox = setup.open()
    waking = asyncio.create_task(sandbox.wake())
    await until(lambda: bool(setup.record.read().attempt))
    waking.cancel()
    await asyncio.wait({waking})
    assert setup.record.read().id == next(iter(setup.cloud.infos), "")


async def test_a_large_upload_is_told_while_it_lasts(setup: Setup) -> None:
    sandbox = setup.open()
    await sandbox.wake()
    told: list[tuple[int, int] | None] = []
    sandbox.subscribe(lambda what: told.append(what.sending) if isinstance(what, SandboxState) else None)
    for number in range(250):
        (setup.here / f"file{number}.ts").write_text(str(number))
    await run(sandbox, "true")
    await until(lambda: sandbox.state.sending is None)
    assert any(told)


async def test_without_a_network_the_state_says_so_and_it_comes_back(setup: Setup) -> None:
    sandbox = setup.open()
    await sandbox.wake()
    setup.cloud.unreachable = True
    (setup.here / "convex/schema.ts").write_text("written meanwhile")
    await until(lambda: sandbox.state.status == "reconnecting")
    with pytest.raises(SandboxUnreachable):
        await sandbox.start(Command(("true",)), setup.notes.append)
    setup.cloud.unreachable = False
    await until(lambda: sandbox.state.status == "running")
    assert (setup.there() / "convex/schema.ts").read_text() == "written meanwhile"


async def test_closing_without_a_network_takes_no_time(setup: Setup) -> None:
    sandbox = setup.open()
    await sandbox.wake()
    setup.cloud.unreachable = True
    async with asyncio.timeout(2):
        await sandbox.close()
    assert "pauses by itself" in setup.notes[-1]


async def test_its_time_is_extended_only_while_it_is_used(setup: Setup) -> None:
    sandbox = setup.open(times=Times(life=60, beat=0.02, idle=0.2))
    await sandbox.wake()
    await until(lambda: len(setup.cloud.extended) > 2)
    assert setup.cloud.extended[0] == 60
    await asyncio.sleep(0.3)
    before = len(setup.cloud.extended)
    await asyncio.sleep(0.1)
    assert len(setup.cloud.extended) == before, "nobody uses it"
    running = await sandbox.start(Command(("sleep", "30")), setup.notes.append)
    await asyncio.sleep(0.3)
    await until(lambda: len(setup.cloud.extended) > before + 8)
    await running.stop()


async def test_killing_it_leaves_no_sandbox_and_no_memory_of_one(setup: Setup) -> None:
    sandbox = setup.open()
    await sandbox.wake()
    (setup.there() / "late.ts").write_text("late")
    await sandbox.kill()
    assert (setup.cloud.infos, setup.record.read(), sandbox.state.status) == ({}, Kept(), "off")
    assert (setup.here / "late.ts").read_text() == "late"


async def test_a_sandbox_that_falls_asleep_during_a_command(setup: Setup) -> None:
    sandbox = setup.open()
    running = await sandbox.start(Command(("sh", "-c", "sleep 0.2; echo out > out.ts")), setup.notes.append)
    setup.cloud.expire("sbx1")
    with pytest.raises(SandboxAsleep):
        await running.wait()
    await sandbox.wake()
    await until(lambda: (setup.here / "out.ts").exists())
