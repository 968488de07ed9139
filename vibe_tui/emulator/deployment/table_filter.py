"""The filters that the dashboard reads a table with (`_system/frontend/paginatedTableDocuments`).

Source: lib/filters.ts of npm-packages/system-udfs in Convex's backend. Of its operators the comparisons are
here; indexes make them fast there and change nothing in what they give.
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Callable
from typing import Any

from vibe_tui.emulator.deployment.errors import FunctionFailed
from vibe_tui.emulator.deployment.journal import Document

ROWS_READ = 4096
"""Documents looked at for one page, as Convex limits it; a page may be empty although more pages follow."""

_MISSING = (0,)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: bool(one == other),
    "neq": lambda one, other: bool(one != other),
    "lt": lambda one, other: bool(one < other),
    "lte": lambda one, other: bool(one <= other),
    "gt": lambda one, other: bool(one > other),
    "gte": lambda one, other: bool(one >= other),
}


class TableFilter:
    def __init__(self, encoded: str) -> None:
        """encoded: base64 of JSON. Raises FunctionFailed, and ValueError or KeyError when it is none."""
        expression = json.loads(base64.b64decode(encoded, validate=True))
        self.order: str = expression.get("order", "desc")
        self._clauses = [
            (clause["field"], self._comparison(clause["op"]), rank(clause["value"]))
            for clause in expression["clauses"]
            if clause.get("enabled", True) and "field" in clause
        ]

    def fits(self, document: Document) -> bool:
        return all(
            compare(rank(document[field]) if field in document else _MISSING, value)
            for field, compare, value in self._clauses
        )

    def _comparison(self, op: str) -> Callable[[Any, Any], bool]:
        if op not in _COMPARE:
            raise FunctionFailed(f"The emulator cannot filter with {op!r}; it has {', '.join(_COMPARE)}.")
        return _COMPARE[op]


def rank(value: Any) -> tuple[Any, ...]:
    """Convex's order of values, over all their types; value: as Convex JSON. Source: docs.convex.dev,
    "Comparison operators": undefined, null, bigint, number, boolean, string, bytes, array, object."""
    match value:
        case None:
            return (1,)
        case bool():
            return (4, value)
        case int() | float():
            return (3, float(value))
        case str():
            return (5, value)
        case list():
            return (7, tuple(rank(item) for item in value))
        case {"$integer": str(encoded), **rest} if not rest:
            return (2, int.from_bytes(base64.b64decode(encoded), "little", signed=True))
        case {"$float": str(encoded), **rest} if not rest:
            number: float = struct.unpack("<d", base64.b64decode(encoded))[0]
            return (3, math.inf, 1) if math.isnan(number) else (3, number)
        case {"$bytes": str(encoded), **rest} if not rest:
            return (6, base64.b64decode(encoded))
    return (8, tuple((name, rank(item)) for name, item in sorted(value.items())))
