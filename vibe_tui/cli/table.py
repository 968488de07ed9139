"""Rows as aligned columns of text."""

from __future__ import annotations

from collections.abc import Sequence

from vibe_tui.cli.deployment import as_json
from vibe_tui.services.terminal_text import visible

_WIDEST = 40


def table_text(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A heading and the rows; a long cell is cut. Untrusted text is safe to pass."""
    cells = [[_cell(name) for name in columns], *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: object) -> str:
    text = "" if value is None else visible(value if isinstance(value, str) else as_json(value))
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
