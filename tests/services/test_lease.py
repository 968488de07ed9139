"""One writer per project: held, named, freed by any death."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vibe_tui.services.atomic import StoreNotWritable
from vibe_tui.services.lease import Lease, ProjectHeld, holder

HOLD = """
import sys
from pathlib import Path
from vibe_tui.services.lease import Lease
lease = Lease.acquire(Path(sys.argv[1]), "vibe-tui dev")
print("held", flush=True)
for line in sys.stdin:
    lease.publish({"text": line.strip() * int(sys.argv[2])})
    print("published", flush=True)
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lease and publishes what it is told."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "p" / "lease"), "3"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_nobody_holds_what_was_never_leased(tmp_path: Path) -> None:
    assert holder(tmp_path / "p" / "lease") is None
    assert list(tmp_path.iterdir()) == []


def test_a_lease_names_its_holder_until_it_is_released(tmp_path: Path) -> None:
    path = tmp_path / "p" / "lease"
    with Lease.acquire(path, "vibe-tui push") as lease:
        held = holder(path)
        assert held is not None
        assert (held.pid, held.command, held.host) == (os.getpid(), "vibe-tui push", os.uname().nodename)
        lease.publish({"status": "running"})
        held = holder(path)
        assert held is not None
        assert held.status == {"status": "running"}
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert holder(path) is None
    lease.release()
    Lease.acquire(path, "vibe-tui push").release()


def test_the_second_is_told_who_holds_it(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    path = tmp_path / "p" / "lease"
    with pytest.raises(ProjectHeld) as caught:
        Lease.acquire(path, "vibe-tui push")
    assert f"`vibe-tui dev` (process {other.pid}, since " in caught.value.message
    assert caught.value.next_step
    assert caught.value.holder == holder(path)


def test_a_reader_sees_what_the_holder_published_last(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    path = tmp_path / "p" / "lease"
    assert other.stdin is not None
    assert other.stdout is not None
    for text in ("a" * 9000, "b"):  # the shorter one leaves nothing of the longer one
        other.stdin.write(f"{text}\n")
        other.stdin.flush()
        assert other.stdout.readline() == "published\n"
        held = holder(path)
        assert held is not None
        assert held.status == {"text": text * 3}


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM])
def test_any_death_frees_it_at_once(
    tmp_path: Path, other: subprocess.Popen[str], death: signal.Signals
) -> None:
    path = tmp_path / "p" / "lease"
    os.kill(other.pid, death)
    other.wait(10)
    assert holder(path) is None
    with Lease.acquire(path, "vibe-tui push"):
        held = holder(path)
        assert held is not None
        assert held.pid == os.getpid()


def test_a_child_of_the_holder_does_not_keep_it(tmp_path: Path) -> None:
    path = tmp_path / "p" / "lease"
    lease = Lease.acquire(path, "vibe-tui dev")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        lease.release()
        Lease.acquire(path, "vibe-tui push").release()
        child.kill()


def start(script: str, path: Path) -> subprocess.Popen[str]:
    """Another process that has begun to do what `script` says with the lease `path`."""
    prelude = (
        "import sys; from pathlib import Path; from vibe_tui.services.lease import Lease, holder\n"
        "path = Path(sys.argv[1]); print('started', flush=True)\n"
    )
    argv = [sys.executable, "-c", prelude + script, str(path)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def test_readers_never_keep_a_writer_out(tmp_path: Path) -> None:
    path = tmp_path / "p" / "lease"
    Lease.acquire(path, "x").release()
    readers = [start("while True: holder(path)", path) for _ in range(3)]
    try:
        for _ in range(3000):
            Lease.acquire(path, "vibe-tui push").release()
    finally:
        for reader in readers:
            reader.kill()
            reader.communicate()


def test_readers_beside_a_busy_holder_never_see_half_a_status(tmp_path: Path) -> None:
    path = tmp_path / "p" / "lease"
    writer = start(
        "lease, n = Lease.acquire(path, 'vibe-tui dev'), 0\n"
        "while True: n += 1; lease.publish({'text': str(n % 10) * (9000 + n % 900)})",
        path,
    )
    try:
        seen = [holder(path) for _ in range(2000)]
    finally:
        writer.kill()
        writer.communicate()
    texts = [held.status["text"] for held in seen if held is not None and held.status]
    assert len(texts) > 10
    assert all(len(set(text)) == 1 for text in texts)


def test_a_command_with_control_characters_is_shown_harmless(tmp_path: Path) -> None:
    path = tmp_path / "p" / "lease"
    with Lease.acquire(path, "x\x1b[2J"), pytest.raises(ProjectHeld) as caught:
        Lease.acquire(path, "y")
    assert "\x1b" not in caught.value.message


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine")
    (tmp_path / "lease").symlink_to(tmp_path / "target")
    with pytest.raises(StoreNotWritable):
        Lease.acquire(tmp_path / "lease", "x")
    assert holder(tmp_path / "lease") is None
    assert (tmp_path / "target").read_text() == "mine"
