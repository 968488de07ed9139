"""What a plan says about its tables."""

from __future__ import annotations

from collections.abc import Sequence

from vibe_tui.services.assistant.recipes.base_files import SCHEMA_PATH
from vibe_tui.services.assistant.recipes.known_tables import known_table
from vibe_tui.services.assistant.recipes.schema_file import SchemaFile
from vibe_tui.services.assistant.recipes.sentence import TableRequest
from vibe_tui.services.assistant.recipes.table import (
    Field,
    FieldType,
    ListOf,
    OneOf,
    Reference,
    Scalar,
    Table,
)
from vibe_tui.services.terminal_text import clean

_TYPE_WORDS = {"string": "text", "any": "json"}


def and_list(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def field_words(field: Field) -> str:
    """The field as it can be asked for, e.g. "optional note text"."""
    return f"{'optional ' if field.optional else ''}{field.name} {_type_words(field.type)}"


def _type_words(kind: FieldType) -> str:
    match kind:
        case Scalar(name):
            return _TYPE_WORDS.get(name, name)
        case Reference(table):
            return f"id of {table}"
        case ListOf(item):
            return f"list of {_type_words(item)}"
        case OneOf(values):
            return f"one of {'|'.join(values)}"


def step(table: Table) -> str:
    fields = ", ".join(field_words(field) for field in table.fields)
    indexes = "".join(f"; index {index.name}" for index in table.indexes)
    return f"Add {table.name} to {SCHEMA_PATH}: {fields}{indexes}."


def assumptions(request: TableRequest, new: Sequence[Table], schema: SchemaFile) -> tuple[str, ...]:
    """What the prompt left open and how it was read."""
    said = []
    if request.ignored:
        said.append(f"“{request.ignored}” changes nothing in the table.")
    if request.fields is None:
        said += [_no_fields(table) for table in new]
    else:
        if guessed := [field for field in new[0].fields if field.name in request.fields.guessed]:
            words, first = ", ".join(field_words(field) for field in guessed), guessed[0]
            other = "text" if first.type == Scalar("number") else "number"
            said.append(f"Types that were not named: {words}. To choose, name them: “{first.name} {other}”.")
        if request.fields.left_out:
            left_out = and_list(request.fields.left_out)
            said.append(f"{left_out} is left out: Convex gives every document an _id and a _creationTime.")
    known = {*schema.tables, *(table.name for table in new)}
    missing = dict.fromkeys(name for table in new for name in table.references() if name not in known)
    for name in () if schema.spreads else missing:
        said.append(f"The schema has no table {name} to point to yet. To add it: “Add a {name} table”.")
    if schema.spreads:
        spreads = and_list([clean(spread) for spread in schema.spreads])
        said.append(f"Tables that come from {spreads} are not seen; one of the same name would be replaced.")
    return tuple(said)


def _no_fields(table: Table) -> str:
    words = and_list([field_words(field) for field in table.fields])
    what = "gets the usual ones" if known_table(table.name) else "gets just one"
    return f"No fields were named: {table.name} {what}. To choose: “Add a {table.name} table with {words}”."
