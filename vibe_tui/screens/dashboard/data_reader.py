"""Reading the documents of one table as far as they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vibe_tui.screens.dashboard.data_rows import row_of
from vibe_tui.screens.dashboard.tab import Host
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.deployment_data import Document, Order
from vibe_tui.services.convex.document_filter import Contains, Filter
from vibe_tui.services.convex.pager import Pager, Window
from vibe_tui.widgets.document_table_columns import Row


@dataclass(frozen=True, slots=True)
class Look:
    """What is read: a table, in an order, perhaps only some of it."""

    table: str
    order: Order
    only: Filter | None


class TableReader:
    """on_rows: told when there are rows to show. on_state: told when it begins and ends to read."""

    def __init__(self, host: Host, on_rows: Callable[[], None], on_state: Callable[[], None]) -> None:
        self._host = host
        self._on_rows = on_rows
        self._on_state = on_state
        self.look: Look | None = None
        self.window: Window | None = None
        """What was read last; None before that."""
        self.stopped = False
        """The user wants no further rows to be looked for."""
        self._api: DeploymentApi | None = None
        self._pager: Pager | None = None
        self._wanted: tuple[int, int] | None = None
        self._reading = False
        self._known: dict[str, tuple[Document, Row]] = {}

    def begin(self, look: Look | None) -> None:
        """Look at this from its start; None: at nothing."""
        self.look, self.window, self.stopped = look, None, False
        self._known, self._wanted = {}, None
        self._api = api = self._host.api if look is not None else None
        self._pager = Pager(api.data, look.table, order=look.order, only=look.only) if api and look else None

    def want(self, first: int, end: int) -> None:
        """Read these rows, and a page more if that is what it takes to find them."""
        self._wanted = (first, end)
        if not self._reading:
            self._reading = True
            self._host.do(self._read())
            self._on_state()

    def pause(self) -> None:
        """Read nothing further until something is wanted again."""
        self._wanted = None

    def stop(self) -> None:
        self.stopped, self._wanted = True, None

    async def refresh(self, first: int, end: int) -> None:
        """These rows as they are now; all from the start where the deployment is at another address now."""
        self.stopped = False
        if self._api is not self._host.api:
            self.begin(self.look)
        pager = self._pager
        if pager is not None:
            self._show(pager, await pager.refresh(first, max(end, first + 1)))

    @property
    def is_searching(self) -> bool:
        """A text is looked for right now."""
        return (
            self.look is not None
            and isinstance(self.look.only, Contains)
            and (self._reading or self._wanted is not None)
        )

    @property
    def rows(self) -> Sequence[Row]:
        """Those of the window."""
        return [row for _, row in self._known.values()]

    def document(self, id_: str) -> Document | None:
        """One of the window."""
        return self._known[id_][0] if id_ in self._known else None

    async def _read(self) -> None:
        """Until nothing is wanted; what was wanted before the last wish does not matter any more."""
        try:
            while self._wanted is not None and (pager := self._pager) is not None:
                wanted, self._wanted = self._wanted, None
                self._show(pager, await pager.window(*wanted))
        finally:
            self._reading = False
            self._on_state()

    def _show(self, pager: Pager, window: Window) -> None:
        if pager is not self._pager:
            return
        before, self._known = self._known, {}
        for document in window.documents:
            known = before.get(document.id)
            same = known is not None and known[0] is document
            self._known[document.id] = known if known and same else (document, row_of(document))
        self.window = window
        self._on_rows()
