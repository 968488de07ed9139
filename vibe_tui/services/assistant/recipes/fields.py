"""The recipe that adds fields to a table that is there."""

from __future__ import annotations

import re
from dataclasses import replace

from vibe_tui.services.assistant.answerer import Files, Plan, Refusal
from vibe_tui.services.assistant.recipes.asking import DETERMINER, TABLE, pattern, said
from vibe_tui.services.assistant.recipes.backend import Backend
from vibe_tui.services.assistant.recipes.base_files import SCHEMA_PATH
from vibe_tui.services.assistant.recipes.draft import Draft
from vibe_tui.services.assistant.recipes.field_list import parse_fields
from vibe_tui.services.assistant.recipes.realtime import refresh_screen
from vibe_tui.services.assistant.recipes.recipe import Unclear
from vibe_tui.services.assistant.recipes.schema_change import with_fields
from vibe_tui.services.assistant.recipes.schema_file import canonical
from vibe_tui.services.assistant.recipes.table import Field, Style, validator
from vibe_tui.services.assistant.recipes.table_words import and_list, field_words
from vibe_tui.services.assistant.recipes.wanted_table import wanted_shape, write_out_users

_ADD = r"(?:add|put|insert|include|create|append|give me|(?:i|we) (?:want|need))\s+"
_FIELD = r"(?:fields?|columns?|propert(?:y|ies)|attributes?)"
_IN = r"(?:to|on|in|into|for)\s+(?:the\s+|my\s+|our\s+|every\s+|each\s+|all\s+)?"
_END = r"(?:\s+(?:database\s+)?tables?)?"
_LISTED = r"(?P<fields>\S.*?)"
_WAYS = tuple(
    pattern(way)
    for way in (
        # Add a likes field to messages; add the fields likes (number) and note to the messages table
        rf"{_ADD}{DETERMINER}{_LISTED}\s+{_FIELD}\s+{_IN}{TABLE}{_END}",
        rf"{_ADD}{DETERMINER}{_FIELD}\s+(?:(?:called|named|for)\s+)?{_LISTED}\s+{_IN}{TABLE}{_END}",
        rf"{_ADD}{_LISTED}\s+{_IN}{TABLE}\s+(?:database\s+)?table",
        # Add to messages: likes number; add a field to messages called likes (number)
        rf"{_ADD}(?:{DETERMINER}{_FIELD}\s+)?{_IN}{TABLE}{_END}\s*(?::|called|named|,?\s*with|-)\s*{_LISTED}",
        # Extend messages with likes; give messages a likes field
        rf"extend\s+(?:the\s+)?{TABLE}{_END}\s+(?:with|by)\s+{_LISTED}(?:\s+{_FIELD})?",
        rf"give\s+(?:the\s+|every\s+|each\s+)?{TABLE}{_END}\s+(?:an?|the|some)\s+{_LISTED}\s+{_FIELD}",
    )
)
_NOT_FIELDS = re.compile(r"\b(?:index|indexes|search|functions?|screens?|pages?|pagination)\b", re.IGNORECASE)


class OtherField(Unclear):
    """A field of this name is there with another type."""

    code = "other_field"


class AddFields:
    abilities: tuple[tuple[str, str], ...] = (
        ("add fields to a table", "Add a likes (number) field to the messages table"),
    )

    def plan(self, prompt: str, files: Files) -> Plan | Refusal | None:
        sentence = said(prompt)
        found = next((match for way in _WAYS if (match := way.match(sentence))), None)
        if found is None or _NOT_FIELDS.search(found["fields"]):
            return None
        backend = Backend(Draft(files))
        table = wanted_shape(backend, found["table"]).table
        listed = parse_fields(found["fields"])
        add_fields(backend, table, listed.fields)
        guessed = [field_words(one) for one in listed.fields if one.name in listed.guessed]
        if guessed:
            backend.draft.assume(f"Types that were not named: {', '.join(guessed)}.")
        names = and_list([one.name for one in listed.fields])
        if listed.left_out:
            backend.draft.assume(f"{and_list(listed.left_out)} is left out: Convex adds it by itself.")
        return backend.draft.plan(
            f"Add {names} to {table}", [f"Leave {table} as it is: it has {names} already."]
        )


def add_fields(backend: Backend, table: str, fields: tuple[Field, ...]) -> None:
    """Add those that are not there yet, optional, and bring what recipes wrote for the table up to date."""
    before = backend.shapes()
    there = backend.schema.tables[table].fields
    if there is None:
        backend.shape(table)  # says why
        return
    for one in fields:
        same = {canonical(validator(replace(one, optional=optional), Style())) for optional in (True, False)}
        if one.name in there and there[one.name] not in same:
            raise OtherField(
                f"{table} has a field {one.name} already, with another type.",
                next_step=f"Change it in {SCHEMA_PATH} by hand, or choose another name.",
            )
    new = [replace(one, optional=True) for one in fields if one.name not in there]
    if not new:
        return
    shown = "\n".join(f"    {one.name}: {validator(one, Style())}," for one in new)
    if table == "users":
        write_out_users(backend)
    with backend.placing(shown):
        backend.write_schema(with_fields(backend.schema, table, new))
    words = ", ".join(field_words(one) for one in new)
    backend.draft.steps.append(f"Add to {table} in {SCHEMA_PATH}: {words}.")
    if any(not one.optional for one in fields if one.name not in there):
        backend.draft.assume(
            f"New fields are optional, so that {before[table].many} that are saved already stay valid."
        )
    backend.refresh(before)
    for name, shape in backend.shapes().items():
        if name in before:
            refresh_screen(backend, before[name], shape)
