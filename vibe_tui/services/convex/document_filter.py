"""What a user looks for in a table: a field compared with a value, or a text somewhere in the documents.

The deployment compares itself, in the whole table; a text is looked for here, page by page.
Source: the filters of `_system/frontend/paginatedTableDocuments`, see npm-packages/system-udfs in Convex's
backend (lib/filters.ts): base64 of `{"clauses": [{"op", "field", "value", "enabled"}], "order"}`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from vibe_tui.services.convex.values import ValueInvalid, parse, travelling
from vibe_tui.services.errors import UsageError

_OPERATORS = {"=": "eq", "!=": "neq", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_COMPARISON = re.compile(r"(?P<field>\w+)\s*(?P<sign>!=|<=|>=|==?|<|>)\s*(?P<value>.+)", re.DOTALL)
_IN_FIELD = re.compile(r"(?P<field>\w+):\s*(?P<text>.+)", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The deployment gives only the documents whose field compares so."""

    field: str
    sign: str
    """=, !=, <, <=, > or >=."""
    value: object
    """Readable JSON. Values of another type are smaller or larger than all of its type, as in Convex."""

    def encoded(self, order: str) -> str:
        """As the deployment takes it; order: "asc" or "desc" by creation. Raises ValueInvalid."""
        clause = {
            "op": _OPERATORS[self.sign],
            "field": self.field,
            "value": travelling(self.value),
            "enabled": True,
        }
        expression = json.dumps({"clauses": [clause], "order": order})
        return base64.b64encode(expression.encode()).decode()

    def __str__(self) -> str:
        return f"{self.field} {self.sign} {json.dumps(self.value, ensure_ascii=False)}"


@dataclass(frozen=True, slots=True)
class Contains:
    """Of the documents that are read, those with this text; upper and lower case are the same."""

    text: str
    field: str = ""
    """ "": any field, with what is in it."""

    def matches(self, readable: Mapping[str, object]) -> bool:
        """readable: a whole document, see Document.readable."""
        if self.field:
            return self.field in readable and self._is_in(readable[self.field])
        return any(self._is_in(value) for value in readable.values())

    def _is_in(self, value: object) -> bool:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return self.text.casefold() in text.casefold()

    def __str__(self) -> str:
        return f"{self.field}: {self.text}" if self.field else f"“{self.text}”"


Filter = Comparison | Contains


def parse_filter(typed: str) -> Filter:
    """What a typed line means: `stars >= 3`, `author = Ann`, `author: ann`, or a text in any field.

    A value that is not JSON is text. Raises UsageError when there is nothing to look for.
    """
    typed = typed.strip()
    if not typed:
        raise UsageError("Nothing to look for.", next_step="Type a text, or a comparison as stars >= 3.")
    if found := _COMPARISON.fullmatch(typed):
        sign = found["sign"].replace("==", "=")
        return Comparison(found["field"], sign, _value(found["value"].strip()))
    if found := _IN_FIELD.fullmatch(typed):
        return Contains(found["text"].strip(), found["field"])
    return Contains(typed)


def _value(text: str) -> object:
    if text in ("true", "false", "null") or text[:1] in ('"', "{", "[") or _NUMBER.fullmatch(text):
        try:
            return parse(text)
        except ValueInvalid:
            return text
    return text
