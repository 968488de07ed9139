"""The rows of a table in the order of creation, a few pages at a time, whatever its size.

Convex's cursors only lead forward. So the pager remembers where each page it has seen begins (a short text
a page) and the documents around what was last wanted only; going back asks for a page again.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from dataclasses import dataclass, field, replace

from vibe_tui.services.convex.deployment_data import Data, Document, Order, Page
from vibe_tui.services.convex.document_filter import Comparison, Contains, Filter
from vibe_tui.services.http_failures import wrong_shape

ROWS_A_PAGE = 100
DOCUMENTS_KEPT = 400
"""More only while so many are wanted at once. Pages that are not kept are asked for again."""
_LOOKED_AT = 250
"""Documents read at once when a text is looked for in them."""


@dataclass(frozen=True, slots=True)
class Window:
    """first: the number of its first row, from 0."""

    first: int
    documents: tuple[Document, ...]
    rows: int
    """So many are known of so far."""
    complete: bool
    """True: there are no more."""
    looked_at: int
    """Documents that were read to know so many rows; more than these when a text is looked for."""


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a page begins. The deployment may write the same cursor differently each time."""

    cursor: str | None = field(compare=False)
    row: int
    looked_at: int
    after: str
    """The id of the document before it."""


class Pager:
    """One reader of one table; calls wait for each other.

    All raise HttpError and DeploymentRefused; the first also ValueInvalid, for the value in a filter.
    """

    def __init__(
        self,
        data: Data,
        table: str,
        *,
        order: Order = "desc",
        size: int = ROWS_A_PAGE,
        only: Filter | None = None,
    ) -> None:
        self._data = data
        self.table = table
        self.order: Order = order
        self.only = only
        self._size = size
        self._starts = [_Start(None, 0, 0, "")]
        self._end: _Start | None = None  # after the last page, once that was seen
        self._kept: dict[int, Page] = {}
        self._lock = asyncio.Lock()

    async def window(self, first: int, end: int) -> Window:
        """The rows from `first` up to `end` as far as they are known, and at most one page that was not yet.

        So rows that are known come whole, unless the table has changed meanwhile. To find more, ask again.
        """
        async with self._lock:
            begin = number = self._page_with(first)
            while number < len(self._starts) and self._starts[number].row < end:
                is_new = number not in self._kept and number == len(self._starts) - 1
                await self._page(number)
                number += 1
                if is_new:
                    break
            self._forget(begin, number)
            return self._window(begin, number)

    async def refresh(self, first: int, end: int) -> Window:
        """These rows as they are in the deployment now."""
        async with self._lock:
            self._kept.clear()
        return await self.window(first, end)

    @property
    def documents_kept(self) -> int:
        """How many documents it holds in memory."""
        return sum(len(page.documents) for page in self._kept.values())

    def _page_with(self, row: int) -> int:
        return max(0, bisect_right(self._starts, row, key=lambda start: start.row) - 1)

    def _window(self, begin: int, end: int) -> Window:
        documents = tuple(
            document
            for number in range(begin, end)
            if number in self._kept
            for document in self._kept[number].documents
        )
        known = self._end or self._starts[-1]
        return Window(self._starts[begin].row, documents, known.row, self._end is not None, known.looked_at)

    async def _page(self, number: int) -> None:
        """Have a page, read now or before."""
        if number in self._kept:
            return
        start = self._starts[number]
        page, read = await self._read(start.cursor)
        if not page.done and page.cursor == start.cursor:  # it would never end
            raise wrong_shape(self.table)
        self._kept[number] = page
        last = page.documents[-1].id if page.documents else start.after
        next_ = _Start(page.cursor, start.row + len(page.documents), start.looked_at + read, last)
        after = [] if page.done else [next_]
        if self._starts[number + 1 : number + 2] != after:  # it is new, or the table has changed
            self._starts[number + 1 :] = after
            self._end = None
            for later in [kept for kept in self._kept if kept > number]:
                del self._kept[later]
        if page.done:
            self._end = next_

    async def _read(self, cursor: str | None) -> tuple[Page, int]:
        """A page, and how many documents were read for it."""
        match self.only:
            case Contains() as text:
                page = await self._data.page(self.table, order=self.order, size=_LOOKED_AT, cursor=cursor)
                found = await asyncio.to_thread(
                    lambda: tuple(it for it in page.documents if text.matches(it.readable()))
                )
                return replace(page, documents=found), len(page.documents)
            case Comparison() | None as where:
                page = await self._data.page(
                    self.table, order=self.order, size=self._size, cursor=cursor, where=where
                )
                return page, len(page.documents)

    def _forget(self, begin: int, end: int) -> None:
        """Drop the pages farthest from these until few enough documents are kept."""
        others = sorted(
            (number for number in self._kept if not begin <= number < end),
            key=lambda number: begin - number if number < begin else number - end + 1,
        )
        while others and self.documents_kept > DOCUMENTS_KEPT:
            del self._kept[others.pop()]
