"""Fields of a table that is in the schema, read back from their validators."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from vibe_tui.services.assistant.recipes.field_words import likely_type
from vibe_tui.services.assistant.recipes.table import (
    Field,
    FieldType,
    ListOf,
    OneOf,
    Reference,
    Scalar,
    ScalarName,
    Style,
    validator,
)

_SCALARS: dict[str, ScalarName] = {
    "v.string()": "string",
    "v.number()": "number",
    "v.float64()": "number",
    "v.boolean()": "boolean",
    "v.any()": "any",
    "v.int64()": "int64",
    "v.bytes()": "bytes",
}
_OPTIONAL = re.compile(r"v\.optional\((.*)\)\Z", re.DOTALL)
_ID = re.compile(r'v\.id\("(\w+)"\)\Z')
_ARRAY = re.compile(r"v\.array\((.*)\)\Z", re.DOTALL)
_STRING = r'"(?:[^"\\]|\\.)*"'
_UNION = re.compile(rf"v\.union\(((?:v\.literal\({_STRING}\),?)+)\)\Z")


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: FieldType | None
    """None: a validator that recipes do not read; code refers to the schema for it."""
    optional: bool = False

    def validator(self, table: str, *, optional: bool | None = None) -> str:
        """Its validator for a function's arguments. optional: other than in the table."""
        wanted = self.optional if optional is None else optional
        if self.type is not None:
            return validator(Field(self.name, self.type, wanted), Style())
        code = f"schema.tables.{table}.validator.fields.{self.name}"
        return f"v.optional({code})" if wanted and not self.optional else code

    @property
    def needs_schema(self) -> bool:
        return self.type is None

    def is_text(self) -> bool:
        return self.type == Scalar("string")


def read_columns(fields: Mapping[str, str]) -> tuple[Column, ...]:
    """From names and canonical validators (TableThere.fields)."""
    return tuple(_column(name, code) for name, code in fields.items())


def _column(name: str, code: str) -> Column:
    found = _OPTIONAL.match(code)
    kind = _type(found[1] if found else code)
    if kind == Scalar("number") and likely_type(name) == Scalar("date"):
        kind = Scalar("date")
    return Column(name, kind, optional=found is not None)


def _type(code: str) -> FieldType | None:
    if code in _SCALARS:
        return Scalar(_SCALARS[code])
    if found := _ID.match(code):
        return Reference(found[1])
    if found := _UNION.match(code):
        values = tuple(json.loads(value) for value in re.findall(_STRING, found[1]))
        return OneOf(values) if len(values) > 1 else None
    if found := _ARRAY.match(code):
        item = _type(found[1])
        return ListOf(item) if isinstance(item, Scalar | Reference) else None
    return None
