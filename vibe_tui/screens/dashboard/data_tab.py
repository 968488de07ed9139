"""The Data tab: the tables, and the documents of the chosen one."""

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
from vibe_tui.screens.dashboard.data_reader import Look, TableReader
from vibe_tui.screens.dashboard.data_texts import NO_TABLES, filter_text, nothing_text, status_text
from vibe_tui.screens.dashboard.tab import Host
from vibe_tui.services.convex.deployment_data import Document, Order
from vibe_tui.services.convex.document_filter import Filter, parse_filter
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible

_COUNTS_AT_ONCE = 8
_FIRST_ROWS = 60
"""Asked for before the height of the view is known to be another."""


class DataTab:
    title = "Data"
    context: Context = "data"

    def __init__(self, host: Host) -> None:
        self._host = host
        self.pane = DataPane(self)
        self._reader = TableReader(host, self._show_rows, self._show_status)
        self._trail = DocumentTrail(host, self.pane.panel)
        self._changes = DataChanges(host, self)
        self._names: tuple[str, ...] = ()
        self._counts: dict[str, int | None] = {}
        self.table = ""
        """The chosen one; "" before there is one."""
        self._order: Order = "desc"
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
        self._reader.pause()

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
        else:
            await self._reader.refresh(*self.pane.table.in_view)
        self._show_tables()
        if not self._names:
            self.pane.show_status("")
            self.pane.show_message(NO_TABLES)
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
            self.pane.end_finding()
            self._begin(None)

    def _begin(self, only: Filter | None) -> None:
        """Look at the chosen table from its start."""
        self.pane.table.reset()
        self.pane.panel.close()
        self._reader.begin(Look(self.table, self._order, only) if self.table else None)
        if self.table:
            self.pane.show_status(visible(self.table), "reading")
            self.want_rows(0, _FIRST_ROWS)

    # --- the rows ------------------------------------------------------------------------------------

    def want_rows(self, first: int, end: int) -> None:
        self._reader.want(first, end)

    def _show_rows(self) -> None:
        look, window = self._reader.look, self._reader.window
        if look is not None and window is not None:
            self.pane.show_message(nothing_text(look, window))
            more = not window.complete and not self._reader.stopped
            self.pane.table.show(window.first, self._reader.rows, window.rows, more=more)
            self._show_status()

    def _show_status(self) -> None:
        look, window, reader = self._reader.look, self._reader.window, self._reader
        if look is None or window is None:
            return
        count, table = self._counts.get(look.table), self.pane.table
        self.pane.show_status(
            status_text(look, window, row=table.cursor[0], count=count, marked=len(table.marked)),
            filter_text(look, window, count=count, searching=reader.is_searching, stopped=reader.stopped),
        )

    # --- what the user does --------------------------------------------------------------------------

    def moved(self) -> None:
        self._show_status()
        document = self.document_under_cursor
        if self.pane.panel.display and not self.pane.panel.has_the_focus and document is not None:
            self._trail.start(self.table, document)

    @property
    def document_under_cursor(self) -> Document | None:
        row = self.pane.table.current
        return self._reader.document(row.id) if row is not None else None

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
        self._begin(parse_filter(typed) if typed.strip() else None)

    def can_step_out(self) -> bool:
        return self._reader.look is not None and self._reader.look.only is not None

    def step_out(self) -> None:
        if self._reader.is_searching and not self._reader.stopped and self._reader.window is not None:
            self._reader.stop()
            self._show_rows()
        else:
            self.pane.end_finding()
            self.find("")

    def _turn_order(self) -> None:
        self._order = "asc" if self._order == "desc" else "desc"
        if self._reader.look is not None:
            self._begin(self._reader.look.only)

    def _mark(self) -> None:
        self.pane.table.toggle_mark()
        self._show_status()

    def refresh(self) -> None:
        """Ask for all that is shown again."""
        self._host.do(self._load())

    def changed(self, document: Document) -> None:
        """A document was edited."""
        if self.document_in_panel is not None:
            self._trail.replace(document)
        self.refresh()

    async def _export(self) -> None:
        if not self.table:
            return
        count = self._counts.get(self.table)
        said = await export_table(self.pane.app, self._host.api.data, self.table, count)
        if said:
            self._host.notice(said)
