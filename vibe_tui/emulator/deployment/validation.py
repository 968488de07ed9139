"""Convex validators (`v.*`, as exported JSON) against values (as Convex JSON), with Convex's wording."""

from __future__ import annotations

import json
import re
from typing import Any

Validator = dict[str, Any]

_TABLE_OF_ID = re.compile(r"[0-9]+(?P<table>\D.*)", re.DOTALL)
_SPECIAL = ("$integer", "$bytes", "$float")


class Mismatch(Exception):
    """The value does not fit; the text says where, and what was expected."""

    def __init__(self, problem: str, value: Any, validator: Validator) -> None:
        super().__init__(problem)
        self.problem = problem
        self.value = value
        self.validator = validator

    def __str__(self) -> str:
        kind = "Object" if _is_object(self.value) else "Value"
        return f"{self.problem}\n\n{kind}: {show(self.value)}\nValidator: {show_validator(self.validator)}"


def table_of(id_: str) -> str | None:
    """The table an id of the emulator belongs to (digits, then the table's name)."""
    match = _TABLE_OF_ID.fullmatch(id_)
    return match["table"] if match else None


def check(validator: Validator, value: Any) -> None:
    """Raises Mismatch."""
    match validator["type"]:
        case "any":
            return
        case "union":
            if not any(fits(member, value) for member in validator["value"]):
                raise Mismatch("Value does not match validator.", value, validator)
        case "object":
            _check_object(validator, value)
        case "array":
            if not isinstance(value, list):
                raise Mismatch("Value does not match validator.", value, validator)
            for item in value:
                check(validator["value"], item)
        case "record":
            if not _is_object(value):
                raise Mismatch("Value does not match validator.", value, validator)
            for name, item in value.items():
                check(validator["keys"], name)
                check(validator["values"]["fieldType"], item)
        case _:
            if not _fits_scalar(validator, value):
                raise Mismatch("Value does not match validator.", value, validator)


def fits(validator: Validator, value: Any) -> bool:
    try:
        check(validator, value)
    except Mismatch:
        return False
    return True


def _check_object(validator: Validator, value: Any) -> None:
    if not _is_object(value):
        raise Mismatch("Value does not match validator.", value, validator)
    fields = validator["value"]
    for name, field in fields.items():
        if name in value:
            check(field["fieldType"], value[name])
        elif not field["optional"]:
            problem = (
                f"Object is missing the required field `{name}`. Consider wrapping the field validator "
                "in `v.optional(...)` if this is expected."
            )
            raise Mismatch(problem, value, validator)
    for name in value:
        if name not in fields:
            raise Mismatch(
                f"Object contains extra field `{name}` that is not in the validator.", value, validator
            )


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and not (len(value) == 1 and next(iter(value)) in _SPECIAL)


def _is_special(value: Any, name: str) -> bool:
    return isinstance(value, dict) and set(value) == {name}


def _fits_scalar(validator: Validator, value: Any) -> bool:
    match validator["type"]:
        case "null":
            return value is None
        case "number":
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return is_number or _is_special(value, "$float")
        case "bigint" | "commitTs":
            return _is_special(value, "$integer")
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "bytes":
            return _is_special(value, "$bytes")
        case "literal":
            wanted = validator["value"]
            return (type(wanted) is type(value) and bool(wanted == value)) or _same_number(wanted, value)
        case "id":
            return isinstance(value, str) and table_of(value) == validator["tableName"]
    return False


def _same_number(a: Any, b: Any) -> bool:
    """JSON may write one number as 1 or 1.0; true and 1 stay different."""
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (a, b))
    return numbers and bool(a == b)


def show(value: Any) -> str:
    """A value as Convex prints it in its errors."""
    if _is_object(value):
        return "{" + ", ".join(f"{name}: {show(item)}" for name, item in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(show(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def show_validator(validator: Validator) -> str:
    """A validator as the `v` expression that makes it."""
    match validator["type"]:
        case "object":
            fields = []
            for name, field in validator["value"].items():
                shown = show_validator(field["fieldType"])
                fields.append(f"{name}: {f'v.optional({shown})' if field['optional'] else shown}")
            return "v.object({" + ", ".join(fields) + "})"
        case "array":
            return f"v.array({show_validator(validator['value'])})"
        case "union":
            return "v.union(" + ", ".join(show_validator(member) for member in validator["value"]) + ")"
        case "record":
            keys, values = validator["keys"], validator["values"]["fieldType"]
            return f"v.record({show_validator(keys)}, {show_validator(values)})"
        case "literal":
            return f"v.literal({show(validator['value'])})"
        case "id":
            return f'v.id("{validator["tableName"]}")'
        case "number":
            return "v.float64()"
        case "bigint":
            return "v.int64()"
        case kind:
            return f"v.{kind}()"
