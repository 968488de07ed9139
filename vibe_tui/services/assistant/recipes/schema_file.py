"""convex/schema.ts: which tables are in it, and the same file with more of them.

defineSchema and defineTable: https://docs.convex.dev/database/schemas
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibe_tui.services.assistant.recipes.schema_edit import add_entries, add_imports, apply
from vibe_tui.services.assistant.recipes.schema_style import elements, style_of
from vibe_tui.services.assistant.recipes.table import Field, Style, Table, table_lines, validator
from vibe_tui.services.assistant.recipes.typescript import Module, SyntaxProblem
from vibe_tui.services.errors import VibeError

if TYPE_CHECKING:
    from tree_sitter import Node

SERVER, VALUES = "convex/server", "convex/values"
FIRST_TABLE_COMMENT = "// _id and _creationTime are added by Convex."


class CannotEdit(VibeError):
    """The schema is made in a way that leaves no place for an edit. Its message completes "because"."""

    code = "cannot_edit_schema"


@dataclass(frozen=True, slots=True)
class TableThere:
    """A table of the file."""

    name: str
    fields: dict[str, str] | None
    """Name -> validator in canonical form (Module.canonical); None when they cannot all be seen."""
    indexes: tuple[str, ...]
    source: str
    """Its code, as it stands in the file."""


class SchemaFile:
    """`text` parsed. Raises CannotEdit when its tables cannot be found."""

    def __init__(self, text: str) -> None:
        try:
            self._module = Module(text)
        except SyntaxProblem as problem:
            raise CannotEdit(problem.message, next_step=problem.next_step) from problem
        self._object = _tables_object(self._module)
        self._style = style_of(self._module, self._object)
        self.tables = {table.name: table for table in self._tables()}
        self.spreads = tuple(
            self._module.text(one) for one in self._entries() if one.type == "spread_element"
        )
        """What is spread into the schema and cannot be seen into, e.g. "...authTables"."""

    def same_fields(self, there: TableThere, fields: Sequence[Field]) -> bool:
        """Whether the table has exactly these fields with these validators; False when unseen."""
        return there.fields == {field.name: canonical(validator(field, Style())) for field in fields}

    def with_tables(self, tables: Sequence[Table]) -> str:
        """The file's text with `tables` added at the end of the schema. Raises CannotEdit."""
        module, style = self._module, self._style
        entries = [table_lines(table, style) for table in tables]
        if not elements(self._object) and FIRST_TABLE_COMMENT.encode() not in module.source:
            entries[0].insert(0, FIRST_TABLE_COMMENT)
        text = apply(
            module.source,
            [
                *add_imports(module, self._missing_imports(), style),
                *add_entries(module, self._object, entries, style),
            ],
        )
        if not {table.name for table in tables} <= SchemaFile(text).tables.keys():
            raise CannotEdit("the tables would not be where they belong")
        return text

    def _missing_imports(self) -> list[tuple[str, list[str]]]:
        """What the file uses, or will, and does not import. Raises CannotEdit."""
        wanted = []
        for source, names in ((SERVER, ["defineSchema", "defineTable"]), (VALUES, ["v"])):
            missing = [name for name in names if self._module.name_of(source, name) is None]
            if taken := next((name for name in missing if name in self._module.names), None):
                raise CannotEdit(f"it uses the name {taken} for something else than Convex's")
            if missing:
                wanted.append((source, missing))
        return wanted

    def _entries(self) -> Iterator[Node]:
        """The elements of the tables' object, with those of objects of this file that are spread into it."""
        waiting, seen = [self._object], set()
        while waiting:
            node = waiting.pop()
            if node.id in seen:
                continue
            seen.add(node.id)
            for element in elements(node):
                inner = (
                    self._module.resolve(element.named_children[0])
                    if element.type == "spread_element"
                    else None
                )
                if inner is not None and inner.type == "object":
                    waiting.append(inner)
                else:
                    yield element

    def _tables(self) -> Iterator[TableThere]:
        for element in self._entries():
            key = element.child_by_field_name("key") or element
            value = element.child_by_field_name("value") or element
            name = (
                self._module.key(key) if element.type not in ("method_definition", "spread_element") else None
            )
            if name is not None:
                yield self._table(name, element, self._module.resolve(value))

    def _table(self, name: str, element: Node, value: Node) -> TableThere:
        """Read `defineTable(…).index(…)…` from its end to its beginning."""
        indexes: list[str] = []
        source = self._module.text(value if element.type == "shorthand_property_identifier" else element)
        seen = set()
        while value.type == "call_expression" and value.id not in seen:
            seen.add(value.id)
            called, arguments = value.child_by_field_name("function"), value.child_by_field_name("arguments")
            if called is None or arguments is None:
                break
            first = next(iter(elements(arguments)), None)
            if self._module.text(called) == self._style.define_table:
                fields = None if first is None else self._fields(self._module.resolve(first))
                return TableThere(name, fields, tuple(reversed(indexes)), source)
            inner = called.child_by_field_name("object")
            if inner is None:
                break
            if first is not None and (index := self._module.key(first)):
                indexes.append(index)
            value = self._module.resolve(inner)
        return TableThere(name, None, (), source)

    def _fields(self, node: Node) -> dict[str, str] | None:
        v = self._style.v
        if node.type == "call_expression":  # defineTable(v.object({ … }))
            called, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            if called is None or arguments is None or self._module.text(called) != f"{v}.object":
                return None
            node = self._module.resolve(elements(arguments)[0])
        if node.type != "object":
            return None
        fields = {}
        for element in elements(node):
            key, value = element.child_by_field_name("key"), element.child_by_field_name("value")
            name = None if key is None else self._module.key(key)
            if element.type != "pair" or name is None or value is None:
                return None
            fields[name] = self._module.canonical(value, v)
        return fields


def canonical(code: str) -> str:
    """An expression in the form in which TableThere.fields has it."""
    module = Module(f"({code})")
    return module.canonical(module.resolve(module.root.named_children[0].named_children[0]), "v")


def _tables_object(module: Module) -> Node:
    """The object with the tables, in the call of defineSchema that is the default export."""
    export = module.default_export()
    if export is None:
        raise CannotEdit("it has no default export")
    call = module.resolve(export)
    called = call.child_by_field_name("function") if call.type == "call_expression" else None
    arguments = call.child_by_field_name("arguments") if call.type == "call_expression" else None
    if called is None or arguments is None:
        raise CannotEdit("its default export is not a call of defineSchema in this file")
    name = module.text(called)
    known = module.name_of(SERVER, "defineSchema")
    if name != (known or "defineSchema") or (known is None and name in module.names):
        raise CannotEdit(f"its default export is built by {name}, not by Convex's defineSchema")
    first = next(iter(elements(arguments)), None)
    found = None if first is None else module.resolve(first)
    if found is None or found.type != "object":
        raise CannotEdit("its tables are not written out as an object in this file")
    return found
