"""The data on disk, also after a crash in the middle of a write."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from vibe_tui.emulator.deployment.journal import FIRST_ID, Commit, Data, Journal, JournalDamaged


def document(id_: str, **fields: object) -> dict[str, object]:
    return {"_id": id_, "_creationTime": 1.5, **fields}


def commit(number: int) -> Commit:
    id_ = f"{number:05}notes"
    return Commit({id_: document(id_, text=f"ü{number}")}, FIRST_ID + number, float(number))


def write(folder: Path, *numbers: int, snapshot_at: int = 1 << 30) -> Data:
    journal = Journal(folder, snapshot_at=snapshot_at)
    data = journal.open()
    for number in numbers:
        journal.append(commit(number))
        data.apply(commit(number))
        if journal.wants_snapshot:
            journal.snapshot(data)
    journal.close()
    return data


def read(folder: Path) -> Data:
    journal = Journal(folder)
    data = journal.open()
    journal.close()
    return data


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    written = write(tmp_path, 1, 2, 3)
    assert read(tmp_path) == written
    assert read(tmp_path).next_id == FIRST_ID + 3


def test_deleted_documents_stay_deleted(tmp_path: Path) -> None:
    write(tmp_path, 1, 2)
    journal = Journal(tmp_path)
    journal.open()
    journal.append(Commit({"00001notes": None}, FIRST_ID + 2, 2.0))
    journal.close()
    assert list(read(tmp_path).documents) == ["00002notes"]


def test_every_torn_tail_is_dropped_and_writing_goes_on(tmp_path: Path) -> None:
    write(tmp_path, 1, 2)
    path = tmp_path / "journal.jsonl"
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for length in range(first, len(whole)):
        path.write_bytes(whole[:length])
        assert list(read(tmp_path).documents) == ["00001notes"]
    write(tmp_path, 3)
    assert list(read(tmp_path).documents) == ["00001notes", "00003notes"]


def test_a_damaged_line_in_the_middle_is_not_passed_over(tmp_path: Path) -> None:
    write(tmp_path, 1, 2)
    path = tmp_path / "journal.jsonl"
    damaged = bytearray(path.read_bytes())
    damaged[20] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(JournalDamaged):
        read(tmp_path)
    assert path.read_bytes() == damaged


def test_a_snapshot_empties_the_journal(tmp_path: Path) -> None:
    written = write(tmp_path, *range(50), snapshot_at=500)
    assert (tmp_path / "journal.jsonl").read_bytes().count(b"\n") < 50
    assert read(tmp_path) == written


def test_a_crash_between_snapshot_and_emptying_applies_nothing_twice(tmp_path: Path) -> None:
    write(tmp_path, 1, 2)
    before = (tmp_path / "journal.jsonl").read_bytes()
    journal = Journal(tmp_path)
    data = journal.open()
    journal.append(Commit({"00001notes": None}, FIRST_ID + 2, 2.0))
    data.apply(Commit({"00001notes": None}, FIRST_ID + 2, 2.0))
    journal.snapshot(data)
    journal.close()
    (tmp_path / "journal.jsonl").write_bytes(before)
    assert list(read(tmp_path).documents) == ["00002notes"]
    write(tmp_path, 4)
    assert list(read(tmp_path).documents) == ["00002notes", "00004notes"]


def test_a_damaged_snapshot_is_reported(tmp_path: Path) -> None:
    write(tmp_path, *range(50), snapshot_at=500)
    (tmp_path / "snapshot.json").write_bytes(b"{}")
    with pytest.raises(JournalDamaged):
        read(tmp_path)


def test_a_full_disk_leaves_the_journal_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    journal.open()
    journal.append(commit(1))
    real = os.write

    def full(descriptor: int, data: memoryview) -> int:
        if len(data) > 20:
            return real(descriptor, data[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        journal.append(Commit({"x": document("x", text="t" * 50)}, FIRST_ID, 0.0))
    monkeypatch.setattr(os, "write", real)
    journal.append(commit(2))
    journal.close()
    assert list(read(tmp_path).documents) == ["00001notes", "00002notes"]


def test_the_files_are_private(tmp_path: Path) -> None:
    write(tmp_path, *range(50), snapshot_at=500)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
