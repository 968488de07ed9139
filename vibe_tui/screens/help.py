"""The keys of a screen, as the registry of actions knows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from vibe_tui.actions import HelpRow

_MORE = (
    ("Tab, Shift+Tab", "Go to the next thing on the page, or the one before."),
    ("Enter", "Choose, press or open it."),
    ("Esc", "Close a dialog; stop what it was doing."),
    ("Shift and drag", "Select text as the terminal does, in most terminals."),
)


class HelpScreen(ModalScreen[None]):
    """A page of keys. Esc closes it."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar = [Binding("escape,q", "dismiss(None)", "Close", show=False)]

    def __init__(self, content: Sequence[tuple[str, Sequence[HelpRow]]]) -> None:
        """content: each group's name and rows; see `actions.help_content`."""
        super().__init__()
        self._content = content

    def compose(self) -> ComposeResult:
        with Vertical(id="help-box") as box:
            box.border_title = "Keys"
            box.border_subtitle = "Esc closes"
            with VerticalScroll(id="help-rows"):
                for name, rows in self._content:
                    yield Static(Text(name), classes="help-group")
                    yield Static(_table([(row.keys, row.text) for row in rows]))
                yield Static(Text("On every page"), classes="help-group")
                yield Static(_table(_MORE))


def _table(rows: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(width=22)
    table.add_column(ratio=1)
    for keys, text in rows:
        table.add_row(Text(keys or "by name", style="bold" if keys else ""), Text(text))
    return table
