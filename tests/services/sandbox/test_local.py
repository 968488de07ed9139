"""Commands on this computer, in the project's folder."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from pathlib import Path

import pytest

from vibe_tui.services.node import NodeMissing, NodeTooOld, find_node
from vibe_tui.services.process import CannotStart
from vibe_tui.services.sandbox.base import Command, Sandbox
from vibe_tui.services.sandbox.local import LocalSandbox, SandboxFolderGone
from vibe_tui.services.working_tree import PathRefused


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    return tmp_path / "app"


@pytest.fixture
def sandbox(project: Path, toolchain: Path) -> LocalSandbox:
    environ = os.environ | {"OPENAI_API_KEY": "not-for-commands"}
    return LocalSandbox(project, node_setting="", toolchain_folder=toolchain.parent, environ=environ)


async def output(sandbox: Sandbox, command: Command) -> list[str]:
    lines: list[str] = []
    running = await sandbox.start(command, lines.append)
    assert (await running.wait()).code == 0, lines
    return lines


async def test_the_real_convex_cli_runs(sandbox: LocalSandbox, toolchain: Path) -> None:
    await sandbox.prepare(print)
    assert sandbox.node.supported
    assert sandbox.toolchain == toolchain
    assert await output(sandbox, Command(sandbox.convex("--version"))) == ["1.48.0"]


async def test_preparing_twice_changes_nothing(sandbox: LocalSandbox, project: Path) -> None:
    lines: list[str] = []
    await sandbox.prepare(lines.append)
    await sandbox.prepare(lines.append)
    assert lines == []
    assert os.listdir(project) == ["node_modules"]  # noqa: PTH208


async def test_a_link_that_was_lost_is_made_again(sandbox: LocalSandbox, project: Path) -> None:
    await sandbox.prepare(print)
    (project / "node_modules").unlink()
    await sandbox.prepare(print)
    assert (project / "node_modules" / "convex").is_dir()


async def test_commands_get_their_own_variables_and_none_of_ours(sandbox: LocalSandbox) -> None:
    script = 'echo "$CI/$OPENAI_API_KEY/$PWD"'
    lines = await output(sandbox, Command(("sh", "-c", script), env={"CI": "1"}))
    assert lines[0].startswith("1//")
    assert lines[0].endswith("/app")


async def test_node_means_the_one_that_was_chosen(project: Path, toolchain: Path, tmp_path: Path) -> None:
    chosen = tmp_path / "chosen" / "node"
    chosen.parent.mkdir()
    shutil.copyfile(find_node("").path, chosen)
    chosen.chmod(0o755)
    sandbox = LocalSandbox(
        project, node_setting=str(chosen), toolchain_folder=toolchain.parent, environ=os.environ
    )
    await sandbox.prepare(print)
    lines = await output(sandbox, Command(("sh", "-c", "node -p process.execPath")))
    assert lines == [str(chosen)]


async def test_an_old_node_is_refused(project: Path, toolchain: Path, tmp_path: Path) -> None:
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v18.0.0\n")
    old.chmod(0o755)
    sandbox = LocalSandbox(
        project, node_setting=str(old), toolchain_folder=toolchain.parent, environ=os.environ
    )
    with pytest.raises(NodeTooOld):
        await sandbox.prepare(print)
    assert os.listdir(project) == []  # noqa: PTH208


async def test_no_node(project: Path, toolchain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vibe_tui.services.node._wheel", lambda: None)
    monkeypatch.setattr("sys.prefix", "/nowhere")
    sandbox = LocalSandbox(
        project, node_setting="", toolchain_folder=toolchain.parent, environ={"PATH": "/x"}
    )
    with pytest.raises(NodeMissing):
        await sandbox.prepare(print)


async def test_what_runs_is_noted(project: Path, toolchain: Path) -> None:
    noted: list[str] = []
    sandbox = LocalSandbox(
        project,
        node_setting="",
        toolchain_folder=toolchain.parent,
        environ=os.environ,
        note=noted.append,
    )
    await sandbox.prepare(print)
    await output(sandbox, Command(sandbox.convex("--version")))
    running = await sandbox.start(Command(("sh", "-c", "exit 3 # \x1b[2J")), print)
    await running.wait()
    await sandbox.close()
    assert noted[2] == "$ npx convex --version"
    assert noted[3].startswith("  exit 0 after ")
    assert noted[4] == "$ sh -c 'exit 3 # <U+001B>[2J'"
    assert noted[5].startswith("  exit 3 after ")


async def test_a_missing_program(sandbox: LocalSandbox) -> None:
    with pytest.raises(CannotStart, match="no-such-program"):
        await sandbox.start(Command(("no-such-program",)), print)


async def test_closing_stops_what_runs(sandbox: LocalSandbox) -> None:
    one = await sandbox.start(Command(("sleep", "60")), print)
    two = await sandbox.start(Command(("sleep", "60")), print)
    await sandbox.close()
    for running in (one, two):
        assert (await running.wait()).stopped
        with pytest.raises(ProcessLookupError):
            os.kill(running.pid, 0)
    await sandbox.close()


async def test_a_limit(sandbox: LocalSandbox) -> None:
    running = await sandbox.start(Command(("sleep", "60"), limit=0.2), print)
    assert (await running.wait()).timed_out


async def test_the_env_file_is_private_and_whole(sandbox: LocalSandbox, project: Path) -> None:
    assert await sandbox.read_env_file() == ""
    (project / ".env.local").write_text("old")
    (project / ".env.local").chmod(0o644)
    await sandbox.write_env_file("A=1\n")
    assert await sandbox.read_env_file() == "A=1\n"
    assert stat.S_IMODE((project / ".env.local").stat().st_mode) == 0o600
    assert os.listdir(project) == [".env.local"]  # noqa: PTH208


async def test_the_env_file_is_never_written_through_a_link(
    sandbox: LocalSandbox, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").write_text("untouched")
    (project / ".env.local").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PathRefused, match="symbolic link") as error:
        await sandbox.write_env_file("SECRET=1\n")
    assert error.value.next_step == "Put a file in the place of the link."
    with pytest.raises(PathRefused):
        await sandbox.read_env_file()
    assert (tmp_path / "elsewhere").read_text() == "untouched"


async def test_the_folder_is_gone(sandbox: LocalSandbox, project: Path) -> None:
    await sandbox.prepare(print)
    shutil.rmtree(project)
    attempts = (
        sandbox.prepare(print),
        sandbox.start(Command(("true",)), print),
        sandbox.write_env_file("A=1"),
        sandbox.read_env_file(),
    )
    for attempt in attempts:
        with pytest.raises(SandboxFolderGone, match=r"app is gone"):
            await attempt
    assert "app" not in os.listdir(project.parent)  # noqa: PTH208


async def test_it_can_be_used_as_a_sandbox(sandbox: LocalSandbox) -> None:
    """The type checker compares it with the Protocol; this is where."""
    as_protocol: Sandbox = sandbox
    assert as_protocol.kind == "local"
    async with asyncio.timeout(5):
        await as_protocol.close()
