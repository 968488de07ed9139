"""The Data tab: the tables, and the documents of the chosen one as far as they are looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import quote

from vibe_tui.action_host import Handler
from vibe_tui.actions import Context
from vibe_tui.screens.dashboard.data_changes import DataChanges
from vibe_tui.screens.dashboard.data_document import DocumentTrail
from vibe_tui.screens.dashboard.data_export import export_table
from vibe_tui.screens.dashboard.data_pane import DataPane, TableItem
from vibe_tui.screens.dashboard.data_rows import row_of
from vibe_tui.screens.dashboard.tab import Host
from vibe_tui.services.convex.deployment_data import Document, Order
from vibe_tui.services.convex.document_filter import Contains, Filter, parse_filter
from vibe_tui.services.convex.pager import Pager, Window
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible
from vibe_tui.widgets.document_table_columns import Row

_COUNTS_AT_ONCE = 8
_NO_TABLES = (
    "No tables yet.\n\nAsk the chat for one, or write convex/schema.ts and let the dev server push it."
)
_FIRST_ROWS = 60
"""Asked for before the height of the view is known to be another."""


class DataTab:
    title = "Data"
    context: Context = "data"

    def __init__(self, host: Host) -> None:
        self._host = host
        self.pane = DataPane(self)
        self._trail = DocumentTrail(host, self.pane.panel)
        self._changes = DataChanges(host, self)
        self._names: tuple[str, ...] = ()
        self._counts: dict[str, int | None] = {}
        self.table = ""
        """The chosen one; "" before there is one."""
        self._order: Order = "desc"
        self._only: Filter | None = None
        self._pager: Pager | None = None
        self._window: Window | None = None
        self._rows: dict[str, tuple[Document, Row]] = {}
        self._wanted: tuple[int, int] | None = None
        self._reading = False
        self._stopped = False
        self.handlers: Mapping[str, Handler] = {
            "data_find": self.pane.ask_what_to_find,
            "data_refresh": self.refresh,
            "data_order": self._turn_order,
            "data_add": lambda: host.do(self._changes.add()),
            "data_edit": lambda: host.do(self._changes.edit()),
            "data_delete": lambda: host.do(self._changes.delete()),
            "data_copy": lambda: host.do(self._changes.copy()),
            "data_mark": self._mark,
            "data_follow": self._follow_here,
            "data_back": self._trail.back,
            "data_wider": lambda: self.pane.table.widen(4),
            "data_narrower": lambda: self.pane.table.widen(-4),
            "data_export": lambda: host.do(self._export()),
        }

    def shown(self) -> None:
        self._host.do(self._load())

    def hidden(self) -> None:
        self._wanted = None

    def dashboard_path(self) -> str:
        return f"data?table={quote(self.table)}" if self.table else "data"

    # --- the tables ----------------------------------------------------------------------------------

    async def _load(self) -> None:
        """The tables, then the documents on show, then how many there are."""
        try:
            self._names = await self._host.api.data.tables()
        except VibeError:
            if not self._names:
                self.pane.show_message("The deployment did not tell which tables it has.")
            raise
        if self.table not in self._names:
            self.choose_table(self._names[0] if self._names else "")
        elif self._pager is not None:
            await self._refresh(self._pager)
        self._show_tables()
        if not self._names:
            self.pane.show_status("")
            self.pane.show_message(_NO_TABLES)
            return
        gate = asyncio.Semaphore(_COUNTS_AT_ONCE)
        await asyncio.gather(*(self._count(name, gate) for name in self._names))

    async def _count(self, name: str, gate: asyncio.Semaphore) -> None:
        async with gate:
            self._counts[name] = await self._host.api.data.count(name)
        self._show_tables()
        self._show_status()

    def _show_tables(self) -> None:
        items = [TableItem(name, self._counts.get(name)) for name in self._names]
        self.pane.show_tables(items, self.table)

    def choose_table(self, name: str) -> None:
        if name != self.table:
            self.table = name
            self._only = None
            self.pane.end_finding()
            self._begin()

    def _begin(self) -> None:
        """Look at the chosen table from its start."""
        self._window, self._rows, self._stopped = None, {}, False
        self.pane.table.reset()
        self.pane.panel.close()
        self._pager = (
            Pager(self._host.api.data, self.table, order=self._order, only=self._only) if self.table else None
        )
        if self._pager is not None:
            self.pane.show_status(visible(self.table), "reading")
            self.want_rows(0, _FIRST_ROWS)

    # --- the rows ------------------------------------------------------------------------------------

    def want_rows(self, first: int, end: int) -> None:
        self._wanted = (first, end)
        if not self._reading:
            self._reading = True
            self._host.do(self._read())
            self._show_status()

    async def _read(self) -> None:
        """Until nothing is wanted; what was wanted before the last wish does not matter any more."""
        try:
            while self._wanted is not None and (pager := self._pager) is not None:
                wanted, self._wanted = self._wanted, None
                window = await pager.window(*wanted)
                if pager is self._pager:
                    self._show(window)
        finally:
            self._reading = False
            self._show_status()

    def _show(self, window: Window) -> None:
        self._window = window
        known = self._rows
        self._rows = {}
        for document in window.documents:
            before = known.get(document.id)
            same = before is not None and before[0] is document
            self._rows[document.id] = before if before and same else (document, row_of(document))
        rows = [row for _, row in self._rows.values()]
        self.pane.show_message(self._nothing(window))
        more = not window.complete and not self._stopped
        self.pane.table.show(window.first, rows, window.rows, more=more)
        self._show_status()

    def _nothing(self, window: Window) -> str:
        if window.rows or not window.complete:
            return ""
        if self._only is not None:
            return f"Nothing found: {visible(str(self._only))}.\n\nEsc shows all documents again."
        return f"The table {visible(self.table)} is empty.\n\na adds a document."

    def _show_status(self) -> None:
        window = self._window
        if window is None:
            return
        parts = [visible(self.table)]
        count = self._counts.get(self.table)
        whole = window.rows if window.complete or self._only is not None else count
        total = f"{window.rows:,} or more" if whole is None else f"{max(whole, window.rows):,}"
        if window.rows:
            parts.append(f"row {self.pane.table.cursor[0] + 1:,} of {total}")
        if self._only is None:
            parts.append("newest first" if self._order == "desc" else "oldest first")
        if marked := len(self.pane.table.marked):
            parts.append(f"{marked:,} marked")
        self.pane.show_status(" · ".join(parts), self._found(window, count))

    def _found(self, window: Window, count: int | None) -> str:
        if self._only is None:
            return ""
        what = f"filter {visible(str(self._only))}"
        if window.complete:
            return what
        if not isinstance(self._only, Contains):
            return f"{what}, more below"
        of = f" of {count:,}" if count else ""
        how = "stopped" if self._stopped else "Esc stops" if self.is_looking else "more below"
        return f"{what}: {window.looked_at:,}{of} searched, {how}"

    # --- what the user does --------------------------------------------------------------------------

    def moved(self) -> None:
        self._show_status()
        document = self.document_under_cursor
        if self.pane.panel.display and not self.pane.panel.has_the_focus and document is not None:
            self._trail.start(self.table, document)

    @property
    def document_under_cursor(self) -> Document | None:
        row = self.pane.table.current
        return self._rows[row.id][0] if row is not None and row.id in self._rows else None

    @property
    def document_in_panel(self) -> tuple[str, Document] | None:
        """With its table; None while the panel does not have the focus."""
        return self._trail.shown if self.pane.panel.has_the_focus else None

    def open_document(self) -> None:
        if (document := self.document_under_cursor) is not None:
            self._trail.start(self.table, document)
            self.pane.panel.take_focus()

    def follow(self, text: str) -> None:
        self._host.do(self._trail.follow(text))

    def _follow_here(self) -> None:
        """From the line in the panel, or the field under the cursor."""
        if self.pane.panel.has_the_focus:
            text = self.pane.panel.current_text
        else:
            document = self.document_under_cursor
            value = document.fields.get(self.pane.table.current_field) if document is not None else None
            text = value if isinstance(value, str) else ""
        if not text:
            self._host.notice("There is no id under the cursor")
            return
        if not self.pane.panel.display:
            self.open_document()
        self.follow(text)

    def find(self, typed: str) -> None:
        self._only = parse_filter(typed) if typed.strip() else None
        self._begin()

    @property
    def is_looking(self) -> bool:
        return isinstance(self._only, Contains) and (self._reading or self._wanted is not None)

    def can_step_out(self) -> bool:
        return self._only is not None

    def step_out(self) -> None:
        if self.is_looking and not self._stopped and self._window is not None:
            self._stopped, self._wanted = True, None
            self._show(self._window)
        else:
            self.pane.end_finding()
            self.find("")

    def _turn_order(self) -> None:
        self._order = "asc" if self._order == "desc" else "desc"
        if self.table:
            self._begin()

    def _mark(self) -> None:
        self.pane.table.toggle_mark()
        self._show_status()

    def refresh(self) -> None:
        """Ask for all that is shown again."""
        self._stopped = False
        self._host.do(self._load())

    def changed(self, document: Document) -> None:
        """A document was edited."""
        if self.document_in_panel is not None:
            self._trail.replace(document)
        self.refresh()

    async def _refresh(self, pager: Pager) -> None:
        first, end = self.pane.table.in_view
        window = await pager.refresh(first, max(end, first + 1))
        if pager is self._pager:
            self._show(window)

    async def _export(self) -> None:
        if not self.table:
            return
        count = self._counts.get(self.table)
        said = await export_table(self.pane.app, self._host.api.data, self.table, count)
        if said:
            self._host.notice(said)
