"""Convex values: as they travel (Convex JSON), and as people read and type them.

JSON has no 64-bit integers, bytes or special floats. Convex sends them as base64 of their bytes, in an
object with one key: `{"$integer": "KgAAAAAAAAA="}`. Readable JSON keeps the keys and has what people
expect in them: `{"$integer": "42"}`, `{"$float": "NaN"}`; bytes stay base64. What is read can be typed
back, and typed values may also have Convex's own form.
Source: https://docs.convex.dev/database/types and npm convex 1.48, src/values/value.ts.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import struct

from vibe_tui.services.errors import VibeError

INTEGER, BYTES, FLOAT = "$integer", "$bytes", "$float"
_EIGHT_BYTES = re.compile(r"[A-Za-z0-9+/]{11}=")
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_DEEPEST = 64
_WHOLE = 2**53
"""From here on a float no longer tells every whole number apart."""
_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": -0.0}


class ValueInvalid(VibeError):
    """Something that Convex cannot keep, or a value in a form of neither kind."""

    code = "value_invalid"


def readable(value: object) -> object:
    """Convex JSON as people read it. Whole numbers lose their ".0". Raises ValueInvalid."""
    match value:
        case dict() if (special := special_of(value)) is not None:
            kind, text = special
            if kind == INTEGER:
                return {INTEGER: str(_integer(text))}
            return {FLOAT: _spelled(_float(text))} if kind == FLOAT else {BYTES: text}
        case dict():
            return {str(name): readable(item) for name, item in value.items()}
        case list():
            return [readable(item) for item in value]
        case float() if value.is_integer() and abs(value) < _WHOLE:
            return int(value)
    return value


def travelling(value: object, *, depth: int = 0) -> object:
    """Readable JSON (or Convex JSON) as Convex JSON. Raises ValueInvalid."""
    if depth > _DEEPEST:
        raise ValueInvalid(f"Convex does not keep values nested more than {_DEEPEST} deep.")
    match value:
        case dict() if (special := special_of(value)) is not None:
            kind, text = special
            if kind == INTEGER:
                return encoded_integer(_integer(text))
            if kind == FLOAT:
                return encoded_float(_float(text))
            _bytes(text)
            return {BYTES: text}
        case dict():
            for name in value:
                if name.startswith("$") or not name.isascii() or not name.isprintable():
                    raise ValueInvalid(
                        f"Convex does not keep a field named {json.dumps(name)}.",
                        next_step="Field names are ASCII and do not start with a dollar sign.",
                    )
            return {name: travelling(item, depth=depth + 1) for name, item in value.items()}
        case list():
            return [travelling(item, depth=depth + 1) for item in value]
        case float() if not math.isfinite(value):
            return encoded_float(value)
        case int() if not isinstance(value, bool) and abs(value) > _WHOLE:
            raise ValueInvalid(
                f"{value} is too large for a number.", next_step=f'Write it as {{"{INTEGER}": "{value}"}}.'
            )
    return value


def parse(text: str) -> object:
    """The value that a JSON text means, as it stands there. Raises ValueInvalid."""
    try:
        value: object = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        where = (
            f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        )
        raise ValueInvalid(
            f"This is not valid JSON{where}.", next_step='Write it like {"author": "Ann", "stars": 5}.'
        ) from error
    return value


def encoded_integer(number: int) -> dict[str, str]:
    """Raises ValueInvalid when it does not fit into 64 bits."""
    if not _SMALLEST <= number <= _LARGEST:
        raise ValueInvalid(f"{number} does not fit into 64 bits.")
    return {INTEGER: base64.b64encode(struct.pack("<q", number)).decode()}


def encoded_float(number: float) -> object:
    """A plain number if JSON has it, otherwise Convex's form of it."""
    if math.isfinite(number) and not (number == 0 and math.copysign(1, number) < 0):
        return number
    return {FLOAT: base64.b64encode(struct.pack("<d", number)).decode()}


def special_of(value: dict[str, object]) -> tuple[str, str] | None:
    """("$integer", its text) and so on, for an object that stands for one value."""
    if len(value) != 1:
        return None
    [(kind, text)] = value.items()
    return (kind, text) if kind in (INTEGER, BYTES, FLOAT) and isinstance(text, str) else None


def _integer(text: str) -> int:
    if _EIGHT_BYTES.fullmatch(text):
        return int(struct.unpack("<q", _bytes(text))[0])
    if not re.fullmatch(r"-?[0-9]{1,19}", text):
        raise _wrong(INTEGER, text, '"42"')
    number = int(text)
    encoded_integer(number)
    return number


def _float(text: str) -> float:
    if text in _SPECIAL:
        return _SPECIAL[text]
    if not _EIGHT_BYTES.fullmatch(text):
        raise _wrong(FLOAT, text, '"NaN", "Infinity", "-Infinity" or "-0"')
    return float(struct.unpack("<d", _bytes(text))[0])


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _wrong(BYTES, text, "base64") from error


def _spelled(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return "-0" if number == 0 else repr(number)


def _wrong(kind: str, text: str, wanted: str) -> ValueInvalid:
    return ValueInvalid(f"{kind} cannot be {json.dumps(text[:40])}.", next_step=f"It has to be {wanted}.")


def _no_constant(name: str) -> object:
    raise ValueInvalid(f"JSON has no {name}.", next_step=f'Write it as {{"{FLOAT}": "{name}"}}.')
