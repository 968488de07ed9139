"""Convex's validators (`v.*`) as data: what a function takes and returns, how that reads, does a value fit.

Source: npm convex 1.48, src/values/validator.ts (ValidatorJSON).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, get_args

ScalarKind = Literal["any", "null", "number", "bigint", "boolean", "string", "bytes"]
_SCALARS: tuple[ScalarKind, ...] = get_args(ScalarKind)


class ValidatorUnreadable(ValueError):
    """Not a validator that this version knows."""


@dataclass(frozen=True, slots=True)
class Scalar:
    kind: ScalarKind


@dataclass(frozen=True, slots=True)
class Id:
    table: str


@dataclass(frozen=True, slots=True)
class Constant:
    """`v.literal(value)`; the value as Convex JSON."""

    value: object


@dataclass(frozen=True, slots=True)
class Array:
    items: Validator


@dataclass(frozen=True, slots=True)
class Record:
    keys: Validator
    values: Validator


@dataclass(frozen=True, slots=True)
class Union:
    members: tuple[Validator, ...]


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    validator: Validator
    optional: bool


@dataclass(frozen=True, slots=True)
class Object:
    fields: tuple[Field, ...]


Validator = Scalar | Id | Constant | Array | Record | Union | Object
ANY = Scalar("any")


def read(given: object) -> Validator:
    """A validator from its JSON. Raises ValidatorUnreadable."""
    try:
        return _read(given)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValidatorUnreadable from error


def _read(given: object) -> Validator:
    if not isinstance(given, dict):
        raise ValidatorUnreadable
    kind = given["type"]
    match kind:
        case "id":
            return Id(str(given["tableName"]))
        case "literal":
            return Constant(given["value"])
        case "array":
            return Array(_read(given["value"]))
        case "record":
            return Record(_read(given["keys"]), _read(given["values"]["fieldType"]))
        case "union":
            return Union(tuple(_read(member) for member in given["value"]))
        case "object":
            fields = given["value"].items()
            return Object(
                tuple(Field(str(name), _read(it["fieldType"]), bool(it["optional"])) for name, it in fields)
            )
        case _ if kind in _SCALARS:
            return Scalar(kind)
    raise ValidatorUnreadable


def signature(validator: Validator) -> str:
    """As TypeScript would write the type, e.g. `{ author: string, tags?: string[] }`."""
    match validator:
        case Scalar(kind):
            return {"bytes": "ArrayBuffer"}.get(kind, kind)
        case Id(table):
            return f"Id<{json.dumps(table)}>"
        case Constant(value):
            return json.dumps(value, ensure_ascii=False)
        case Array(items):
            inner = signature(items)
            return f"({inner})[]" if isinstance(items, Union) else f"{inner}[]"
        case Record(keys, values):
            return f"Record<{signature(keys)}, {signature(values)}>"
        case Union(members):
            return " | ".join(map(signature, members)) or "never"
        case Object(fields):
            inner = ", ".join(
                f"{f.name}{'?' if f.optional else ''}: {signature(f.validator)}" for f in fields
            )
            return f"{{ {inner} }}" if inner else "{}"


def example(validator: Validator) -> object:
    """A value that fits, as readable JSON; ids are a hint of what to put there.

    Optional fields are left out.
    """
    match validator:
        case Scalar(kind):
            return _EXAMPLES[kind]
        case Id(table):
            return f"<id of {table}>"
        case Constant(value):
            return value
        case Array(items):
            return [example(items)]
        case Record():
            return {}
        case Union(members):
            return example(members[0]) if members else None
        case Object(fields):
            return {field.name: example(field.validator) for field in fields if not field.optional}


_EXAMPLES: dict[ScalarKind, object] = {
    "any": None,
    "null": None,
    "number": 0,
    "bigint": {"$integer": "0"},
    "boolean": False,
    "string": "",
    "bytes": {"$bytes": ""},
}
