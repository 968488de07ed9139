"""Typed arguments against the validators of a function, before anything is sent."""

from __future__ import annotations

import json

from vibe_tui.services.convex.validators import (
    Array,
    Constant,
    Id,
    Object,
    Record,
    Scalar,
    Union,
    Validator,
    example,
    signature,
)
from vibe_tui.services.convex.values import (
    BYTES,
    FLOAT,
    INTEGER,
    ValueInvalid,
    encoded_integer,
    special_of,
    travelling,
)
from vibe_tui.services.terminal_text import clean

_SHOWN = 60
_HINTS = {"bigint": 'Write it as {"$integer": "42"}.', "bytes": 'Write it as {"$bytes": BASE64}.'}

Path = tuple[str, ...]
"""Where a value is in the arguments, e.g. (".author", ".tags", "[2]")."""


class ArgumentsInvalid(ValueInvalid):
    """The arguments are not those that the function takes."""

    code = "arguments_invalid"


def encode(validator: Validator, given: object, path: Path = ()) -> object:
    """Readable JSON as Convex JSON that fits; a whole number may stand for a 64-bit integer.

    Whether an id is one of its table is for the deployment to say. Raises ArgumentsInvalid.
    """
    match validator:
        case Scalar():
            return _scalar(validator, given, path)
        case Id():
            if not isinstance(given, str) or given in ("", example(validator)):
                raise _wrong(validator, given, path)
            return given
        case Constant(value):
            sent = _travelling(given, path)
            if json.dumps(sent) != json.dumps(value) and not _same_number(sent, value):
                raise _wrong(validator, given, path)
            return value
        case Array(items):
            if not isinstance(given, list):
                raise _wrong(validator, given, path)
            return [encode(items, item, (*path, f"[{n}]")) for n, item in enumerate(given)]
        case Record(keys, values):
            sent_record = {}
            for key, item in _object(validator, given, path).items():
                below = (*path, f".{key}")
                sent_record[str(encode(keys, key, below))] = encode(values, item, below)
            return sent_record
        case Union(members):
            return _union(members, validator, given, path)
        case Object():
            return _fields(validator, given, path)


def _scalar(validator: Scalar, given: object, path: Path) -> object:
    kind = validator.kind
    special, _ = (isinstance(given, dict) and special_of(given)) or ("", "")
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    fits = {
        "any": True,
        "null": given is None,
        "number": is_number or special == FLOAT,
        "bigint": special == INTEGER or (is_number and isinstance(given, int)),
        "boolean": isinstance(given, bool),
        "string": isinstance(given, str),
        "bytes": special == BYTES,
    }
    if not fits[kind]:
        raise _wrong(validator, given, path)
    if kind == "bigint" and isinstance(given, int):
        try:
            return encoded_integer(given)
        except ValueInvalid as problem:
            raise _at(problem, path) from problem
    return _travelling(given, path)


def _fields(validator: Object, given: object, path: Path) -> object:
    values = _object(validator, given, path)
    known = {field.name: field.validator for field in validator.fields}
    missing = [f.name for f in validator.fields if not f.optional and f.name not in values]
    extra = [name for name in values if name not in known]
    if missing or extra:
        problem = f"must have the field “{missing[0]}”" if missing else f"cannot have a field “{extra[0]}”"
        raise ArgumentsInvalid(
            f"{_place(path)} {clean(problem)}.", next_step=f"It takes {clean(signature(validator))}."
        )
    return {name: encode(known[name], item, (*path, f".{name}")) for name, item in values.items()}


def _union(members: tuple[Validator, ...], validator: Union, given: object, path: Path) -> object:
    problem = _wrong(validator, given, path)
    for member in members:
        try:
            return encode(member, given, path)
        except ArgumentsInvalid as error:
            if len(members) == 1:
                problem = error
    raise problem


def _object(validator: Validator, given: object, path: Path) -> dict[str, object]:
    if not isinstance(given, dict) or special_of(given) is not None:
        raise _wrong(validator, given, path)
    return given


def _travelling(given: object, path: Path) -> object:
    try:
        return travelling(given)
    except ValueInvalid as problem:
        raise _at(problem, path) from problem


def _same_number(a: object, b: object) -> bool:
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (a, b))
    return numbers and a == b


def _place(path: Path) -> str:
    return clean("".join(path).lstrip(".")) or "The arguments object"


def _at(problem: ValueInvalid, path: Path) -> ArgumentsInvalid:
    return ArgumentsInvalid(f"{_place(path)}: {problem.message}", next_step=problem.next_step)


def _wrong(validator: Validator, given: object, path: Path) -> ArgumentsInvalid:
    shown = json.dumps(given, ensure_ascii=False)
    shown = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
    kind = validator.kind if isinstance(validator, Scalar) else ""
    return ArgumentsInvalid(
        f"{_place(path)} has to be {clean(signature(validator))}, not {clean(shown)}.",
        next_step=_HINTS.get(kind, ""),
    )
