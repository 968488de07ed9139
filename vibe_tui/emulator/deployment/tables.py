"""The documents of each table in the order of creation, ready to be read in pages."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from vibe_tui.emulator.deployment.journal import Document
from vibe_tui.emulator.deployment.validation import table_of


def place(document: Document) -> tuple[float, str]:
    """Where a document stands in its table."""
    return document["_creationTime"], document["_id"]


class Tables:
    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self._rows: dict[str, list[Document]] = {}
        for document in documents:
            self._rows.setdefault(_table(document), []).append(document)
        for rows in self._rows.values():
            rows.sort(key=place)

    def rows(self, table: str) -> list[Document]:
        """A copy."""
        return list(self._rows.get(table, ()))

    def counts(self) -> dict[str, int]:
        """Documents per table that has any."""
        return {table: len(rows) for table, rows in self._rows.items() if rows}

    def put(self, document: Document) -> None:
        """Add it, or let it take the place of its former version."""
        rows = self._rows.setdefault(_table(document), [])
        if not rows or place(rows[-1]) < place(document):  # new ones come last
            rows.append(document)
            return
        at = bisect_left(rows, place(document), key=place)
        if rows[at]["_id"] == document["_id"]:
            rows[at] = document
        else:
            rows.insert(at, document)

    def remove(self, document: Document) -> None:
        rows = self._rows[_table(document)]
        del rows[bisect_left(rows, place(document), key=place)]


def _table(document: Document) -> str:
    return table_of(document["_id"]) or ""
