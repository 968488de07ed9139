"""The documents of a deployment: read in pages, found by id, changed, exported.

Source: Convex's system functions `_system/cli/*` (what `npx convex data` asks) and `_system/frontend/*`
(what the web dashboard asks), see npm-packages/system-udfs in Convex's backend.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vibe_tui.services.convex.deployment_http import DeploymentHttp, DeploymentRefused
from vibe_tui.services.convex.document_file import DocumentFile
from vibe_tui.services.convex.document_filter import Comparison
from vibe_tui.services.convex.values import readable, travelling
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http_failures import wrong_shape
from vibe_tui.services.terminal_text import clean, visible

Order = Literal["asc", "desc"]
PAGE_SIZE = 50
_EXPORT_PAGE = 500
_TABLES_PAGE = 200
_SYSTEM = ("_id", "_creationTime")
"""The fields that the deployment gives every document."""


class TableUnknown(VibeError):
    """The deployment has no table of that name."""

    code = "table_unknown"


class DocumentUnknown(VibeError):
    """No table has a document with that id."""

    code = "document_unknown"


class DocumentChanged(VibeError):
    """Somebody else changed the same fields of a document, or deleted it, since it was read."""

    code = "document_changed"


@dataclass(frozen=True, slots=True)
class Document:
    id: str
    created: float
    """Milliseconds since the epoch."""
    fields: Mapping[str, object]
    """All of it as Convex JSON, `_id` and `_creationTime` too. Untrusted."""

    def readable(self) -> dict[str, object]:
        """All of it as people read it (values.py). Untrusted text."""
        return {name: readable(value) for name, value in self.fields.items()}


@dataclass(frozen=True, slots=True)
class Page:
    documents: tuple[Document, ...]
    """May be fewer than asked for, even none, before the end."""
    cursor: str
    """Where the next page begins."""
    done: bool
    """True: nothing comes after this page now."""


@dataclass(frozen=True, slots=True)
class Found:
    table: str
    document: Document


class Data:
    """Every method raises HttpError and DeploymentRefused."""

    def __init__(self, http: DeploymentHttp) -> None:
        self._http = http
        self._answers = http.answers

    async def tables(self) -> tuple[str, ...]:
        """The names of the user's tables, sorted."""
        names: list[str] = []
        cursor: str | None = None
        while True:
            options = {"numItems": _TABLES_PAGE, "cursor": cursor}
            answer = self._answers.mapping(await self._http.ask("_system/cli/tables", paginationOpts=options))
            page = map(self._answers.mapping, self._answers.items(answer.get("page")))
            names.extend(self._answers.text(table.get("name")) for table in page)
            cursor = self._next_cursor(answer, cursor)
            if cursor is None:
                return tuple(sorted(names))

    async def page(
        self,
        table: str,
        *,
        order: Order = "desc",
        size: int = PAGE_SIZE,
        cursor: str | None = None,
        where: Comparison | None = None,
    ) -> Page:
        """A page in the order of creation; cursor: where it begins, None at the start.

        A misspelt table looks empty: `require_table` tells. Raises ValueInvalid for a value in `where`.
        """
        options = {"numItems": size, "cursor": cursor}
        if where is None:
            asked = self._http.ask("_system/cli/tableData", table=table, order=order, paginationOpts=options)
        else:
            asked = self._http.ask(
                "_system/frontend/paginatedTableDocuments",
                table=table,
                filters=where.encoded(order),
                paginationOpts=options,
            )
        answer = self._answers.mapping(await asked)
        documents = tuple(self._document(item) for item in self._answers.items(answer.get("page")))
        return Page(
            documents,
            self._answers.text(answer.get("continueCursor")),
            self._answers.flag(answer.get("isDone")),
        )

    async def count(self, table: str) -> int | None:
        """How many documents it has; None when this deployment does not count."""
        try:
            number = await self._http.ask("_system/cli/tableSize", tableName=table)
        except DeploymentRefused:
            return None
        return None if number is None else int(self._answers.number(number))

    async def require_table(self, table: str) -> None:
        """Raises TableUnknown."""
        if table not in (names := await self.tables()):
            raise TableUnknown(
                f"There is no table “{clean(table)}”.",
                next_step=f"There are: {clean(', '.join(names))}." if names else "There are no tables yet.",
            )

    async def find(self, id_: str) -> Found:
        """The document with this id, whatever its table. Raises DocumentUnknown."""
        tables = await self.tables()
        found = await self._by_id([(table, id_) for table in tables])
        for table, document in zip(tables, found, strict=False):
            if document is not None:
                return Found(table, document)
        raise DocumentUnknown(
            f"No table has a document with the id “{clean(id_)}”.",
            next_step="It may have been deleted; ids are case-sensitive.",
        )

    async def documents(self, table: str, ids: Sequence[str]) -> tuple[Document, ...]:
        """Those of these documents that are still there, in this order."""
        found = await self._by_id([(table, id_) for id_ in ids])
        return tuple(document for document in found if document is not None)

    async def _by_id(self, wanted: Sequence[tuple[str, str]]) -> list[Document | None]:
        """wanted: table and id of each."""
        ids = [{"id": id_, "tableName": table} for table, id_ in wanted]
        answer = self._answers.items(await self._http.ask("_system/frontend/listById", ids=ids))
        return [None if item is None else self._document(item) for item in answer]

    # --- Changes ------------------------------------------------------------------------------------------

    async def insert(self, table: str, documents: Sequence[Mapping[str, object]]) -> None:
        """All or none; each is readable JSON without `_id` and `_creationTime`. Raises ValueInvalid."""
        sent = [travelling(dict(document)) for document in documents]
        await self._http.change("_system/frontend/addDocument", table=table, documents=sent)

    async def patch(self, table: str, ids: Sequence[str], fields: Mapping[str, object]) -> None:
        """Set these fields (readable JSON), leave the others. Raises ValueInvalid."""
        await self._http.change(
            "_system/frontend/patchDocumentsFields",
            table=table,
            ids=list(ids),
            fields=travelling(dict(fields)),
        )

    async def replace(self, id_: str, fields: Mapping[str, object]) -> None:
        """Let these be all its fields (readable JSON). Raises ValueInvalid."""
        document = {name: value for name, value in fields.items() if name not in _SYSTEM}
        await self._http.change("_system/frontend/replaceDocument", id=id_, document=travelling(document))

    async def edit(self, table: str, read: Document, fields: Mapping[str, object]) -> None:
        """Let its fields become these (readable JSON), without undoing what others changed since `read`.

        Only what differs from `read` is written. Raises DocumentChanged when somebody changed one of these
        fields meanwhile, and ValueInvalid.
        """
        wanted = {name: travelling(value) for name, value in fields.items() if name not in _SYSTEM}
        before = {name: value for name, value in read.fields.items() if name not in _SYSTEM}
        mine = _differing(before, wanted)
        if not mine:
            return
        [now, *_] = await self.documents(table, [read.id]) or [None]
        if now is None:
            raise DocumentChanged(
                "It was deleted meanwhile.", next_step="Copy what you need of it and add it anew."
            )
        if taken := sorted(mine & _differing(read.fields, now.fields)):
            raise DocumentChanged(
                f"Changed by somebody else meanwhile: {', '.join(map(visible, taken))}.",
                next_step="Nothing was saved. Copy your text, press Esc and edit the document as it is now.",
            )
        if removed := mine - wanted.keys():  # a patch cannot take a field away
            rest = {name: value for name, value in now.readable().items() if name not in removed}
            await self.replace(read.id, rest | {name: fields[name] for name in mine - removed})
        else:
            await self.patch(table, [read.id], {name: fields[name] for name in mine})

    async def delete(self, table: str, ids: Sequence[str]) -> None:
        """All or none."""
        gone = [{"id": id_, "tableName": table} for id_ in ids]
        await self._http.change("_system/frontend/deleteDocuments", toDelete=gone)

    # --- Export -------------------------------------------------------------------------------------------

    async def export(
        self,
        table: str,
        target: Path,
        *,
        replace: bool = False,
        on_progress: Callable[[int], None] = lambda _documents: None,
    ) -> int:
        """Write the table as JSON lines that `npx convex import` reads, oldest first; how many.

        The file is there only when it is whole; cancelling leaves nothing. It is not a snapshot: what
        changes meanwhile may or may not be in it. Raises TableUnknown and ExportFailed.
        """
        await self.require_table(table)
        written = 0
        async with DocumentFile(target, replace=replace) as file:
            async for page in self._pages(table):
                lines = [json.dumps(document.fields, ensure_ascii=False) for document in page.documents]
                await asyncio.to_thread(file.write, lines)
                written += len(lines)
                on_progress(written)
        return written

    async def _pages(self, table: str) -> AsyncIterator[Page]:
        cursor: str | None = None
        while True:
            page = await self.page(table, order="asc", size=_EXPORT_PAGE, cursor=cursor)
            yield page
            if page.done:
                return
            if page.cursor == cursor:  # it would never end
                raise wrong_shape(self._answers.host)
            cursor = page.cursor

    def _document(self, given: object) -> Document:
        fields = self._answers.mapping(given)
        self._http.readable(fields)
        return Document(
            self._answers.text(fields.get("_id")), self._answers.number(fields.get("_creationTime")), fields
        )

    def _next_cursor(self, answer: dict[str, object], before: str | None) -> str | None:
        if self._answers.flag(answer.get("isDone")):
            return None
        cursor = self._answers.text(answer.get("continueCursor"))
        if cursor == before:
            raise wrong_shape(self._answers.host)
        return cursor


def _differing(one: Mapping[str, object], other: Mapping[str, object]) -> set[str]:
    """The fields that one has and the other has not, or with another value. Both as Convex JSON."""
    return {name for name in one.keys() | other.keys() if _written(one, name) != _written(other, name)}


def _written(fields: Mapping[str, object], name: str) -> str | None:
    """As text, since 1 and true are equal in Python."""
    return json.dumps(fields[name], sort_keys=True) if name in fields else None
