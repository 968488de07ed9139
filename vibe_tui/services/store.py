"""TinyDB kept honest: every change is locked, whole, on disk, and has a last good copy beside it.

Plain TinyDB loses its file with two writers, with a kill at the wrong moment and with a full disk.
Here a change is one transaction: lock, read, modify, replace atomically. Reading takes no lock.

On disk: ``{"_v": <version>, "tables": {<table>: {<document id>: {…}}}}`` in `NAME`, the version
before it in `NAME.bak`, and the lock in `NAME.lock`.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from tinydb import TinyDB
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Table

from vibe_tui.services.atomic import (
    FileLock,
    StoreFull,
    StoreLocked,
    StoreNotWritable,
    sweep,
    write_atomic,
    write_error,
)
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible

__all__ = [
    "Recovered",
    "Store",
    "StoreCorrupt",
    "StoreFull",
    "StoreLocked",
    "StoreNotWritable",
    "StoreTooNew",
    "StoreUnreadable",
    "open_store",
]

Tables = dict[str, dict[str, Any]]
Migrate = Mapping[int, Callable[[Tables], Tables]]
"""From a version to the function that turns its tables into those of the next version."""


class StoreCorrupt(VibeError):
    """Neither the file nor its last good copy can be read."""

    code = "store_corrupt"


class StoreTooNew(VibeError):
    """The file was written by a later version of this program."""

    code = "store_too_new"


class StoreUnreadable(VibeError):
    """The system does not let us read the file."""

    code = "store_unreadable"


@dataclass(frozen=True, slots=True)
class Recovered:
    """A damaged file was replaced by its last good copy."""

    path: Path
    kept: Path | None
    """Where the damaged file is now; None when it was missing altogether."""
    saved: str
    """When the copy was written; ISO 8601, UTC. Changes after that are lost."""

    def __str__(self) -> str:
        where = f"kept as {visible(str(self.kept))}" if self.kept else "missing"
        return (
            f"{visible(str(self.path))} was damaged ({where}); it was restored from its copy of {self.saved}."
        )


class _Damaged(Exception):
    pass


class SafeJSONStorage(Storage):
    """The file and its transactions. Threads and processes may share a path freely."""

    def __init__(self, path: Path, version: int, migrate: Migrate) -> None:
        super().__init__()
        self.path = Path(os.path.realpath(path))  # lock and copies belong beside the real file
        self.recovered: Recovered | None = None
        self._copy = self.path.with_name(f"{self.path.name}.bak")
        self._version = version
        self._migrate = migrate
        self._lock = FileLock(self.path.with_name(f"{self.path.name}.lock"))
        self._swept = False
        self._owner: int | None = None  # the thread in a transaction, which alone sees _pending
        self._pending: bytes | None = None
        self._parsed: Tables | None = None  # _pending for its first reader, who may change it

    def read(self) -> Tables | None:
        if self._owner == threading.get_ident():
            parsed, self._parsed = self._parsed, None
            if parsed is not None or self._pending is None:
                return parsed
            return self._parse(self._pending)[1]
        try:
            raw = self._load()
            if raw is None:
                return None
            found, tables = self._parse(raw)
            if found == self._version:
                return tables
        except _Damaged:
            pass
        with self.transaction():  # repairs or migrates
            return self.read()

    def write(self, data: Tables) -> None:
        # Serialised at once: a value that JSON does not know must not reach the disk.
        raw = json.dumps({"_v": self._version, "tables": data}, separators=(",", ":")).encode()
        with self.transaction():
            self._pending, self._parsed = raw, None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What this thread reads and writes inside is one change: all of it or, on an exception, nothing."""
        with self._lock:
            if self._owner is not None:  # ours: the lock is re-entrant within a thread only
                yield
                return
            if not self._swept:
                sweep(self.path)
                self._swept = True
            before, self._parsed = self._mended()
            self._owner, self._pending = threading.get_ident(), before
            try:
                yield
                after = self._pending
            finally:
                self._owner, self._pending, self._parsed = None, None, None
            if after is not None and after != before:
                self._save(after)

    def _save(self, raw: bytes) -> None:
        write_atomic(self.path, raw, previous=self._copy)
        if not self._copy.exists():
            write_atomic(self._copy, raw)

    def _load(self) -> bytes | None:
        """The file's bytes; None when there is no store yet."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            if self._copy.exists():
                raise _Damaged from None
            return None
        except NotADirectoryError:
            return None  # writing says what is wrong
        except OSError as error:
            raise StoreUnreadable(
                f"{visible(str(self.path))} cannot be read: {error.strerror or error}.",
                next_step="Make it a file that you can read, or set VIBE_TUI_HOME to another folder.",
            ) from error

    def _parse(self, raw: bytes) -> tuple[int, Tables]:
        try:
            envelope = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise _Damaged from error
        if not isinstance(envelope, dict):
            raise _Damaged
        version, tables = envelope.get("_v"), envelope.get("tables")
        if not isinstance(version, int) or not isinstance(tables, dict):
            raise _Damaged
        if version > self._version:
            raise StoreTooNew(
                f"{visible(str(self.path))} was written by a newer vibe-tui "
                f"(format {version}; this one knows {self._version}).",
                next_step="Use the newer version; nothing was changed.",
            )
        if not all(isinstance(table, dict) for table in tables.values()):
            raise _Damaged
        return version, tables

    def _mended(self) -> tuple[bytes | None, Tables | None]:
        """The current content, after repairing or migrating the file if it needs that. Under the lock."""
        try:
            raw = self._load()
            if raw is None:
                return None, None
            version, tables = self._parse(raw)
        except _Damaged:
            raw = self._restore()
            version, tables = self._parse(raw)
        if version == self._version:
            return raw, tables
        write_atomic(self.path.with_name(f"{self.path.name}.v{version}"), raw)
        for step in range(version, self._version):
            tables = self._migrate[step](tables)
        raw = json.dumps({"_v": self._version, "tables": tables}, separators=(",", ":")).encode()
        self._save(raw)
        return raw, tables

    def _restore(self) -> bytes:
        try:
            raw = self._copy.read_bytes()
            self._parse(raw)
            saved = datetime.fromtimestamp(self._copy.stat().st_mtime, UTC).isoformat(timespec="seconds")
        except (OSError, _Damaged) as error:
            name = visible(str(self.path))
            raise StoreCorrupt(
                f"{name} is damaged, and there is no good copy of it.",
                next_step=f"Put a backup in its place, or move {name} and {name}.bak away to start anew.",
            ) from error
        kept: Path | None = self.path.with_name(
            f"{self.path.name}.corrupt-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}"
        )
        try:
            write_atomic(cast(Path, kept), self.path.read_bytes())
        except FileNotFoundError:
            kept = None
        except OSError as error:
            raise write_error(self.path, error) from error
        write_atomic(self.path, raw)
        self.recovered = Recovered(self.path, kept, saved)
        return raw


class SafeTable(Table):
    """A table whose every change is one transaction, and which remembers nothing between two calls."""

    _storage: SafeJSONStorage

    def __init__(self, storage: Storage, name: str, cache_size: int = 0, persist_empty: bool = False) -> None:
        # Query results and the next id may be outdated by another process.
        super().__init__(storage, name, cache_size=0, persist_empty=persist_empty)

    def insert(self, document: Mapping[str, Any]) -> int:
        with self._storage.transaction():
            self._next_id = None
            return super().insert(document)

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        with self._storage.transaction():
            self._next_id = None
            return super().insert_multiple(documents)

    def upsert(self, document: Mapping[str, Any], cond: QueryLike | None = None) -> list[int]:
        with self._storage.transaction():
            return super().upsert(document, cond)

    def _update_table(self, updater: Callable[[dict[int, Mapping[str, Any]]], None]) -> None:
        with self._storage.transaction():
            super()._update_table(updater)


class Store(TinyDB):
    """A TinyDB that any number of processes may open at once."""

    table_class = SafeTable

    def __init__(self, path: Path, version: int, migrate: Migrate) -> None:
        super().__init__(path, version, migrate, storage=SafeJSONStorage)

    @property
    def recovered(self) -> Recovered | None:
        """What was restored from the last good copy since this store was opened."""
        return cast(SafeJSONStorage, self.storage).recovered

    def transaction(self) -> AbstractContextManager[None]:
        """Make several operations one change: nobody comes between, and an exception undoes all of it."""
        return cast(SafeJSONStorage, self.storage).transaction()

    def drop_table(self, name: str) -> None:
        with self.transaction():
            super().drop_table(name)


def open_store(path: Path, *, version: int = 1, migrate: Migrate | None = None) -> Store:
    """The store in the file `path`, which need not exist yet; only writing makes it.

    version: of the documents' schema; an older file is migrated, with a copy `NAME.v<old>` beside it.
    Raises StoreCorrupt, StoreTooNew, StoreUnreadable; and, as every later change may, StoreLocked
    (10 s), StoreFull and StoreNotWritable.
    """
    store = Store(path, version, migrate or {})
    store.tables()  # finds out now whether it can be read
    return store
