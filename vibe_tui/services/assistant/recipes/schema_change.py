"""Changes of tables that are in a schema: fields, indexes, and tables that are spread into it.

Each gives the file's new text, and raises CannotEdit when it would not be what was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vibe_tui.services.assistant.recipes.auth_tables import AUTH_SERVER, AUTH_TABLES
from vibe_tui.services.assistant.recipes.schema_edit import (
    Change,
    add_entries,
    add_imports,
    apply,
    indent_at,
)
from vibe_tui.services.assistant.recipes.schema_file import VALUES, CannotEdit, Place, SchemaFile
from vibe_tui.services.assistant.recipes.schema_style import elements
from vibe_tui.services.assistant.recipes.table import DATE_COMMENT, Field, Scalar, Style, literal, validator

if TYPE_CHECKING:
    from tree_sitter import Node


def with_fields(schema: SchemaFile, table: str, fields: Sequence[Field]) -> str:
    """`fields` at the end of the table's own."""
    place = _place(schema, table)
    if place.fields is None:
        raise CannotEdit(f"the fields of {table} are not written out as an object in this file")
    module, style = schema.module, schema.style
    entries = [_field_entry(field, style) for field in fields]
    changes = add_entries(module, place.fields, entries, style)
    return apply(module.source, [*_import_v(schema), *changes])


def with_optional_fields(schema: SchemaFile, table: str, names: Sequence[str]) -> str:
    """The same fields, those called `names` optional."""
    place, changes = _place(schema, table), []
    for element in elements(place.fields) if place.fields is not None else ():
        key, value = element.child_by_field_name("key"), element.child_by_field_name("value")
        if key is None or value is None or schema.module.key(key) not in names:
            continue
        changes += [
            Change(value.start_byte, value.start_byte, f"{schema.style.v}.optional("),
            Change(value.end_byte, value.end_byte, ")"),
        ]
    if len(changes) != 2 * len(names):
        raise CannotEdit(f"not all fields of {table} are written out in this file")
    return apply(schema.module.source, [*_import_v(schema), *changes])


def with_method(schema: SchemaFile, table: str, call: str) -> str:
    """The table with one more call at its end, such as ``.index("by_name", ["name"])``.

    The first stands behind the closing bracket; of several, each has a line of its own.
    """
    place, style = _place(schema, table), schema.style
    if not place.methods:
        return apply(schema.module.source, [Change(place.call.end_byte, place.call.end_byte, call)])
    begin = style.newline + indent_at(schema.module, place.element.start_byte) + style.indent
    changes = []
    for method in place.methods:
        dot = next(
            child
            for child in (method.child_by_field_name("function") or method).children
            if child.type == "."
        )
        before = schema.module.source[: dot.start_byte]
        if before[before.rfind(b"\n") + 1 :].strip():
            gap = len(before) - len(before.rstrip())
            changes.append(Change(dot.start_byte - gap, dot.start_byte, begin))
    end = place.call.end_byte
    return apply(schema.module.source, [*changes, Change(end, end, begin + call)])


def with_note(schema: SchemaFile, table: str, index: str, lines: Sequence[str]) -> str:
    """Comment lines above an index that has a line of its own."""
    method = _method(schema, table, index)
    dot = next(
        child for child in (method.child_by_field_name("function") or method).children if child.type == "."
    )
    gap = schema.style.newline + indent_at(schema.module, dot.start_byte)
    text = "".join(line + gap for line in lines)
    return apply(schema.module.source, [Change(dot.start_byte, dot.start_byte, text)])


def with_renamed_index(schema: SchemaFile, table: str, old: str, new: str) -> str:
    arguments = _method(schema, table, old).child_by_field_name("arguments")
    assert arguments is not None, "it was found by its first argument"
    name = elements(arguments)[0]
    change = Change(name.start_byte, name.end_byte, literal(new, schema.style))
    return apply(schema.module.source, [change])


def with_auth_tables(schema: SchemaFile) -> str:
    """The tables of Convex Auth first, so that a table of the same name replaces theirs."""
    module, style = schema.module, schema.style
    if AUTH_TABLES in module.names:
        raise CannotEdit(f"it uses the name {AUTH_TABLES} for something else than Convex Auth's")
    imports = add_imports(module, [(AUTH_SERVER, [AUTH_TABLES], "")], style)
    spread = f"...{AUTH_TABLES}"
    there = elements(schema.object)
    if not there:
        return apply(module.source, [*imports, *add_entries(module, schema.object, [[spread]], style)])
    brace = schema.object.children[0]
    if schema.object.start_point[0] == there[0].start_point[0]:
        change = Change(there[0].start_byte, there[0].start_byte, f"{spread}, ")
    else:
        indent = indent_at(module, there[0].start_byte)
        change = Change(brace.end_byte, brace.end_byte, f"{style.newline}{indent}{spread},")
    return apply(module.source, [*imports, change])


def _field_entry(field: Field, style: Style) -> list[str]:
    line = f"{field.name}: {validator(field, style)}"
    return [f"// {DATE_COMMENT}", line] if field.type == Scalar("date") else [line]


def index_call(name: str, fields: Sequence[str], style: Style) -> str:
    return f".index({literal(name, style)}, [{', '.join(literal(field, style) for field in fields)}])"


def _place(schema: SchemaFile, table: str) -> Place:
    there = schema.tables.get(table)
    if there is None or there.place is None:
        raise CannotEdit(f"the table {table} is not written out in this file")
    return there.place


def _method(schema: SchemaFile, table: str, index: str) -> Node:
    for method in _place(schema, table).methods:
        arguments = method.child_by_field_name("arguments")
        given = [] if arguments is None else elements(arguments)
        if given and schema.module.key(given[0]) == index:
            return method
    raise CannotEdit(f"the index {index} is not written out in this file")


def _import_v(schema: SchemaFile) -> list[Change]:
    if schema.module.name_of(VALUES, "v") is not None:
        return []
    if "v" in schema.module.names:
        raise CannotEdit("it uses the name v for something else than Convex's")
    return add_imports(schema.module, [(VALUES, ["v"], "")], schema.style)
