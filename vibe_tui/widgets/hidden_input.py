"""A field for a value that must not be seen. What is pasted is taken whole, several lines too."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static


class _Field(Input):
    def _on_paste(self, event: events.Paste) -> None:
        """Textual's own takes the first line alone, and half a key is worse than none."""
        event.stop()
        event.prevent_default()
        text = event.text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
        selection = self.selection
        self.replace(text, *sorted((selection.start, selection.end)))


class HiddenInput(Vertical):
    """Says how much it holds when that is more than a line."""

    DEFAULT_CSS = """
    HiddenInput {
        height: auto;
        & > Static { color: $text-muted; padding: 0 1; height: 1; display: none; }
    }
    """

    def __init__(self, placeholder: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._field = _Field(placeholder=placeholder, password=True)
        self._field.cursor_blink = False
        self._lines = Static(markup=False)

    def compose(self) -> ComposeResult:
        yield self._field
        yield self._lines

    @property
    def value(self) -> str:
        return self._field.value

    def clear(self) -> None:
        self._field.value = ""

    @on(Input.Changed)
    def _changed(self) -> None:
        lines = self._field.value.count("\n") + 1
        self._lines.display = lines > 1
        self._lines.update(f"{lines} lines")
