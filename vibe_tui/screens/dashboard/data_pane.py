"""The Data tab's widgets: the tables, the documents of one, and one document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from vibe_tui.screens.dashboard.data_panel import DataPanel
from vibe_tui.services.terminal_text import visible
from vibe_tui.widgets.document_table import DocumentTable

_NARROW, _WIDE = 100, 150
"""Columns below which the tables have less room, and from which a document is beside its table, not below."""
_ROW, _ROW_NARROW = 23, 17
"""Cells of a row in the list of tables: its width without padding and scroll bar; see data.tcss."""
FIND_HINT = "a text, or stars >= 3, author = Ann, author: ann"


class Wishes(Protocol):
    """What the user does in the pane."""

    def choose_table(self, name: str) -> None: ...

    def want_rows(self, first: int, end: int) -> None: ...

    def find(self, typed: str) -> None:
        """ "": show all."""

    def moved(self) -> None: ...

    def open_document(self) -> None: ...

    def follow(self, text: str) -> None: ...

    def can_step_out(self) -> bool: ...

    def step_out(self) -> None:
        """Stop looking, or show all again."""


@dataclass(frozen=True, slots=True)
class TableItem:
    name: str
    count: int | None
    """None: not known, or not yet."""


class DataPane(Horizontal):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "step_out", "Close", show=False),
    ]

    def __init__(self, wishes: Wishes) -> None:
        super().__init__(id="data")
        self._wishes = wishes
        self._tables = OptionList(id="data-tables")
        self._items: Sequence[TableItem] = ()
        self._status = Static(id="data-status", markup=False)
        self._needle = Input(id="data-needle", placeholder=FIND_HINT, select_on_focus=False)
        self._needle.cursor_blink = False
        self._message = Static(id="data-message", markup=False)
        self.table = DocumentTable(id="data-table")
        self.panel = DataPanel()

    def compose(self) -> ComposeResult:
        yield self._tables
        with Vertical(id="data-right"):
            yield self._status
            yield self._needle
            yield self._message
            with Horizontal(id="data-split"):
                yield self.table
                yield self.panel

    def on_mount(self) -> None:
        self._needle.display = False
        self.show_message("Asking for the tables …")

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < _NARROW, "-narrow")
        self.set_class(event.size.width >= _WIDE, "-wide")
        for index, item in enumerate(self._items):
            self._tables.replace_option_prompt_at_index(index, self._table_row(item))

    # --- what is shown -------------------------------------------------------------------------------

    def show_tables(self, items: Sequence[TableItem], chosen: str) -> None:
        before, self._items = self._items, tuple(items)
        if [item.name for item in before] == [item.name for item in items]:
            for index, item in enumerate(items):
                if item != before[index]:
                    self._tables.replace_option_prompt_at_index(index, self._table_row(item))
        else:
            self._tables.clear_options()
            self._tables.add_options([Option(self._table_row(item)) for item in items])
        names = [item.name for item in items]
        if chosen in names and self._tables.highlighted != names.index(chosen):
            self._tables.highlighted = names.index(chosen)

    def _table_row(self, item: TableItem) -> Content:
        count = "" if item.count is None else f"{item.count:,}"
        width = _ROW_NARROW if self.has_class("-narrow") else _ROW
        name = Content(visible(item.name)).truncate(max(1, width - len(count) - 1), ellipsis=True)
        gap = " " * max(1, width - name.cell_length - len(count))
        return Content.assemble(name, gap, (count, "$text-muted"))

    def show_status(self, text: str, note: str = "") -> None:
        """note: what is going on, or was found; it stands out."""
        status = Content.assemble(text, (f" · {note}" if note else "", "$warning"))
        self._status.update(status, layout=False)  # it is one row whatever it says

    def show_message(self, text: str) -> None:
        """Why there are no documents; "" when there are."""
        self._message.update(text)
        self._message.display = bool(text)

    def ask_what_to_find(self) -> None:
        self._needle.display = True
        self._needle.focus()

    def end_finding(self) -> None:
        """Put the field away, and forget what was typed."""
        self._needle.value = ""
        self._needle.display = False

    def focus_documents(self) -> None:
        self.table.focus()

    # --- what the user does --------------------------------------------------------------------------

    def action_step_out(self) -> None:
        """The field, the document, the search: one after the other."""
        if self._needle.has_focus:
            self._needle.display = False
        elif self.panel.display:
            self.panel.close()
        else:
            self._wishes.step_out()
        self.focus_documents()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "step_out":
            return self._needle.has_focus or self.panel.display or self._wishes.can_step_out()
        return super().check_action(action, parameters)

    @on(OptionList.OptionHighlighted, "#data-tables")
    def _table_under_cursor(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option_index < len(self._items):
            self._wishes.choose_table(self._items[event.option_index].name)

    @on(OptionList.OptionSelected, "#data-tables")
    def _table_entered(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.focus_documents()

    @on(Input.Submitted, "#data-needle")
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.value.strip():
            self.end_finding()
        self._wishes.find(event.value)
        self.focus_documents()

    @on(DocumentTable.RowsWanted)
    def _rows_wanted(self, event: DocumentTable.RowsWanted) -> None:
        event.stop()
        self._wishes.want_rows(event.first, event.end)

    @on(DocumentTable.Moved)
    def _moved(self, event: DocumentTable.Moved) -> None:
        event.stop()
        self._wishes.moved()

    @on(DocumentTable.Chosen)
    def _chosen(self, event: DocumentTable.Chosen) -> None:
        event.stop()
        self._wishes.open_document()

    @on(DataPanel.Followed)
    def _followed(self, event: DataPanel.Followed) -> None:
        event.stop()
        self._wishes.follow(event.text)
