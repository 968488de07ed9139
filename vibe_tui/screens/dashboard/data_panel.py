"""One document as JSON, beside the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from vibe_tui.screens.dashboard.data_rows import Line
from vibe_tui.widgets.document_table_columns import Kind

_COLOURS: dict[Kind, str] = {
    "id": "$primary",
    "number": "$success",
    "flag": "$warning",
    "null": "$text-muted",
    "nested": "$text-muted",
}


class DataPanel(Vertical):
    """Enter on a text follows it, as it may be the id of another document."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "cursor(-1)", "Line up", show=False),
        Binding("j", "cursor(1)", "Line down", show=False),
    ]

    @dataclass
    class Followed(Message):
        """A line with this text was chosen."""

        text: str

    def __init__(self) -> None:
        super().__init__(id="data-panel")
        self._title = Static(id="data-panel-title", markup=False)
        self._lines = OptionList(id="data-panel-lines")
        self._shown: Sequence[Line] = ()
        self.display = False

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._lines

    @property
    def has_the_focus(self) -> bool:
        return self.display and self._lines.has_focus

    @property
    def current_text(self) -> str:
        """The text value on the line under the cursor, or ""."""
        at = self._lines.highlighted
        return self._shown[at].text if at is not None and at < len(self._shown) else ""

    def show(self, title: str, lines: Sequence[Line], *, steps: int) -> None:
        """steps: how many ids were followed to come here."""
        self.display = True
        back = "  b goes back" if steps else ""
        self._title.update(Content.assemble((title, "bold"), (back, "$text-muted")), layout=False)
        if lines != self._shown:
            at = self._lines.highlighted or 0
            self._shown = lines
            self._lines.clear_options()
            self._lines.add_options([Option(_content(line)) for line in lines])
            self._lines.highlighted = min(at, len(lines) - 1)

    def take_focus(self) -> None:
        self._lines.focus()

    def close(self) -> None:
        self.display = False

    def action_cursor(self, by: int) -> None:
        if by > 0:
            self._lines.action_cursor_down()
        else:
            self._lines.action_cursor_up()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self.current_text:
            self.post_message(self.Followed(self.current_text))


def _content(line: Line) -> Content:
    return Content.assemble(
        line.before, (line.value, _COLOURS.get(line.kind, "")), (line.after, "$text-muted")
    )
