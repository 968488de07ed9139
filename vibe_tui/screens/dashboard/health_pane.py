"""What the Health tab shows: what the deployment tells of itself, and how the schema differs."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from vibe_tui.services.convex.health_report import Mark, Row, SchemaLine
from vibe_tui.services.terminal_text import clean

_COLOURS: dict[Mark, str] = {"+": "$success", "-": "$error", "~": "$warning"}
_STATES = {"●": "$success", "↻": "$warning", "✗": "$error", "○": "$text-muted"}


class _Fact(Horizontal):
    """A title and a text, which may be of several lines."""

    def __init__(self) -> None:
        super().__init__()
        self._title = Static(classes="title", markup=False)
        self._text = Static(classes="text", markup=False)

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._text

    def show(self, row: Row) -> None:
        self._title.update(row.title)
        text = Content(row.text)
        colour = _STATES.get(row.text[:1])
        self._text.update(text.stylize(colour, 0, 1) if colour else text)


class HealthPane(VerticalScroll):
    """All texts are clean already, except where it says so."""

    def __init__(self) -> None:
        super().__init__(id="health-pane")
        self._state = Static(id="health-state", classes="muted", markup=False)
        self._facts = Vertical(id="health-facts")
        self._dev_server = _Fact()
        self._schema = Static(id="health-schema", markup=False)

    def compose(self) -> ComposeResult:
        yield self._state
        yield self._facts
        yield self._dev_server
        yield Static("Schema", classes="heading")
        yield self._schema

    def show_rows(self, rows: Sequence[Row]) -> None:
        self.say("")
        there = list(self._facts.query_children(_Fact))
        for place, row in enumerate(rows):
            if place == len(there):
                there.append(_Fact())
                self._facts.mount(there[-1])
            there[place].display = True
            there[place].show(row)
        for left_over in there[len(rows) :]:
            left_over.display = False

    def say(self, text: str) -> None:
        """Why there are no rows yet."""
        self._state.display = bool(text)
        self._state.update(text)

    def show_dev_server(self, row: Row) -> None:
        self._dev_server.show(row)

    def show_schema(self, title: str, lines: Sequence[SchemaLine]) -> None:
        self._schema.update(Content("\n").join([Content(title), *map(_line, lines)]))

    def say_of_schema(self, text: str) -> None:
        self._schema.update(Content(text).stylize("$text-muted"))

    def show_schema_problem(self, message: str, next_step: str) -> None:
        """Untrusted texts."""
        said = Content(f"✗ {clean(message)}").stylize("$error")
        self._schema.update(said + Content(f"\n{clean(next_step)}".rstrip()))


def _line(line: SchemaLine) -> Content:
    marked = Content(f"{line.mark} ").stylize(_COLOURS[line.mark])
    text = Content(line.text) if line.depth else Content(line.text).stylize("bold")
    return Content("  " + "    " * line.depth) + marked + text
