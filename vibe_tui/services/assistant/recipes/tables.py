"""The recipe that adds tables to the schema."""

from __future__ import annotations

import json

from vibe_tui.services.assistant.answerer import Edit, Files, Plan, Refusal, read_or_none
from vibe_tui.services.assistant.recipes.base_files import (
    BESIDE_SCHEMA,
    CONFIG_PATH,
    EMPTY_SCHEMA,
    SCHEMA_PATH,
    base_file,
)
from vibe_tui.services.assistant.recipes.field_words import EXAMPLE
from vibe_tui.services.assistant.recipes.known_tables import known_table
from vibe_tui.services.assistant.recipes.schema_file import SERVER, VALUES, CannotEdit, SchemaFile
from vibe_tui.services.assistant.recipes.sentence import TableRequest, read_table_request
from vibe_tui.services.assistant.recipes.table import Field, Scalar, Style, Table, table_lines
from vibe_tui.services.assistant.recipes.table_words import and_list, assumptions, step
from vibe_tui.services.terminal_text import clean


class AddTables:
    abilities: tuple[tuple[str, str], ...] = (
        ("add a table", "Add a messages database table"),
        ("add a table with fields of your own", EXAMPLE),
        ("add several tables", "Add users and messages tables"),
    )

    def plan(self, prompt: str, files: Files) -> Plan | Refusal | None:
        request = read_table_request(prompt)
        if request is None:
            return None
        tables = tuple(_table(name, request) for name in request.names)
        try:
            _check_functions_folder(files)
            before = read_or_none(files, SCHEMA_PATH)
            schema = SchemaFile(EMPTY_SCHEMA if before is None else before)
            return _plan(request, tables, before, schema, files)
        except CannotEdit as why:
            return _cannot_place(tables, why)


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
        return Plan("Nothing to change", tuple(steps), ())
    edits = [Edit(SCHEMA_PATH, before, schema.with_tables(new))]
    if before is None:
        beside = [Edit(path, None, base_file(path)) for path in BESIDE_SCHEMA if not files.exists(path)]
        edits = [*beside, *edits]
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


def _check_functions_folder(files: Files) -> None:
    """Raises CannotEdit when convex.json says that the functions are not in convex/."""
    try:
        config = json.loads(read_or_none(files, CONFIG_PATH) or "{}")
    except (ValueError, RecursionError):
        return  # the push will say what is wrong with the file
    folder = config.get("functions") if isinstance(config, dict) else None
    if isinstance(folder, str) and folder.strip("./") != "convex":
        raise CannotEdit(f"this project keeps its functions in {folder}")


def _code(tables: tuple[Table, ...]) -> str:
    """The tables as lines of the schema, each with a comma after it."""
    return "\n".join("\n".join(f"  {line}" for line in table_lines(table, Style())) + "," for table in tables)


def _cannot_place(tables: tuple[Table, ...], why: CannotEdit) -> Refusal:
    return Refusal(
        f"Built-in recipes cannot edit {SCHEMA_PATH}: {clean(why.message)}.",
        why.next_step or "Paste the code that is shown into your schema.",
        "To add by hand:\n"
        f'  import {{ defineTable }} from "{SERVER}";\n'
        f'  import {{ v }} from "{VALUES}";\n'
        f"and among the tables:\n{_code(tables)}",
    )


def _differs(table: Table, schema: SchemaFile) -> Refusal:
    there = schema.tables[table.name]
    what = "other fields" if there.fields is not None else "fields that recipes cannot see"
    return Refusal(
        f"The table {table.name} is already in {SCHEMA_PATH}, with {what}.",
        "Change it by hand, or ask for a table with another name.",
        f"There:\n  {clean(there.source)}\nAsked for:\n{_code((table,))}",
    )
