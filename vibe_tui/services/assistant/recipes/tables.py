"""The recipe that adds tables to the schema."""

from __future__ import annotations

from vibe_tui.services.assistant.answerer import Files, Plan, Refusal
from vibe_tui.services.assistant.recipes.backend import Backend
from vibe_tui.services.assistant.recipes.base_files import SCHEMA_PATH
from vibe_tui.services.assistant.recipes.draft import Draft, NotPlaced
from vibe_tui.services.assistant.recipes.field_words import EXAMPLE
from vibe_tui.services.assistant.recipes.fields import add_fields
from vibe_tui.services.assistant.recipes.known_tables import known_table
from vibe_tui.services.assistant.recipes.schema_file import SERVER, VALUES, SchemaFile
from vibe_tui.services.assistant.recipes.sentence import TableRequest, read_table_request
from vibe_tui.services.assistant.recipes.table import Field, Scalar, Style, Table, table_lines
from vibe_tui.services.assistant.recipes.table_words import and_list, assumptions
from vibe_tui.services.assistant.recipes.wanted_table import add_tables, is_auth_table
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
            return _plan(request, tables, Backend(Draft(files)))
        except NotPlaced as why:
            return _cannot_place(tables, why)


def _plan(request: TableRequest, tables: tuple[Table, ...], backend: Backend) -> Plan | Refusal:
    new, there = [], []
    for table in tables:
        known = backend.schema.tables.get(table.name)
        if backend.schema.has_auth_tables and is_auth_table(table.name):
            return Refusal(
                f"The table {table.name} is Convex Auth's.", "Ask for a table with another name.", ""
            )
        if known is None:
            new.append(table)
        elif known.has_fields(table.fields):
            there.append(f"Leave {table.name} as it is: it has these fields already.")
        elif known.place is None and backend.schema.has_auth_tables and table.name == "users":
            add_fields(backend, "users", table.fields)
        else:
            return _differs(table, backend.schema)
    backend.draft.steps += there
    said = assumptions(request, new, backend.schema) if new else ()
    add_tables(backend, new)
    backend.draft.assume(*said)
    names = and_list([table.name for table in new] or ["users"])
    return backend.draft.plan(f"Add the table{'s' if len(new) > 1 else ''} {names}")


def _table(name: str, request: TableRequest) -> Table:
    if request.fields is not None:
        return Table(name, request.fields.fields)
    return known_table(name) or Table(name, (Field("name", Scalar("string")),))


def _code(tables: tuple[Table, ...]) -> str:
    """The tables as lines of the schema, each with a comma after it."""
    return "\n".join("\n".join(f"  {line}" for line in table_lines(table, Style())) + "," for table in tables)


def _cannot_place(tables: tuple[Table, ...], why: NotPlaced) -> Refusal:
    return Refusal(
        why.message,
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
        f"Ask for the fields that are missing, e.g. “Add a note text field to {table.name}”, or for "
        "a table with "
        "another name.",
        f"There:\n  {clean(there.source)}\nAsked for:\n{_code((table,))}",
    )
