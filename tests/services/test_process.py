"""Commands: their output, their end, their environment."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vibe_tui.services.process import CannotStart, RunningProcess, base_environment, spawn
from vibe_tui.services.sandbox.base import Exit


async def run(*argv: str, cwd: Path, limit: float | None = None) -> tuple[Exit, list[str]]:
    lines: list[str] = []
    running = await spawn(argv, cwd=cwd, env=base_environment(), on_line=lines.append, limit=limit)
    return await running.wait(), lines


async def until(lines: list[str], text: str) -> None:
    async with asyncio.timeout(10):
        while not any(text in line for line in lines):
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_both_streams_arrive_in_the_order_they_were_written(tmp_path: Path) -> None:
    script = "for i in 1 2 3; do echo out $i; echo err $i >&2; done; printf 'no line ending'; exit 7"
    ended, lines = await run("sh", "-c", script, cwd=tmp_path)
    assert lines == ["out 1", "err 1", "out 2", "err 2", "out 3", "err 3", "no line ending"]
    assert (ended.code, ended.timed_out, ended.stopped) == (7, False, False)


async def test_a_command_runs_in_its_folder_with_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    ended, lines = await run("sh", "-c", "ls; cat; echo end", cwd=tmp_path)
    assert lines == ["here", "end"]
    assert ended.code == 0


async def test_a_death_by_signal_has_no_exit_code(tmp_path: Path) -> None:
    ended, _ = await run("sh", "-c", "kill -SEGV $$", cwd=tmp_path)
    assert ended.code is None
    assert not ended.stopped


async def test_the_environment_is_exactly_what_was_given(tmp_path: Path) -> None:
    lines: list[str] = []
    env = {"PATH": os.environ["PATH"], "NAME": "value with = and\nnewline", "EMPTY": ""}
    script = "import os, json; print(json.dumps(dict(os.environ)))"
    # with LC_ALL set, Python adds no variable of its own
    running = await spawn(
        [sys.executable, "-c", script], cwd=tmp_path, env=env | {"LC_ALL": "C.UTF-8"}, on_line=lines.append
    )
    await running.wait()
    found = json.loads(lines[0])
    found.pop("__CF_USER_TEXT_ENCODING", None)  # macOS adds it to every process
    assert found == env | {"LC_ALL": "C.UTF-8"}


def test_the_base_environment_leaves_credentials_behind() -> None:
    environ = {
        "PATH": "/bin",
        "HOME": "/home/x",
        "LC_CTYPE": "C.UTF-8",
        "XDG_CACHE_HOME": "/c",
        "https_proxy": "http://proxy:1",
        "NO_PROXY": "localhost",
        "NODE_EXTRA_CA_CERTS": "/ca.pem",
        "npm_config_registry": "http://127.0.0.1:1/",
        "NPM_CONFIG_CAFILE": "/ca.pem",
        "OPENAI_API_KEY": "x",
        "CONVEX_DEPLOY_KEY": "x",
        "npm_config__authtoken": "x",
        "NODE_OPTIONS": "--require /x.js",
        "LD_PRELOAD": "/x.so",
        "PATHOLOGICAL": "x",
    }
    kept = base_environment({"CI": "1"}, environ)
    assert set(kept) == {
        "PATH", "HOME", "LC_CTYPE", "XDG_CACHE_HOME", "https_proxy", "NO_PROXY", "NODE_EXTRA_CA_CERTS",
        "npm_config_registry", "NPM_CONFIG_CAFILE", "CI",
    }  # fmt: skip


async def test_no_descriptor_of_ours_reaches_the_command(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        script = "import os\nfor fd in range(3, 100):\n try: os.fstat(fd); print(fd)\n except OSError: pass"
        _, lines = await run(sys.executable, "-S", "-c", script, cwd=tmp_path)
    assert lines == []


async def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="`no-such-program` could not be started: no such file"):
        await run("no-such-program", cwd=tmp_path)


async def test_a_file_that_may_not_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x")
    with pytest.raises(CannotStart, match="`plain` could not be started: permission denied"):
        await run(str(tmp_path / "plain"), cwd=tmp_path)


async def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="gone"):
        await run("true", cwd=tmp_path / "gone")


async def test_the_limit_ends_the_whole_group(tmp_path: Path) -> None:
    ended, lines = await run("sh", "-c", "sleep 60 & echo $!; wait", cwd=tmp_path, limit=0.3)
    assert ended.timed_out
    assert ended.stopped
    assert 0.3 <= ended.seconds < 3
    assert not alive(int(lines[0]))


async def test_stop_lets_a_program_end_in_its_own_way(tmp_path: Path) -> None:
    lines: list[str] = []
    script = "trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.05; done"
    running = await spawn(["sh", "-c", script], cwd=tmp_path, env=base_environment(), on_line=lines.append)
    await until(lines, "ready")
    ended = await running.stop()
    assert lines[-1] == "bye"
    assert (ended.code, ended.stopped, ended.timed_out) == (5, True, False)
    assert await running.stop() == ended


async def test_stop_kills_what_ignores_term(tmp_path: Path) -> None:
    lines: list[str] = []
    script = "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & echo $!; while :; do sleep 1; done"
    running = await spawn(["sh", "-c", script], cwd=tmp_path, env=base_environment(), on_line=lines.append)
    await until(lines, "")
    began = time.monotonic()
    ended = await running.stop()
    assert 2.5 < time.monotonic() - began < 6
    assert ended.code is None
    assert not alive(running.pid)
    assert not alive(int(lines[0]))


async def test_what_a_command_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    ended, lines = await run("sh", "-c", "sleep 60 & echo $!", cwd=tmp_path)
    assert ended.code == 0
    assert not alive(int(lines[0]))


async def test_a_flood_leaves_the_event_loop_free(tmp_path: Path) -> None:
    count, last, beats = 0, "", 0

    def on_line(line: str) -> None:
        nonlocal count, last
        count, last = count + 1, line

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    beating = asyncio.create_task(beat())
    script = "import sys\nfor i in range(1000000): sys.stdout.write(f'line {i} of a flood\\n')"
    running = await spawn(
        [sys.executable, "-S", "-c", script], cwd=tmp_path, env=base_environment(), on_line=on_line
    )
    await running.wait()
    beating.cancel()
    assert count == 1_000_000
    assert last == "line 999999 of a flood"
    assert beats > 20  # a million lines, and others still had their turns


async def test_a_slow_reader_slows_the_command_down(tmp_path: Path) -> None:
    """Nothing piles up: while lines are not taken, the command can not go on writing."""
    progress = tmp_path / "written"
    script = (
        "import os, sys\n"
        "for i in range(200):\n"
        " os.write(1, b'x' * 8191 + b'\\n')\n"
        f" open({str(progress)!r}, 'w').write(str(i))\n"
    )
    seen: list[int] = []

    def on_line(line: str) -> None:
        if not seen:
            time.sleep(0.5)  # the loop itself is held up
        seen.append(int(progress.read_text() or 0) if progress.exists() else 0)

    running = await spawn(
        [sys.executable, "-S", "-c", script], cwd=tmp_path, env=base_environment(), on_line=on_line
    )
    await running.wait()
    assert len(seen) == 200
    assert seen[0] < 40  # two pipe buffers of 64 KiB are 16 lines


async def test_bytes_that_are_not_text_become_replacement_characters(tmp_path: Path) -> None:
    script = (
        "import os; os.write(1, b'a\\xff\\xfeb \\xe2\\x82'); os.write(1, b'\\xac\\x1b[2J\\x1b]0;t\\x07!\\n')"
    )
    _, lines = await run(sys.executable, "-S", "-c", script, cwd=tmp_path)
    assert lines == ["a��b €!"]


async def test_a_cancelled_wait_leaves_the_command_running(tmp_path: Path) -> None:
    running = await spawn(["sleep", "60"], cwd=tmp_path, env=base_environment(), on_line=print)
    waiting = asyncio.create_task(running.wait())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert alive(running.pid)
    await running.stop()


def test_closing_the_event_loop_ends_the_command(tmp_path: Path) -> None:
    async def leave() -> RunningProcess:
        return await spawn(["sleep", "60"], cwd=tmp_path, env=base_environment(), on_line=print)

    running = asyncio.run(leave())
    assert not alive(running.pid)


async def test_a_supervisor_that_was_stopped_is_no_way_to_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vibe_tui.services.process._SUPERVISOR_LIMIT", 0.5)
    running = await spawn(["sleep", "60"], cwd=tmp_path, env=base_environment(), on_line=print)
    os.kill(parent(running.pid), signal.SIGSTOP)
    ended = await running.stop()
    assert ended.code is None
    async with asyncio.timeout(5):
        while alive(running.pid):  # dead at once; its new parent has to collect it
            await asyncio.sleep(0.01)


def parent(pid: int) -> int:
    return int(subprocess.check_output(["ps", "-o", "ppid=", "-p", str(pid)]))
