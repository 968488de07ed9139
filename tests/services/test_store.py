"""The store as one process sees it: transactions, repair, versions, permissions."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest
from tinydb import where

from vibe_tui.services.store import (
    Store,
    StoreCorrupt,
    StoreNotWritable,
    StoreTooNew,
    StoreUnreadable,
    Tables,
    open_store,
)

DAMAGE = {
    "empty": b"",
    "a list": b"[]",
    "truncated": b'{"_v": 1, "tables": {"_default": {"1": {"a"',
    "trailing bytes": b'{"_v": 1, "tables": {}}}',
    "binary": bytes(range(256)),
    "ten megabytes": b"\x00\xff{" * 3_500_000,
    "deep": b"[" * 100_000,
    "plain TinyDB": b'{"_default": {"1": {"a": 1}}}',
    "tables of the wrong kind": b'{"_v": 1, "tables": {"_default": 3}}',
}


def store_of(path: Path) -> Store:
    store = open_store(path)
    store.insert({"name": "first"})
    store.insert({"name": "second"})
    return store


def names(store: Store) -> list[str]:
    return [document["name"] for document in store]


def test_it_is_a_tinydb(tmp_path: Path) -> None:
    store = store_of(tmp_path / "a.json")
    assert store.table("other").insert_multiple({"n": n} for n in range(3)) == [1, 2, 3]
    assert store.update({"done": True}, where("name") == "first") == [1]
    assert store.upsert({"name": "third"}, where("name") == "third") == [3]
    assert store.remove(where("name") == "second") == [2]
    assert open_store(tmp_path / "a.json").tables() == {"_default", "other"}
    assert open_store(tmp_path / "a.json").get(doc_id=1) == {"name": "first", "done": True}
    store.drop_table("other")
    assert store.tables() == {"_default"}
    store.drop_tables()
    assert store.tables() == set()


def test_reading_makes_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path / "home" / "a.json")
    assert len(store) == 0
    assert store.search(where("name") == "x") == []
    assert list(tmp_path.iterdir()) == []


def test_two_stores_on_one_file_see_each_other(tmp_path: Path) -> None:
    one, other = store_of(tmp_path / "a.json"), open_store(tmp_path / "a.json")
    assert other.search(where("name") == "third") == []
    assert one.insert({"name": "third"}) == 3
    assert len(other.search(where("name") == "third")) == 1
    assert other.insert({"name": "fourth"}) == 4
    assert one.insert({"name": "fifth"}) == 5


def test_a_document_that_was_read_is_nobody_elses(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.json")
    store.insert({"list": [1]})
    document = store.get(doc_id=1)
    document["list"].append(2)
    assert store.get(doc_id=1) == {"list": [1]}


def test_an_exception_undoes_the_whole_transaction(tmp_path: Path) -> None:
    store = store_of(tmp_path / "a.json")
    with pytest.raises(RuntimeError, match="no"), store.transaction():
        store.insert({"name": "third"})
        store.update({"name": "changed"}, doc_ids=[1])
        assert names(store) == ["changed", "second", "third"]
        raise RuntimeError("no")
    assert names(store) == ["first", "second"]


def test_a_transaction_is_seen_only_when_it_is_whole(tmp_path: Path) -> None:
    store = store_of(tmp_path / "a.json")
    with store.transaction():
        store.insert({"name": "third"})
        assert names(open_store(tmp_path / "a.json")) == ["first", "second"]
        with store.transaction():
            store.insert({"name": "fourth"})
    assert names(open_store(tmp_path / "a.json")) == ["first", "second", "third", "fourth"]


def test_threads_share_a_store(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.json")
    store.insert({"count": 0})

    def count() -> None:
        for _ in range(50):
            with store.transaction():
                store.update({"count": store.get(doc_id=1)["count"] + 1}, doc_ids=[1])

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get(doc_id=1) == {"count": 200}


def test_a_value_that_json_does_not_know_changes_nothing(tmp_path: Path) -> None:
    store = store_of(tmp_path / "a.json")
    before = (tmp_path / "a.json").read_bytes()
    with pytest.raises(TypeError):
        store.insert({"name": object()})
    assert (tmp_path / "a.json").read_bytes() == before
    assert names(store) == ["first", "second"]


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_is_restored_and_kept(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "a.json"
    store_of(path)
    path.write_bytes(damage)
    store = open_store(path)
    assert names(store) == ["first"]  # the copy is the version before the last
    recovered = store.recovered
    assert recovered is not None
    assert recovered.kept is not None
    assert recovered.kept.read_bytes() == damage
    assert str(recovered.kept) in str(recovered)
    store.insert({"name": "again"})
    assert names(open_store(path)) == ["first", "again"]
    assert open_store(path).recovered is None


def test_a_file_damaged_while_the_store_is_open_is_restored(tmp_path: Path) -> None:
    store = store_of(tmp_path / "a.json")
    (tmp_path / "a.json").write_bytes(b"")
    store.insert({"name": "third"})
    assert names(store) == ["first", "third"]
    assert store.recovered is not None


def test_the_first_version_has_a_copy_too(tmp_path: Path) -> None:
    open_store(tmp_path / "a.json").insert({"name": "only"})
    (tmp_path / "a.json").write_bytes(b"")
    assert names(open_store(tmp_path / "a.json")) == ["only"]


def test_a_missing_file_with_a_copy_is_restored(tmp_path: Path) -> None:
    store_of(tmp_path / "a.json")
    (tmp_path / "a.json").unlink()
    store = open_store(tmp_path / "a.json")
    assert names(store) == ["first"]
    assert store.recovered is not None
    assert store.recovered.kept is None


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_two_damaged_files_are_refused_and_left_alone(tmp_path: Path, damage: bytes) -> None:
    path, copy = tmp_path / "a.json", tmp_path / "a.json.bak"
    store = store_of(path)
    path.write_bytes(damage)
    copy.write_bytes(damage)
    with pytest.raises(StoreCorrupt) as caught:
        open_store(path)
    assert str(path) in caught.value.message
    with pytest.raises(StoreCorrupt):
        store.insert({"name": "third"})
    assert path.read_bytes() == damage
    assert copy.read_bytes() == damage


def test_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    older = store_of(path)
    open_store(path, version=2, migrate={1: lambda tables: tables}).insert({"name": "third"})
    before = path.read_bytes()
    with pytest.raises(StoreTooNew):
        open_store(path)
    with pytest.raises(StoreTooNew):  # also where it was open when the newer version came
        older.insert({"name": "fourth"})
    assert path.read_bytes() == before


def test_an_older_version_is_migrated_step_by_step_with_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    store_of(path)
    before = path.read_bytes()

    def to_two(tables: Tables) -> Tables:
        return {"people": {id: {**document, "two": True} for id, document in tables["_default"].items()}}

    def to_three(tables: Tables) -> Tables:
        return {"people": {id: {**document, "three": True} for id, document in tables["people"].items()}}

    store = open_store(path, version=3, migrate={1: to_two, 2: to_three})
    assert store.table("people").get(doc_id=1) == {"name": "first", "two": True, "three": True}
    assert (tmp_path / "a.json.v1").read_bytes() == before
    assert store.recovered is None


def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    for mask in (0o000, 0o777):
        path = tmp_path / f"home-{mask}" / "deeper" / "a.json"
        before = os.umask(mask)
        try:
            store_of(path)
            path.write_bytes(b"")
            open_store(path).insert({"name": "third"})
        finally:
            os.umask(before)
        files = list(path.parent.iterdir())
        assert len(files) == 4  # the file, its copy, the lock, the damaged one
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700


def test_a_symbolic_link_to_the_file_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "real" / "a.json", tmp_path / "link.json"
    store_of(real)
    link.symlink_to(real)
    open_store(link).insert({"name": "third"})
    assert link.is_symlink()
    assert names(open_store(real)) == ["first", "second", "third"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["link.json", "real"]


def test_what_killed_writers_left_is_swept(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    store_of(path)
    old, new, other = (tmp_path / name for name in (".a.json.1.tmp", ".a.json.2.tmp", ".b.json.1.tmp"))
    for left in (old, new, other):
        left.write_text("half")
    for left in (old, other):
        os.utime(left, (1, 1))
    open_store(path).insert({"name": "third"})
    assert [left.exists() for left in (old, new, other)] == [False, True, True]


def test_times_in_the_future_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    store = store_of(path)
    for file in tmp_path.iterdir():
        os.utime(file, (4e9, 4e9))
    store.insert({"name": "third"})
    assert names(open_store(path)) == ["first", "second", "third"]


def test_a_folder_in_the_place_of_the_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    with pytest.raises(StoreUnreadable) as caught:
        open_store(tmp_path / "a.json")
    assert str(tmp_path / "a.json") in caught.value.message


def test_a_file_in_the_place_of_the_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    store = open_store(tmp_path / "home" / "a.json")
    with pytest.raises(StoreNotWritable) as caught:
        store.insert({"name": "first"})
    assert str(tmp_path / "home") in caught.value.message
    assert caught.value.next_step
