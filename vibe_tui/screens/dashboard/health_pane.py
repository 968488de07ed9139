"""What the Health tab shows: what the deployment tells of itself, and how the schema differs."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from vibe_tui.services.convex.health_report import Mark, Row, SchemaLine
from vibe_tui.services.terminal_text import clean

_COLOURS: dict[Mark, str] = {"+": "$success", "-": "$error", "~": "$warning"}
_STATES = {"●": "$success", "↻": "$warning", "✗": "$error", "○": "$text-muted"}


class HealthPane(VerticalScroll):
    """All texts are clean already, except where it says so."""

    def __init__(self) -> None:
        super().__init__(id="health-pane")
        self._facts = Static(id="health-facts", markup=False)
        self._dev_server = Static(id="health-dev-server", markup=False)
        self._schema = Static(id="health-schema", markup=False)

    def compose(self) -> ComposeResult:
        yield self._facts
        yield self._dev_server
        yield Static("Schema", classes="heading")
        yield self._schema

    def show_rows(self, rows: Sequence[Row]) -> None:
        self._facts.update(Content("\n").join(map(_row, rows)))

    def say(self, text: str) -> None:
        """Why there are no rows yet."""
        self._facts.update(Content(text).stylize("$text-muted"))

    def show_dev_server(self, row: Row) -> None:
        self._dev_server.update(_row(row))

    def show_schema(self, title: str, lines: Sequence[SchemaLine]) -> None:
        self._schema.update(Content("\n").join([Content(title), *map(_line, lines)]))

    def say_of_schema(self, text: str) -> None:
        self._schema.update(Content(text).stylize("$text-muted"))

    def show_schema_problem(self, message: str, next_step: str) -> None:
        """Untrusted texts."""
        said = Content(f"✗ {clean(message)}").stylize("$error")
        self._schema.update(said + Content(f"\n{clean(next_step)}".rstrip()))


def _row(row: Row) -> Content:
    text = Content(row.text)
    colour = _STATES.get(row.text[:1])
    return Content(f"{row.title:<14}").stylize("$text-muted") + (
        text.stylize(colour, 0, 1) if colour else text
    )


def _line(line: SchemaLine) -> Content:
    marked = Content(f"{line.mark} ").stylize(_COLOURS[line.mark])
    text = Content(line.text) if line.depth else Content(line.text).stylize("bold")
    return Content("  " + "    " * line.depth) + marked + text
