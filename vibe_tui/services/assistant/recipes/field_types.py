"""The words for types: from words to a FieldType."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vibe_tui.services.assistant.recipes.names import identifier
from vibe_tui.services.assistant.recipes.table import FieldType, ListOf, OneOf, Reference, Scalar, ScalarName

TYPES = (
    "text, number, boolean, date, json, a list of one of these, “id of users”, “one of draft|published”, "
    "and optional before any of them"
)
"""What a user can write, in one line."""

_WORDS: dict[ScalarName, str] = {
    "string": "string strings text texts str varchar",
    "number": "number numbers numeric int integer integers float floats double decimal",
    "boolean": "boolean booleans bool flag checkbox yes/no true/false",
    "date": "date dates time times datetime date/time timestamp timestamps",
    "any": "any anything json object",
    "int64": "bigint int64",
    "bytes": "bytes binary",
}
_SCALARS = {word: Scalar(name) for name, words in _WORDS.items() for word in words.split()}
_REFERENCE = re.compile(
    r"(?:ids? (?:of|from|in)|references?(?: to| of)?|refs?(?: to)?|links? to|foreign key (?:to|of))"
    r" (?:an? |the )?(?P<table>[\w-]+)(?: table)?\Z",
    re.IGNORECASE,
)
_LIST = re.compile(r"(?:lists?|arrays?) of (?P<item>.+)\Z", re.IGNORECASE)
_ONE_OF = re.compile(r"(?:(?:either )?one of|either|enum(?: of)?)\b:?\s*(?P<values>.+)\Z", re.IGNORECASE)
_BETWEEN_VALUES = re.compile(r"\s*(?:\||,\s*or\s|,|\bor\s)\s*")
_QUOTES = "\"'`"


def scalar(word: str) -> Scalar | None:
    return _SCALARS.get(word.lower())


def field_type(text: str) -> FieldType | None:
    """The type that the whole of `text` names, e.g. "list of strings"; None when it names none.

    Raises BadName for the name of a table that cannot be one.
    """
    text = text.strip()
    if known := scalar(text):
        return known
    if found := _REFERENCE.match(text):
        return Reference(identifier(found["table"]))
    if text.endswith("[]") or (found := _LIST.match(text)):
        item = field_type(text[:-2] if text.endswith("[]") else _LIST.sub(r"\g<item>", text))
        return ListOf(item) if isinstance(item, Scalar | Reference) else None
    if found := _ONE_OF.match(text):
        return _one_of(found["values"])
    return _one_of(text) if "|" in text else None


def _one_of(text: str) -> OneOf | None:
    values = [value.strip().strip(_QUOTES) for value in _BETWEEN_VALUES.split(text.strip("() "))]
    values = list(dict.fromkeys(value for value in values if value))
    return OneOf(tuple(values)) if len(values) > 1 else None


def leading_type(words: Sequence[str]) -> tuple[FieldType, int] | None:
    """The type that `words` begin with and how many of them it takes; the longest wins."""
    for length in range(len(words), 0, -1):
        text = " ".join(words[:length])
        if length > 1 and "|" in text and not _ONE_OF.match(text):
            continue  # only the whole of a description may be a|b without saying so
        if (found := field_type(text)) is not None:
            return found, length
    return None
