"""Fields from the part of a sentence that lists them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vibe_tui.services.assistant.recipes.field_types import TYPES, field_type
from vibe_tui.services.assistant.recipes.field_words import (
    SYSTEM_FIELDS,
    FieldsUnclear,
    field_name,
    fields_in,
    likely_type,
    unclear,
)
from vibe_tui.services.assistant.recipes.table import Field

_SEPARATOR = re.compile(r"\s*[,;&\n]\s*(?:and\s)?|\s+(?:and|plus)\s+(?=\S)", re.IGNORECASE)
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_LEADING_NOISE = re.compile(
    r"\A(?:(?:and|with|has|having|an?|the|its|their|some|fields?|columns?|called|named|following|these)\b\s*:?\s+)+",
    re.IGNORECASE,
)
_TRAILING_NOISE = re.compile(r"\s+(?:fields?|columns?)\Z", re.IGNORECASE)
_DESCRIBED = re.compile(
    r"(?P<name>[^:=()]+?)\s*"
    r"(?:\((?P<bracketed>[^()]*)\)(?P<after>[^()]*)"
    r"|(?::|=|\s-\s|\s(?:as|of type|is)\s)\s*(?P<plain>.+))\Z",
    re.IGNORECASE | re.DOTALL,
)
_REFERENCES = re.compile(r"\s+references?\s+(?!to\b)(?P<table>[\w-]+)\Z", re.IGNORECASE)
_OPTIONAL = re.compile(r"[\s,]*\b(?:optional(?:ly)?|nullable|not required)\b[\s,]*", re.IGNORECASE)
_REQUIRED = re.compile(r"[\s,]*\b(?:required|mandatory)\b[\s,]*", re.IGNORECASE)
_ARTICLE = re.compile(r"\A(?:an?|the)\s+", re.IGNORECASE)
_TYPE_NOUN = re.compile(r"\s+(?:value|type|field)\Z", re.IGNORECASE)
_QUOTED = re.compile(r"""([`"'])([\w$ -]+)\1""")
_DATE_AND_TIME = re.compile(r"\bdate (?:and|&) time\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FieldList:
    fields: tuple[Field, ...]
    guessed: tuple[str, ...]
    """Names of those whose type was not said."""
    left_out: tuple[str, ...]
    """Fields that Convex has by itself."""


def parse_fields(text: str) -> FieldList:
    """The fields that `text` lists, in its order, e.g. "title, done (boolean) and optional note".

    Raises FieldsUnclear, or BadName for a name that Convex would not take.
    """
    text = re.sub(r"\s*\|\s*", "|", text.strip().rstrip(".!"))
    found = [one for chunk in _split(_DATE_AND_TIME.sub("datetime", text)) for one in _fields_of(chunk)]
    names = [field.name for field, _ in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise FieldsUnclear(f"The field {twice} is there twice.", next_step="Name every field once.")
    own = [(field, said) for field, said in found if field.name not in SYSTEM_FIELDS]
    return FieldList(
        fields=tuple(field for field, _ in own),
        guessed=tuple(field.name for field, said in own if not said),
        left_out=tuple(name for name in names if name in SYSTEM_FIELDS),
    )


def _split(text: str) -> list[str]:
    """`text` at its separators, except at those inside brackets."""
    chunks, start, place = [], 0, 0
    while place < len(text):
        if text[place] in _BRACKETS:
            end = text.find(_BRACKETS[text[place]], place)
            place = end if end > 0 else len(text)
        elif found := _SEPARATOR.match(text, place):
            chunks.append(text[start:place])
            start = place = found.end()
            continue
        place += 1
    chunks.append(text[start:])
    return [chunk.strip() for chunk in chunks if chunk.strip()]


def _fields_of(chunk: str) -> Iterator[tuple[Field, bool]]:
    """The fields of one chunk, and whether each one's type was said."""
    text = _LEADING_NOISE.sub("", _QUOTED.sub(r"\2", chunk))
    text = _REFERENCES.sub(r": id of \g<table>", _TRAILING_NOISE.sub("", text))
    if described := _DESCRIBED.match(text):
        yield _described(chunk, described)
    elif "(" in text or ")" in text:
        raise unclear(chunk)
    else:
        yield from fields_in(text)


def _described(chunk: str, found: re.Match[str]) -> tuple[Field, bool]:
    """`name: type`, `name (type)`, `name as a type` and the like."""
    name, name_marks = _OPTIONAL.subn(" ", found["name"])
    description, marks = _OPTIONAL.subn(
        " ", f"{found['bracketed'] or found['plain'] or ''} {found['after'] or ''}"
    )
    words = name.split()
    optional = name_marks + marks > 0 or found["name"].endswith("?")
    called = field_name(chunk, [word.rstrip("?") for word in words])
    description = _ARTICLE.sub("", _REQUIRED.sub(" ", description).strip())
    if not description:
        return Field(called, likely_type(called), optional), False
    kind = field_type(description) or field_type(_TYPE_NOUN.sub("", description))
    if kind is None:
        raise FieldsUnclear(
            f"“{description}” in “{chunk}” is not a type that built-in recipes know.",
            next_step=f"Types are {TYPES}.",
        )
    return Field(called, kind, optional), True
