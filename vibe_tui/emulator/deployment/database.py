"""The documents of a deployment: in memory here for reading, on disk in the journal."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vibe_tui.emulator.deployment.journal import Commit, Data, Document, Journal
from vibe_tui.emulator.deployment.tables import Tables

JOBS = "_scheduled_functions"
FILES = "_storage"
_FINISHED_JOBS_KEPT = 7 * 24 * 3600 * 1000
"""Milliseconds; Convex keeps the results of scheduled functions for seven days."""


class Database:
    """`commit` is called for every transaction, one at a time, in order."""

    def __init__(self, folder: Path) -> None:
        self._journal = Journal(folder)
        self.data = Data()
        self._tables = Tables()
        self.committed: list[Callable[[Commit], None]] = []
        self.commits = 0
        """How many transactions were stored since `open`."""

    async def open(self) -> None:
        """Raises JournalDamaged."""
        self.data = await asyncio.to_thread(self._journal.open)
        self._tables = await asyncio.to_thread(Tables, self.data.documents.values())

    async def commit(self, message: dict[str, Any]) -> None:
        """Store a transaction the child made. Raises OSError when it could not be stored."""
        commit = Commit(message["documents"], message["nextDocId"], message["lastCreationTime"])
        await asyncio.to_thread(self._journal.append, commit)
        self._index(commit)
        self.data.apply(commit)
        self.commits += 1
        for listener in self.committed:
            listener(commit)
        if self._journal.wants_snapshot:
            # Failing costs nothing: the journal has everything and is tried again when it has doubled.
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._journal.snapshot, self.data)

    async def close(self) -> None:
        await asyncio.to_thread(self._journal.close)

    @property
    def load_fields(self) -> dict[str, Any]:
        """What a new child starts with; results of long finished jobs are left behind."""
        limit = time.time() * 1000 - _FINISHED_JOBS_KEPT
        for job in [d for d in self.table(JOBS) if d.get("completedTime", limit) < limit]:
            del self.data.documents[job["_id"]]
            self._tables.remove(job)
        return {
            "documents": list(self.data.documents.values()),
            "nextDocId": self.data.next_id,
            "lastCreationTime": self.data.last_creation_time,
        }

    def get(self, id_: str) -> Document | None:
        return self.data.documents.get(id_)

    def table(self, name: str) -> list[Document]:
        """In the order of creation."""
        return self._tables.rows(name)

    def counts(self) -> dict[str, int]:
        """Documents per table that has any."""
        return self._tables.counts()

    def _index(self, commit: Commit) -> None:
        for id_, document in commit.documents.items():
            if document is not None:
                self._tables.put(document)
            elif (gone := self.data.documents.get(id_)) is not None:
                self._tables.remove(gone)
