"""A table as the recipes see it, and its Convex source.

Validators: https://docs.convex.dev/database/types; names: at most 64 ASCII letters, digits and
underscores, beginning with a letter (a leading ``_`` is Convex's own).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

DATE_COMMENT = "milliseconds since 1970, as Date.now() gives"

ScalarName = Literal["string", "number", "boolean", "date", "any", "int64", "bytes"]


@dataclass(frozen=True, slots=True)
class Scalar:
    name: ScalarName


@dataclass(frozen=True, slots=True)
class Reference:
    """The id of a document of another table."""

    table: str


@dataclass(frozen=True, slots=True)
class ListOf:
    item: Scalar | Reference


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of at least two literal strings."""

    values: tuple[str, ...]


FieldType = Scalar | Reference | ListOf | OneOf


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: FieldType
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    fields: tuple[Field, ...]
    indexes: tuple[Index, ...] = ()

    def references(self) -> tuple[str, ...]:
        """The tables its fields point to, each once."""
        types = [field.type.item if isinstance(field.type, ListOf) else field.type for field in self.fields]
        return tuple(dict.fromkeys(one.table for one in types if isinstance(one, Reference)))


@dataclass(frozen=True, slots=True)
class Style:
    """How the file we write into is written."""

    indent: str = "  "
    """One level."""
    quote: str = '"'
    trailing_comma: bool = True
    semicolons: bool = True
    newline: str = "\n"
    v: str = "v"
    """What the file calls `v` of convex/values …"""
    define_table: str = "defineTable"
    """… and `defineTable` of convex/server."""


def validator(field: Field, style: Style) -> str:
    """The field's validator, e.g. ``v.optional(v.string())``."""
    code = _type(field.type, style)
    return f"{style.v}.optional({code})" if field.optional else code


def _type(kind: FieldType, style: Style) -> str:
    v = style.v
    match kind:
        case Scalar("date"):
            return f"{v}.number()"
        case Scalar(name):
            return f"{v}.{name}()"
        case Reference(table):
            return f"{v}.id({literal(table, style)})"
        case ListOf(item):
            return f"{v}.array({_type(item, style)})"
        case OneOf(values):
            return f"{v}.union({', '.join(f'{v}.literal({literal(value, style)})' for value in values)})"


def literal(text: str, style: Style) -> str:
    """`text` as a string literal in the file's quotes."""
    code = json.dumps(text, ensure_ascii=False)
    if style.quote == '"':
        return code
    inside = code[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{inside}'"


def table_lines(table: Table, style: Style) -> list[str]:
    """The table as an entry of defineSchema's object, without a comma after it."""
    lines = [f"{table.name}: {style.define_table}({{"]
    last = len(table.fields) - 1
    for place, field in enumerate(table.fields):
        comma = "," if style.trailing_comma or place < last else ""
        comment = f" // {DATE_COMMENT}" if field.type == Scalar("date") else ""
        lines.append(f"{style.indent}{field.name}: {validator(field, style)}{comma}{comment}")
    indexes = "".join(
        f".index({literal(index.name, style)}, [{', '.join(literal(name, style) for name in index.fields)}])"
        for index in table.indexes
    )
    lines.append(f"}}){indexes}")
    return lines
