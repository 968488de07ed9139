"""Documents as a table's rows and as the lines of a panel. Pure functions; all text is made safe to show."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from vibe_tui.services.convex.deployment_data import Document
from vibe_tui.services.convex.values import special_of
from vibe_tui.services.terminal_text import visible
from vibe_tui.widgets.document_table_columns import Cell, Kind, Row

_LONGEST_CELL = 400
MOST_LINES = 2_000


def row_of(document: Document) -> Row:
    cells = {visible(name): _cell(name, value) for name, value in document.readable().items()}
    return Row(document.id, cells)


def time_text(milliseconds: float) -> str:
    """In local time, to the second."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(milliseconds / 1000))


def _cell(name: str, value: object) -> Cell:
    if name == "_creationTime" and isinstance(value, int | float):
        return Cell(time_text(value), "time")
    if name == "_id":
        return Cell(visible(str(value)), "id")
    if isinstance(value, str):
        return Cell(visible(value[:_LONGEST_CELL]), "text")
    return Cell(visible(json.dumps(value, ensure_ascii=False)[:_LONGEST_CELL]), kind_of(value))


def kind_of(value: object) -> Kind:
    match value:
        case None:
            return "null"
        case bool():
            return "flag"
        case int() | float():
            return "number"
        case str():
            return "text"
        case dict() if special_of(value) is not None:
            return "number"
    return "nested"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document as JSON: before the value, the value, and what follows it."""

    before: str
    value: str
    after: str
    kind: Kind
    text: str = ""
    """Of a text value, the text: perhaps the id of a document."""


def lines_of(readable: Mapping[str, object]) -> list[Line]:
    """readable: see Document.readable. At most MOST_LINES, in the order of the table's columns."""
    found: list[Line] = []
    ordered = dict(sorted(readable.items(), key=lambda item: (item[0] != "_id", item[0] == "_creationTime")))
    for line in _lines(ordered, "", ""):
        if len(found) == MOST_LINES:
            found.append(Line("", "… the rest is not shown: copy the document for all of it", "", "null"))
            break
        found.append(line)
    return found


def _lines(value: object, indent: str, before: str, after: str = "") -> Iterator[Line]:
    match value:
        case dict() if value and special_of(value) is None:
            yield from _nested(value.items(), "{}", indent, before, after)
        case list() if value:
            yield from _nested([(None, item) for item in value], "[]", indent, before, after)
        case _:
            text = value if isinstance(value, str) else ""
            if before.endswith('"_creationTime": ') and isinstance(value, int | float):
                after += f"  {time_text(value)}"
            shown = visible(json.dumps(value, ensure_ascii=False))
            yield Line(before, shown, after, "id" if before == '  "_id": ' else kind_of(value), text)


def _nested(
    items: Iterable[tuple[str | None, object]], brackets: str, indent: str, before: str, after: str
) -> Iterator[Line]:
    pairs = list(items)
    yield Line(before, "", brackets[0], "nested")
    for number, (name, item) in enumerate(pairs, 1):
        key = "" if name is None else f"{visible(json.dumps(name, ensure_ascii=False))}: "
        comma = "," if number < len(pairs) else ""
        yield from _lines(item, f"{indent}  ", f"{indent}  {key}", comma)
    yield Line(indent, "", brackets[1] + after, "nested")


def skeleton(row: Row | None) -> dict[str, object]:
    """A document to start from: the fields of another one, with empty values of the same kinds."""
    if row is None:
        return {}
    return {name: _empty(cell) for name, cell in row.cells.items() if not name.startswith("_")}


def _empty(cell: Cell) -> object:
    if cell.kind == "nested":
        return [] if cell.text.startswith("[") else {}
    return {"text": "", "number": 0, "flag": False}.get(cell.kind)


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
