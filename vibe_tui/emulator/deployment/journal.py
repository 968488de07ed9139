"""The data of a deployment on disk: a snapshot, and a journal of the commits since.

Every line of the journal is ``<crc32, 8 hex digits> <length in bytes> <JSON>``. A line that was cut off
by a crash is the last one and was never acknowledged: it is dropped. Lines the snapshot already contains
(a crash between writing it and emptying the journal) are recognised by their sequence number.
"""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vibe_tui.emulator.deployment.files import write_private

Document = dict[str, Any]
"""A document as Convex JSON, with ``_id`` and ``_creationTime``."""

FIRST_ID = 10000
SNAPSHOT_AT = 8 * 1024 * 1024
"""Journal size in bytes from which a snapshot is worth writing."""


class JournalDamaged(OSError):
    """The stored data cannot be read; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One transaction: the documents it wrote (None: deleted) and the counters after it."""

    documents: dict[str, Document | None]
    next_id: int
    last_creation_time: float


@dataclass(slots=True)
class Data:
    """Everything in the database. `documents`: id -> document."""

    documents: dict[str, Document] = field(default_factory=dict)
    next_id: int = FIRST_ID
    last_creation_time: float = 0

    def apply(self, commit: Commit) -> None:
        for id_, document in commit.documents.items():
            if document is None:
                self.documents.pop(id_, None)
            else:
                self.documents[id_] = document
        self.next_id = commit.next_id
        self.last_creation_time = commit.last_creation_time


def _line(value: object) -> bytes:
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    return b"%08x %d %s\n" % (zlib.crc32(body), len(body), body)


def _read_line(line: bytes) -> Any:
    """The value of a whole line; None when the line is torn."""
    parts = line.split(b" ", 2)
    if len(parts) != 3 or not line.endswith(b"\n"):
        return None
    body = parts[2][:-1]
    if parts[1] != b"%d" % len(body) or parts[0] != b"%08x" % zlib.crc32(body):
        return None
    return json.loads(body.decode("utf-8", "surrogatepass"))


class Journal:
    """Blocking; one writer. `open` reads everything back, `append` returns when the commit is on disk."""

    def __init__(self, folder: Path, *, snapshot_at: int = SNAPSHOT_AT) -> None:
        self._journal = folder / "journal.jsonl"
        self._snapshot = folder / "snapshot.json"
        self._snapshot_at = self._threshold = snapshot_at
        self._sequence = 0
        self._descriptor = -1
        self._size = 0

    def open(self) -> Data:
        """Raises JournalDamaged when the snapshot, or a line that is not the last, cannot be read."""
        data = self._read_snapshot()
        self._descriptor = os.open(self._journal, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = self._replay(data)
        os.ftruncate(self._descriptor, self._size)
        return data

    def _read_snapshot(self) -> Data:
        try:
            content = self._snapshot.read_bytes()
        except FileNotFoundError:
            return Data()
        value = _read_line(content)
        if value is None:
            raise JournalDamaged("The emulator's snapshot of the data is damaged.")
        self._sequence = value["sequence"]
        documents = {document["_id"]: document for document in value["documents"]}
        return Data(documents, value["next_id"], value["last_creation_time"])

    def _replay(self, data: Data) -> int:
        """Apply the journal; the length of its good part."""
        good = 0
        with self._journal.open("rb") as file:
            for line in file:
                value = _read_line(line)
                if value is None:
                    if file.read(1):
                        raise JournalDamaged("A line in the middle of the emulator's journal is damaged.")
                    break
                good += len(line)
                if value["sequence"] > self._sequence:
                    self._sequence = value["sequence"]
                    data.apply(Commit(value["documents"], value["next_id"], value["last_creation_time"]))
        return good

    def append(self, commit: Commit) -> None:
        """Raises OSError when it could not be stored; the journal is then as before."""
        line = _line(
            {
                "sequence": self._sequence + 1,
                "documents": commit.documents,
                "next_id": commit.next_id,
                "last_creation_time": commit.last_creation_time,
            }
        )
        try:
            left = memoryview(line)
            while left:
                left = left[os.write(self._descriptor, left) :]
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._sequence += 1
        self._size += len(line)

    @property
    def wants_snapshot(self) -> bool:
        return self._size >= self._threshold

    def snapshot(self, data: Data) -> None:
        """Write all data and empty the journal. Raises OSError; the journal then still has everything."""
        content = {
            "sequence": self._sequence,
            "documents": list(data.documents.values()),
            "next_id": data.next_id,
            "last_creation_time": data.last_creation_time,
        }
        line = _line(content)
        self._threshold = 2 * self._size  # after a failure: not at every commit again
        write_private(self._snapshot, line)
        os.ftruncate(self._descriptor, 0)
        self._size = 0
        # A large database is not worth writing again for a small journal.
        self._threshold = max(self._snapshot_at, len(line))

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
