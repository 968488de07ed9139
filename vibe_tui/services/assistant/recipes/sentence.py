"""What a prompt asks for, read without a model: is it a table, which one, with which fields?

A prompt is either understood whole or not at all: half of a request is never carried out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vibe_tui.services.assistant.recipes import sentence_grammar as grammar
from vibe_tui.services.assistant.recipes.field_list import FieldList, parse_fields
from vibe_tui.services.assistant.recipes.field_words import EXAMPLE
from vibe_tui.services.assistant.recipes.names import identifier
from vibe_tui.services.assistant.recipes.recipe import Unclear
from vibe_tui.services.terminal_text import clean

LONGEST = 4_000
"""Characters of a prompt that recipes read."""


@dataclass(frozen=True, slots=True)
class TableRequest:
    names: tuple[str, ...]
    fields: FieldList | None = None
    """None: no fields were named. Only with a single name."""
    ignored: str = ""
    """What the sentence says about the purpose, which changes nothing."""


class SentenceUnclear(Unclear):
    """It is about a table, and something in it is not understood."""

    code = "sentence_unclear"


_LONGEST_NAME = 3
# Typographic quotes and dashes.
_PLAIN = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"}
)


def read_table_request(prompt: str) -> TableRequest | None:
    """The tables that `prompt` asks to add, or None when it asks for something else.

    Raises SentenceUnclear, FieldsUnclear or BadName when it is about a table and not clear.
    """
    if len(prompt) > LONGEST:
        return None
    sentence = normal(prompt)
    opening = grammar.OPENING.match(sentence)
    if opening is None:
        return None
    said = sentence[opening.end() :]
    if after := grammar.NAMED_AFTER.match(said):
        names, rest = _names_and_rest(after["tail"])
        return _request(names, rest, many=bool(after["many"]))
    before = grammar.NAMED_BEFORE.match(said)
    if before is None or grammar.NOT_IN_NAMES.search(before["names"]):
        return None
    names, rest = grammar.BETWEEN_NAMES.split(before["names"]), before["rest"]
    while more := grammar.ANOTHER_TABLE.match(rest):
        names, rest = [*names, more["name"]], more["rest"]
    if called := grammar.CALLED.match(rest):
        names, rest = _names_and_rest(called["tail"])
    return _request(names, rest)


def normal(prompt: str) -> str:
    """One line, without politeness and without where to put it; list items become commas."""
    text = re.sub(r"\s*\n\s*(?:[-*•]|\d+[.)])?\s*", ", ", clean(prompt).translate(_PLAIN).strip())
    text = re.sub(r":\s*,\s*", ": ", re.sub(r"\s+", " ", text))
    # A question mark ends a question; elsewhere it makes the last field optional.
    marks = " .,!?" if grammar.QUESTION.match(text) else " .,!"
    text = grammar.POLITE_END.sub("", text.rstrip(marks)).rstrip(marks)
    return grammar.DESTINATION.sub("", text)


def _names_and_rest(tail: str) -> tuple[list[str], str]:
    """`tail` where the fields or the purpose begin: the names before it, and all from there."""
    begins = (grammar.FIELDS_BEGIN.search(tail), grammar.PURPOSE.search(tail))
    end = min((found.start() for found in begins if found), default=len(tail))
    return grammar.BETWEEN_NAMES.split(tail[:end].strip()), tail[end:]


def _request(names: list[str], rest: str, many: bool = False) -> TableRequest:
    ignored = ""
    if purpose := grammar.PURPOSE.match(rest):
        ignored, rest = purpose["purpose"], rest[purpose.end() :]
    tables = tuple(dict.fromkeys(_table_name(name) for name in names))
    if not rest.strip(" .,"):
        return TableRequest(tables, ignored=ignored)
    begin = grammar.FIELDS_BEGIN.match(rest)
    if begin is None:
        raise SentenceUnclear(
            f"Built-in recipes do not understand “{rest.strip(' .,')}” in this request.",
            next_step=f"Name the table and its fields only, e.g. “{EXAMPLE}”.",
        )
    if many or len(tables) > 1:
        raise SentenceUnclear(
            "Built-in recipes take one table at a time when its fields are named.",
            next_step="Ask for one table after the other.",
        )
    listed = rest[begin.end() :]
    if begin[0].endswith(("(", "{")) and listed.endswith((")", "}")):
        listed = listed[:-1]
    fields = parse_fields(listed)
    if not fields.fields:
        raise SentenceUnclear("No field is named in this request.", next_step=f"Write it like “{EXAMPLE}”.")
    return TableRequest(tables, fields, ignored)


def _table_name(words: str) -> str:
    """Raises SentenceUnclear or BadName."""
    text = words.strip().strip("`\"'.")
    parts = text.split()
    if not 1 <= len(parts) <= _LONGEST_NAME or grammar.NOT_IN_NAMES.search(text):
        raise SentenceUnclear(
            f"Built-in recipes cannot read “{text}” as a table's name." if text else "The table has no name.",
            next_step=f"Name it first, then its fields, e.g. “{EXAMPLE}”.",
        )
    return identifier(text)
