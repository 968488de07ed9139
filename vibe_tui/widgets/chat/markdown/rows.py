"""Blocks at one width: the rows a view paints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from rich.cells import chop_cells
from textual.content import Content

from vibe_tui.services.terminal_text import visible
from vibe_tui.widgets.chat.markdown.blocks import Block, Code, Flow, Gap, Piece, Rule, Table

SEPARATOR = " │ "
NARROWEST = 6
"""Cells of a column; where there is room for less, a table is shown as a list."""


class Row(NamedTuple):
    prefix: str
    text: Content | str
    kind: Literal["text", "code", "head"] = "text"
    """head: above a code block."""
    code: int = -1
    """Which of the text's code blocks it belongs to."""


class Rows:
    """The rows of a growing list of blocks. `take` may be called again and again."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows: list[Row] = []
        self.codes: list[Code] = []
        self.settled = 0
        """How many of `rows` can no longer change."""
        self._blocks = 0
        """How many blocks those are of."""
        self._code: Code | None = None
        """The code block at the end, which may still grow."""
        self._code_lines = 0
        """How many of its lines are settled."""

    def take(self, blocks: Sequence[Block], open_block: Block) -> None:
        """The blocks, of which those that were given before are the same."""
        del self.rows[self.settled :]
        for block in blocks[self._blocks :]:
            self._end_code()
            self._gap()
            for piece in block:
                self._add(piece)
            if len(block) == 1 and isinstance(block[0], Code):
                self._code = block[0]
            self.settled = len(self.rows)
        self._blocks = len(blocks)
        if self._code is not None:
            self._grow(self._code)
        if open_block:
            self._gap()
            codes = len(self.codes)
            for piece in open_block:
                self._add(piece, settled=False)
            del self.codes[codes:]

    def _gap(self) -> None:
        if self.rows:
            self.rows.append(Row("", ""))

    def _end_code(self) -> None:
        if self._code is not None:
            self._grow(self._code)
            self.settled = len(self.rows)
            self._code = None

    def _grow(self, code: Code) -> None:
        number = len(self.codes) - 1
        for line in code.lines[self._code_lines :]:
            self.rows += _code_rows(code, line, number, self.width)
        self._code_lines, self.settled = len(code.lines), len(self.rows)
        if code.partial:
            self.rows += _code_rows(code, code.partial, number, self.width)

    def _add(self, piece: Piece, *, settled: bool = True) -> None:
        if not isinstance(piece, Code):
            self.rows += _rows(piece, self.width)
            return
        self.codes.append(piece)
        number = len(self.codes) - 1
        self.rows.append(Row(piece.prefix, piece.language, "head", number))
        for line in piece.lines:
            self.rows += _code_rows(piece, line, number, self.width)
        if settled:
            self._code_lines = len(piece.lines)


def _code_rows(code: Code, line: str, number: int, width: int) -> Iterator[Row]:
    room = max(8, width - len(code.prefix) - 2)
    text = visible(line.removesuffix("\n").expandtabs(4))
    for part in [text] if text.isascii() and len(text) <= room else chop_cells(text, room) or [""]:
        yield Row(code.prefix, part, "code", number)


def _rows(piece: Flow | Table | Rule | Gap, width: int) -> Iterator[Row]:
    match piece:
        case Flow():
            room = max(8, width - max(len(piece.first), len(piece.rest)))
            for at, line in enumerate(piece.text.wrap(room) or [Content("")]):
                yield Row(piece.rest if at else piece.first, line)
        case Table():
            yield from _table_rows(piece, width)
        case Rule():
            yield Row(piece.prefix, Content("─" * max(1, width - len(piece.prefix))).stylize(".md--muted"))
        case Gap():
            yield Row(piece.prefix, "")


def _table_rows(table: Table, width: int) -> Iterator[Row]:
    widths = _column_widths(table, width - len(table.prefix))
    if not widths:
        yield from _as_list(table, width)
        return
    for number, row in enumerate(table.rows):
        cells = [cell.wrap(room) or [Content("")] for cell, room in zip(row, widths, strict=True)]
        for line in range(max(map(len, cells))):
            parts = [
                (cell[line] if line < len(cell) else Content("")) for cell in cells
            ]  # a cell that has ended is blank
            padded = [
                part.pad_right(max(0, room - part.cell_length))
                for part, room in zip(parts, widths, strict=True)
            ]
            yield Row(table.prefix, Content(SEPARATOR).stylize(".md--muted").join(padded))
        if number == 0:
            line_under = "─┼─".join("─" * room for room in widths)
            yield Row(table.prefix, Content(line_under).stylize(".md--muted"))


def _column_widths(table: Table, room: int) -> list[int]:
    """How wide each column is; none: they do not fit."""
    widths = [max(1, *(cell.cell_length for cell in column)) for column in zip(*table.rows, strict=True)]
    room -= len(SEPARATOR) * (len(widths) - 1)
    if NARROWEST * len(widths) > room and sum(widths) > room:
        return []
    while (excess := sum(widths) - room) > 0:
        widest = widths.index(max(widths))
        widths[widest] -= min(excess, max(1, widths[widest] // 4))
    return widths


def _as_list(table: Table, width: int) -> Iterator[Row]:
    head, *rows = table.rows
    for number, row in enumerate(rows):
        if number:
            yield Row(table.prefix, "")
        for name, cell in zip(head, row, strict=True):
            text = Content.assemble(name, ": ", cell)
            yield from _rows(Flow(text, table.prefix, table.prefix + "  "), width)
