"""What a table of documents shows in which columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len

Kind = Literal["text", "id", "number", "flag", "null", "time", "nested"]

NARROWEST = 3
WIDEST = 200
_FIRST_WIDEST = 32
"""Cells a column gets without being asked."""


@dataclass(frozen=True, slots=True)
class Cell:
    """text: one line, cleaned."""

    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    cells: Mapping[str, Cell]
    """By the field's name; a field that the document does not have is missing."""


class Columns:
    """The fields seen so far, in the order of the table, and their widths in cells without space around."""

    SPACE = 3
    """Cells of a column beside its text: one on each side, and the line."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._widths: dict[str, int] = {}
        self._resized: set[str] = set()

    def learn(self, rows: Iterable[Row], *, grow: bool) -> None:
        """Take in new fields, as wide as these rows need them. The ids come first, the times last.

        grow: known columns may become wider too, but not those that the user has resized.
        """
        new: dict[str, int] = {}
        for row in rows:
            for name, cell in row.cells.items():
                if name not in self._widths or (grow and name not in self._resized):
                    new[name] = max(new.get(name, 0), cell_len(cell.text), cell_len(name))
        for name, width in new.items():
            self._widths[name] = max(NARROWEST, min(width, _FIRST_WIDEST), self._widths.get(name, 0))
        self.names = sorted(self._widths, key=lambda name: (name != "_id", name == "_creationTime"))

    def width(self, index: int) -> int:
        return self._widths[self.names[index]]

    def resize(self, index: int, width: int) -> None:
        self._resized.add(self.names[index])
        self._widths[self.names[index]] = max(NARROWEST, min(width, WIDEST))

    def start(self, index: int) -> int:
        """The first cell of a column, its space included."""
        return sum(self.width(before) + self.SPACE for before in range(index))

    @property
    def total(self) -> int:
        return self.start(len(self.names))

    def at(self, x: int) -> int | None:
        """The column at a cell of the row; None right of all."""
        end = 0
        for index in range(len(self.names)):
            end += self.width(index) + self.SPACE
            if x < end:
                return index
        return None

    def edge_at(self, x: int) -> int | None:
        """The column whose right edge is at this cell, or one beside it."""
        end = 0
        for index in range(len(self.names)):
            end += self.width(index) + self.SPACE
            if abs(end - 1 - x) <= 1:
                return index
        return None
