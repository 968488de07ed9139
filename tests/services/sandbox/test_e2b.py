"""The E2B adapter with the unmodified SDK, against the loopback E2B."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.e2b_server.server import E2BServer, Fault
from vibe_tui.services.credentials import Credentials
from vibe_tui.services.paths import Home
from vibe_tui.services.sandbox import errors
from vibe_tui.services.sandbox.base import Command
from vibe_tui.services.sandbox.e2b_cloud import E2BCloud
from vibe_tui.services.sandbox.e2b_process import Patience


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[E2BServer]:
    async with E2BServer(tmp_path / "e2b").running() as server:
        yield server


@pytest.fixture
def cloud(server: E2BServer, tmp_path: Path) -> E2BCloud:
    return a_cloud(server.environ(), tmp_path)


def a_cloud(environ: dict[str, str], tmp_path: Path, template: str = "base") -> E2BCloud:
    credentials = Credentials(Home(tmp_path / "home"), "file")
    return E2BCloud(template, credentials, environ, print, Patience(silence=0.3, retry=(0.05, 0.2)))


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not what():
            await asyncio.sleep(0.02)


async def test_output_is_streamed_and_the_exit_code_told(cloud: E2BCloud) -> None:
    sandbox = await cloud.create("p1", "a1", 300)
    lines: list[str] = []
    running = await sandbox.start(
        Command(("sh", "-c", "echo $A; echo e >&2; exit 3"), {"A": "1"}), lines.append
    )
    assert (await running.wait()).code == 3
    assert sorted(lines) == ["1", "e"]


async def test_a_limit_ends_the_whole_tree(cloud: E2BCloud) -> None:
    sandbox = await cloud.create("p1", "a1", 300)
    running = await sandbox.start(Command(("sh", "-c", "setsid sleep 61 & sleep 62"), limit=0.3), print)
    async with asyncio.timeout(10):
        end = await running.wait()
    assert (end.timed_out, end.stopped) == (True, True)


async def test_a_dropped_stream_is_followed_again_with_its_gap_marked(
    cloud: E2BCloud, server: E2BServer
) -> None:
    sandbox = await cloud.create("p1", "a1", 300)
    lines: list[str] = []
    script = "echo one; while [ ! -e go ]; do sleep 0.05; done; echo two"
    running = await sandbox.start(Command(("sh", "-c", script)), lines.append)
    await until(lambda: "one" in lines)
    server.drop()
    await until(lambda: len(lines) > 1)
    await sandbox.files.write({"go": b""})
    assert (await running.wait()).code == 0
    assert lines == ["one", "… the connection broke; output is missing here …", "two"]


async def test_the_files(cloud: E2BCloud, server: E2BServer) -> None:
    sandbox = await cloud.create("p1", "a1", 300)
    await sandbox.files.write({"a.ts": b"1", "convex/ä b.ts": b"2", "node_modules/x.js": b"3"})
    assert set(await sandbox.files.hashes(None, ())) == {"a.ts", "convex/ä b.ts"}
    assert set(await sandbox.files.hashes(["convex", "gone"], ())) == {"convex/ä b.ts"}
    assert await sandbox.files.read("convex/ä b.ts", 10) == b"2"
    assert await sandbox.files.read("none", 10) is None
    seen: set[str] = set()
    unwatch = await sandbox.files.watch(["convex"], lambda paths: seen.update(paths or ()))
    await sandbox.files.write({"convex/new.ts": b""})
    await until(lambda: "convex/new.ts" in seen)
    await unwatch()
    await sandbox.files.remove(["convex/ä b.ts", "convex/new.ts"])
    assert set(await sandbox.files.hashes(None, ())) == {"a.ts"}


async def test_the_env_file_is_private(cloud: E2BCloud, server: E2BServer) -> None:
    sandbox = await cloud.create("p1", "a1", 300)
    assert await sandbox.read_env_file() == ""
    await sandbox.write_env_file("A=1\n")
    assert await sandbox.read_env_file() == "A=1\n"
    file = server.machines.all[sandbox.id].home / "app" / ".env.local"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_asleep_resumed_and_gone(cloud: E2BCloud, server: E2BServer) -> None:
    sandbox = await cloud.create("p1", "a1", 300)
    await sandbox.files.write({"a": b"1"})
    await sandbox.pause()
    with pytest.raises(errors.SandboxAsleep):
        await sandbox.files.read("a", 10)
    sandbox = await cloud.connect(sandbox.id, 300)
    assert await sandbox.files.read("a", 10) == b"1"
    await cloud.kill(sandbox.id)
    with pytest.raises(errors.SandboxGone):
        await sandbox.files.read("a", 10)
    with pytest.raises(errors.SandboxGone):
        await cloud.connect(sandbox.id, 300)
    await cloud.kill(sandbox.id)
    assert server.live == 0


async def test_one_attempt_makes_one_sandbox_that_is_ours(cloud: E2BCloud, server: E2BServer) -> None:
    first, second = await cloud.create("p1", "a1", 300), await cloud.create("p1", "a1", 300)
    assert first.id == second.id
    assert [(one.id, one.project, one.state) for one in await cloud.ours()] == [(first.id, "p1", "running")]
    assert server.machines.all[first.id].pause_at_end


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (401, "Invalid API key", errors.SandboxKeyWrong),
        (429, "Rate limit", errors.SandboxRateLimited),
        (429, "maximum of 20 concurrent sandboxes", errors.SandboxQuota),
        (403, "plan", errors.SandboxQuota),
        (503, "busy", errors.SandboxBusy),
        (502, "bad gateway", errors.SandboxUnreachable),
    ],
)
async def test_what_the_account_refuses(
    cloud: E2BCloud, server: E2BServer, status: int, message: str, expected: type[errors.SandboxFailed]
) -> None:
    server.faults.append(Fault("/sandboxes", status, message, headers={"Should-Retry": "false"}))
    with pytest.raises(expected) as failure:
        await cloud.create("p1", "a1", 300)
    assert failure.value.next_step
    assert server.live == 0


async def test_no_key_no_template_nobody_there(server: E2BServer, tmp_path: Path) -> None:
    with pytest.raises(errors.SandboxKeyMissing):
        await a_cloud(server.environ() | {"E2B_API_KEY": ""}, tmp_path).create("p1", "a1", 300)
    with pytest.raises(errors.SandboxTemplateMissing):
        await a_cloud(server.environ(), tmp_path, "none").create("p1", "a1", 300)
    with pytest.raises(errors.SandboxUnreachable):
        await a_cloud(server.environ() | {"E2B_API_URL": "http://127.0.0.1:9"}, tmp_path).ours()


async def test_the_real_convex_cli_runs_with_the_tools_of_the_template(
    cloud: E2BCloud, server: E2BServer, toolchain: Path
) -> None:
    sandbox = await cloud.create("p1", "a1", 300)
    tools = server.machines.all[sandbox.id].home / ".vibe-tui" / "toolchain"
    tools.parent.mkdir()
    tools.symlink_to(toolchain)
    lines: list[str] = []
    await sandbox.prepare(lines.append)
    running = await sandbox.start(Command(sandbox.convex("--version")), lines.append)
    assert (await running.wait()).code == 0
    assert lines == ["1.48.0"]


async def test_a_silent_command_is_asked_after_and_goes_on(cloud: E2BCloud) -> None:
    """It is silent for longer than `Patience.silence`, three times over."""
    sandbox = await cloud.create("p1", "a1", 300)
    lines: list[str] = []
    running = await sandbox.start(Command(("sh", "-c", "sleep 1.2; echo done")), lines.append)
    assert (await running.wait()).code == 0
    assert lines == ["done"]


async def test_cancelling_a_wait_harms_nothing(cloud: E2BCloud) -> None:
    sandbox = await cloud.create("p1", "a1", 300)
    running = await sandbox.start(Command(("sleep", "63")), print)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(running.wait(), 0.1)
    assert (await running.stop()).stopped


async def test_a_killed_sandbox_ends_the_waiting(cloud: E2BCloud) -> None:
    sandbox = await cloud.create("p1", "a1", 300)
    running = await sandbox.start(Command(("sleep", "64")), print)
    await cloud.kill(sandbox.id)
    async with asyncio.timeout(8):
        with pytest.raises(errors.SandboxGone):
            await running.wait()
