"""Fields from plain words, without marks between name and type: `total number optional note`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from vibe_tui.services.assistant.recipes.field_types import leading_type, scalar
from vibe_tui.services.assistant.recipes.names import identifier
from vibe_tui.services.assistant.recipes.recipe import Unclear
from vibe_tui.services.assistant.recipes.table import Field, FieldType, ListOf, Scalar

EXAMPLE = "Create a table for todos with title, done (boolean) and due date"
SYSTEM_FIELDS = ("id", "_id", "_creationTime")
"""What Convex adds by itself, and the name it has elsewhere."""

TEXT = Scalar("string")
_NUMBER, _BOOLEAN, _DATE = Scalar("number"), Scalar("boolean"), Scalar("date")
# "phone number" is a text: nobody adds phone numbers up.
_NUMBERS_THAT_ARE_TEXT = {"phone", "telephone", "mobile", "fax", "serial", "tracking", "account"}
# Words that a field's name never has: with one of them it is something else than a list of fields.
_NOT_IN_NAMES = re.compile(
    r"\b(?:tables?|functions?|query|mutation|index|indexed|unique|that|which|when|where|who|should|can|could|must"
    r"|will|with|to|for|from|by|per|so|then|also"
    r"|make|add|create|like|but|except|each|every|not|one of|either)\b",
    re.IGNORECASE,
)
_QUESTION_MARK = re.compile(r"\A([\w ]+)\?")
_LONGEST_NAME = 4
_LOOKS = (
    (re.compile(r"(?:is|has)[A-Z_]|(?:done|completed|published|active|archived)\Z"), _BOOLEAN),
    (re.compile(r".*(?:At|_at|Date|_date)\Z|(?:date|deadline|birthday)\Z"), _DATE),
    (
        re.compile(
            r"(?:price|amount|total|quantity|count|age|score|rating|stock)\Z|.*(?:Count|Price|Amount)\Z"
        ),
        _NUMBER,
    ),
)


class FieldsUnclear(Unclear):
    """Part of the list is not a field we understand."""

    code = "fields_unclear"


def unclear(chunk: str) -> FieldsUnclear:
    return FieldsUnclear(
        f"Built-in recipes cannot read “{chunk}” as a field.",
        next_step=f"List names and types with commas, e.g. “{EXAMPLE}”.",
    )


def field_name(chunk: str, words: Sequence[str]) -> str:
    """`words` of `chunk` as a field's name. Raises FieldsUnclear or BadName."""
    name = " ".join(words)
    if not 1 <= len(words) <= _LONGEST_NAME or _NOT_IN_NAMES.search(name):
        raise unclear(chunk)
    return name if name in SYSTEM_FIELDS else identifier(name)


def likely_type(name: str) -> Scalar:
    """What a field of this name usually is: createdAt a date, isDone a boolean, most others a text."""
    return next((kind for looks, kind in _LOOKS if looks.match(name)), TEXT)


def fields_in(chunk: str) -> Iterator[tuple[Field, bool]]:
    """The fields of `chunk`, and whether each one's type was said (not guessed from its name)."""
    words = _QUESTION_MARK.sub(r"optional \1", chunk).split()
    name: list[str] = []
    optional = False
    while words:
        word = words[0].lower()
        if word == "required":
            words = words[1:]
        elif word == "optional":
            words = words[1:]
            if name and words:  # it belongs to the field that begins here
                yield _field(chunk, name, None, optional)
                name = []
            optional = True
        elif not name and (typed := _type_first(words)):
            kind, name = typed
            words = []
            yield Field(field_name(chunk, name), kind, optional), True
            name = []
        elif name and (found := _type_here(words)):
            kind, length = found
            said, words = words[:length], words[length:]
            if [last.lower() for last in words] == ["optional"]:
                optional, words = True, []
            yield _field(chunk, name, (kind, said), optional)
            name, optional = [], False
        else:
            name.append(words[0])
            words = words[1:]
    if name:
        yield _field(chunk, name, None, optional)


def _type_first(words: Sequence[str]) -> tuple[FieldType, list[str]] | None:
    """`list of tags`, `number of likes`, `text body`: the type, and the name that is all the rest."""
    if words[0].lower() in ("list", "array") and words[1:2] == ["of"] and words[2:]:
        found = leading_type(words)
        kind, name = (found[0], list(words[found[1] :])) if found else (ListOf(TEXT), list(words[2:]))
        return (kind, name) if name else None
    first = scalar(words[0])
    name = list(words[2:] if words[1:2] == ["of"] else words[1:])
    if first in (None, _DATE) or not name or any(scalar(word) or word.lower() == "optional" for word in name):
        return None
    return first, name


def _type_here(words: Sequence[str]) -> tuple[FieldType, int] | None:
    """The type that `words` begin with, unless another type follows: in `room number text` it is text."""
    lowered = [word.lower() for word in words]
    found = leading_type(words[: lowered.index("optional")] if "optional" in lowered else words)
    if found is None or (words[found[1] :] and scalar(words[found[1]])):
        return None
    return found


def _field(
    chunk: str, name: Sequence[str], said: tuple[FieldType, Sequence[str]] | None, optional: bool
) -> tuple[Field, bool]:
    words = list(name)
    if said is None:
        alone = scalar(words[0]) if len(words) == 1 else None
        called = field_name(chunk, words)
        return Field(called, alone or likely_type(called), optional), alone is not None
    kind, type_words = said
    last = type_words[-1].lower()
    if last in ("date", "time") and likely_type(field_name(chunk, words)) != _DATE:
        # In "due date" it is also a part of the name.
        words.append(last)
    elif kind == _NUMBER and last == "number" and words[-1].lower() in _NUMBERS_THAT_ARE_TEXT:
        words.append(last)
        kind = TEXT
    return Field(field_name(chunk, words), kind, optional), True
