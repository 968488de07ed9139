"""Going through a table page by page, both ways, whatever its size.

Convex's cursors only lead forward. So the pager remembers where each page it has seen begins (a short text
a page) and the documents of the last few pages only; going back asks for a page again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from vibe_tui.services.convex.deployment_data import PAGE_SIZE, Data, Document, Order, Page

PAGES_KEPT = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a pager stands. number: of the page, from 0. first: the number of its first row, from 0."""

    number: int
    first: int
    documents: tuple[Document, ...]
    last: bool
    """True: no page comes after this one."""


class Pager:
    """One reader of one table; calls wait for each other. All raise HttpError and DeploymentRefused."""

    def __init__(self, data: Data, table: str, *, order: Order = "desc", size: int = PAGE_SIZE) -> None:
        self._data = data
        self.table = table
        self.order: Order = order
        self._size = size
        self._starts: list[tuple[str | None, int]] = [(None, 0)]
        self._kept: OrderedDict[int, Page] = OrderedDict()
        self._number = 0
        self._lock = asyncio.Lock()

    async def show(self) -> Shown:
        """The page where it stands; the first one to begin with."""
        async with self._lock:
            return await self._go(self._number)

    async def forward(self) -> Shown:
        """The next page; the same one at the end."""
        async with self._lock:
            page = await self._page(self._number)
            return await self._go(self._number + (not page.done))

    async def back(self) -> Shown:
        """The page before; the same one at the beginning."""
        async with self._lock:
            return await self._go(max(0, self._number - 1))

    async def refresh(self) -> Shown:
        """The page where it stands, as it is in the deployment now."""
        async with self._lock:
            self._kept.clear()
            return await self._go(self._number)

    @property
    def documents_kept(self) -> int:
        """How many documents it holds in memory."""
        return sum(len(page.documents) for page in self._kept.values())

    async def _go(self, number: int) -> Shown:
        page = await self._page(number)
        self._number = number
        return Shown(number, self._starts[number][1], page.documents, page.done)

    async def _page(self, number: int) -> Page:
        if number not in self._kept:
            start, first = self._starts[number]
            page = await self._data.page(self.table, order=self.order, size=self._size, cursor=start)
            after = [] if page.done else [(page.cursor, first + len(page.documents))]
            if self._starts[number + 1 : number + 2] != after:  # the table has changed: so has what follows
                self._starts[number + 1 :] = after
                for later in [kept for kept in self._kept if kept > number]:
                    del self._kept[later]
            self._kept[number] = page
            if len(self._kept) > PAGES_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(number)
        return self._kept[number]
