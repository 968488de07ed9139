"""The recipe that adds tables to the schema."""

from __future__ import annotations

import json

from vibe_tui.services.assistant.answerer import Edit, Files, Plan, Refusal, read_or_none
from vibe_tui.services.assistant.recipes.base_files import (
    BESIDE_SCHEMA,
    CONFIG_PATH,
    EMPTY_SCHEMA,
    SCHEMA_PATH,
)
from vibe_tui.services.assistant.recipes.field_words import EXAMPLE
from vibe_tui.services.assistant.recipes.known_tables import known_table
from vibe_tui.services.assistant.recipes.schema_file import CannotEdit, SchemaFile
from vibe_tui.services.assistant.recipes.sentence import TableRequest, read_table_request
from vibe_tui.services.assistant.recipes.table import Field, Scalar, Style, Table, table_lines
from vibe_tui.services.assistant.recipes.table_words import and_list, assumptions, step
from vibe_tui.services.terminal_text import clean


class AddTables:
    abilities = (
        ("add a table", "Add a messages database table"),
        ("add a table with fields of your own", EXAMPLE),
        ("add several tables", "Add users and messages tables"),
    )

    def plan(self, prompt: str, files: Files) -> Plan | Refusal | None:
        request = read_table_request(prompt)
        if request is None:
            return None
        tables = tuple(_table(name, request) for name in request.names)
        if elsewhere := _functions_folder(files):
            return _cannot_place(tables, f"this project keeps its functions in {elsewhere}, not in convex/")
        before = read_or_none(files, SCHEMA_PATH)
        try:
            schema = SchemaFile(EMPTY_SCHEMA if before is None else before)
            return _plan(request, tables, before, schema, files)
        except CannotEdit as why:
            return _cannot_place(tables, why.message)


def _plan(
    request: TableRequest, tables: tuple[Table, ...], before: str | None, schema: SchemaFile, files: Files
) -> Plan | Refusal:
    there = [table for table in tables if table.name in schema.tables]
    for table in there:
        if not schema.same_fields(schema.tables[table.name], table.fields):
            return _differs(table, schema)
    new = tuple(table for table in tables if table not in there)
    steps = [f"Leave {table.name} as it is: it has these fields already." for table in there]
    if not new:
        names = and_list([table.name for table in there])
        return Plan(
            f"Nothing to change: {names} {'is' if len(there) == 1 else 'are'} there already", tuple(steps), ()
        )
    edits = [Edit(SCHEMA_PATH, before, schema.with_tables(new))]
    if before is None:
        edits = [
            *(Edit(path, None, text) for path, text in BESIDE_SCHEMA.items() if not files.exists(path)),
            *edits,
        ]
        steps += [f"Create {edit.path}." for edit in edits]
    return Plan(
        title=f"Add the table{'s' if len(new) > 1 else ''} {and_list([table.name for table in new])}",
        steps=(*steps, *(step(table) for table in new)),
        edits=tuple(edits),
        assumptions=assumptions(request, new, schema),
    )


def _table(name: str, request: TableRequest) -> Table:
    if request.fields is not None:
        return Table(name, request.fields.fields)
    return known_table(name) or Table(name, (Field("name", Scalar("string")),))


def _functions_folder(files: Files) -> str:
    """Where convex.json says the functions are, when that is not convex/; otherwise ""."""
    text = read_or_none(files, CONFIG_PATH)
    try:
        config = json.loads(text or "{}")
    except ValueError:
        return ""  # the push will say what is wrong with the file
    folder = config.get("functions") if isinstance(config, dict) else None
    if not isinstance(folder, str) or folder.strip("./") == "convex":
        return ""
    return clean(folder)


def _code(tables: tuple[Table, ...]) -> str:
    return "\n".join("  " + line for table in tables for line in _entry(table))


def _entry(table: Table) -> list[str]:
    *lines, last = table_lines(table, Style())
    return [*lines, f"{last},"]


def _cannot_place(tables: tuple[Table, ...], why: str) -> Refusal:
    return Refusal(
        f"Built-in recipes cannot edit {SCHEMA_PATH}: {clean(why)}.",
        "Paste the code that is shown into the tables of your schema.",
        f'Imports:\n  import {{ defineTable }} from "convex/server";\n  import {{ v }} from "convex/values";\n'
        f"Tables:\n{_code(tables)}",
    )


def _differs(table: Table, schema: SchemaFile) -> Refusal:
    there = schema.tables[table.name]
    what = "other fields" if there.fields is not None else "fields that recipes cannot see"
    return Refusal(
        f"The table {table.name} is already in {SCHEMA_PATH}, with {what}.",
        "Change it by hand, or ask for a table with another name.",
        f"There:\n  {clean(there.source)}\nAsked for:\n{_code((table,))}",
    )
