"""A Convex schema as data, read from the JSON that `defineSchema(…).export()` gives.

Sources: npm convex 1.48, src/server/schema.ts; Convex's backend, crates/common/src/schemas/json.rs: a
deployment keeps the same JSON, sorted, and tells it to `_system/frontend/getSchemas`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from vibe_tui.services.convex.validators import (
    Array,
    Constant,
    Object,
    Record,
    Union,
    Validator,
    ValidatorUnreadable,
    example,
    read,
    signature,
)
from vibe_tui.services.terminal_text import clean


class SchemaUnreadable(ValueError):
    """Not the JSON of a schema."""


@dataclass(frozen=True, slots=True)
class Type:
    """What a field may hold."""

    text: str
    """As TypeScript would write it. Untrusted, cleaned."""
    key: str
    """Alike for the same type, in whatever order its fields and members were written."""


@dataclass(frozen=True, slots=True)
class SchemaField:
    type: Type
    optional: bool


@dataclass(frozen=True, slots=True)
class Table:
    fields: Mapping[str, SchemaField] | None
    """By name; None when documents are not described by one object (a union of several, or any)."""
    whole: Type
    """Of its documents."""
    indexes: Mapping[str, str]
    """Name to what it is over, e.g. "author, body" or "search body, filtered by author"."""
    example: Mapping[str, object]
    """A document to start from, as readable JSON: what is not optional, empty. Untrusted."""


@dataclass(frozen=True, slots=True)
class Schema:
    tables: Mapping[str, Table]
    """By name. Names are untrusted text, cleaned."""
    validated: bool
    """Whether documents have to fit."""


def read_schema(given: object) -> Schema:
    """A schema from its JSON, parsed. Raises SchemaUnreadable."""
    try:
        return _schema(given)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SchemaUnreadable from error


def _schema(given: Any) -> Schema:
    tables = {clean(str(it["tableName"])): _table(it) for it in given["tables"]}
    return Schema(tables, bool(given.get("schemaValidation")))


def _table(given: Any) -> Table:
    document = given.get("documentType")
    whole = _type(document if document is not None else {"type": "any"})
    fields: dict[str, SchemaField] | None = None
    if isinstance(document, dict) and document.get("type") == "object":
        fields = {
            clean(str(name)): SchemaField(_type(it["fieldType"]), bool(it["optional"]))
            for name, it in document["value"].items()
        }
    return Table(fields, whole, dict(_indexes(given)), _example(document))


def _example(document: object) -> dict[str, object]:
    try:
        start = example(read(document))
    except ValidatorUnreadable:
        return {}
    return start if isinstance(start, dict) else {}


def _indexes(table: Any) -> Iterable[tuple[str, str]]:
    for staged, mark in ((False, ""), (True, " (staged)")):

        def entries(plain: str, held_back: str, staged: bool = staged) -> list[Any]:
            return table.get(held_back if staged else plain) or []

        for index in entries("indexes", "stagedDbIndexes"):
            # Convex ends every index with the time of creation; whether that is written out differs.
            fields = [str(name) for name in index["fields"]]
            over = ", ".join(fields[:-1] if fields[-1:] == ["_creationTime"] else fields)
            yield _named(index, over + mark)
        for index in entries("searchIndexes", "stagedSearchIndexes"):
            yield _named(index, f"search {index['searchField']}{_filtered(index)}{mark}")
        for index in entries("vectorIndexes", "stagedVectorIndexes"):
            size = f"{index['dimensions']:g} dimensions"
            yield _named(index, f"vector {index['vectorField']}, {size}{_filtered(index)}{mark}")


def _named(index: Any, what: str) -> tuple[str, str]:
    return clean(str(index["indexDescriptor"])), clean(what)


def _filtered(index: Any) -> str:
    by = ", ".join(sorted(map(str, index.get("filterFields") or ())))
    return f", filtered by {by}" if by else ""


def _type(given: object) -> Type:
    try:
        validator = read(given)
    except ValidatorUnreadable:  # of a newer Convex: it can still be compared
        text = clean(json.dumps(given, sort_keys=True, ensure_ascii=False))
        return Type(text, text)
    return Type(clean(signature(validator)), signature(_ordered(validator)))


def _ordered(validator: Validator) -> Validator:
    """The same type, written in one way: a deployment sorts fields and writes 1 as 1.0."""
    match validator:
        case Constant(value) if isinstance(value, float) and value.is_integer():
            return Constant(int(value))
        case Array(items):
            return Array(_ordered(items))
        case Record(keys, values):
            return Record(_ordered(keys), _ordered(values))
        case Union(members):
            unique = {signature(one): one for one in map(_ordered, members)}
            return Union(tuple(unique[key] for key in sorted(unique)))
        case Object(fields):
            inner = (replace(one, validator=_ordered(one.validator)) for one in fields)
            return Object(tuple(sorted(inner, key=lambda one: one.name)))
    return validator
