"""convex/schema.ts: which tables are in it, and the same file with more of them. Changes of a table that is
there: schema_change.py.

defineSchema and defineTable: https://docs.convex.dev/database/schemas
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vibe_tui.services.assistant.recipes.auth_tables import (
    AUTH_SERVER,
    AUTH_TABLES,
    AUTH_USER_FIELDS,
    AUTH_USER_INDEXES,
    USER_FIELDS_SPREAD,
)
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
class Place:
    """A table's nodes in the syntax tree."""

    element: Node
    """Its entry, or the variable's value, from the beginning to the end of its calls."""
    call: Node
    """``defineTable(…).index(…)…``, whole."""
    fields: Node | None
    """The object with its fields."""
    methods: tuple[Node, ...]
    """The calls after defineTable, in their order: each a call_expression."""


@dataclass(frozen=True, slots=True)
class TableThere:
    """A table of the file."""

    name: str
    fields: dict[str, str] | None
    """Name -> validator in canonical form (Module.canonical); None when they cannot all be seen."""
    indexes: tuple[str, ...]
    """Their names, of search and vector indexes too."""
    source: str
    """Its code, as it stands in the file."""
    place: Place | None = None
    """Where it is in the file; None: not in a form that can be changed."""

    def has_fields(self, fields: Iterable[Field]) -> bool:
        """Whether it has all of them, each as it is given here or optional; False when they are unseen."""
        return self.fields is not None and all(
            self.fields.get(field.name)
            in {canonical(validator(one, Style())) for one in (field, replace(field, optional=True))}
            for field in fields
        )


class SchemaFile:
    """`text` parsed. Raises CannotEdit when its tables cannot be found."""

    def __init__(self, text: str) -> None:
        try:
            self.module = Module(text)
        except SyntaxProblem as problem:
            raise CannotEdit(problem.message, next_step=problem.next_step) from problem
        self.object = _tables_object(self.module)
        self.style = style_of(self.module, self.object)
        self.tables = {table.name: table for table in self._tables()}
        self.spreads = tuple(self.module.text(one) for one in self._entries() if one.type == "spread_element")
        """What is spread into the schema and cannot be seen into, e.g. "...authTables"."""
        auth_tables = self.module.name_of(AUTH_SERVER, AUTH_TABLES)
        self.has_auth_tables = auth_tables == AUTH_TABLES and f"...{auth_tables}" in self.spreads
        """Whether Convex Auth's tables are in it."""
        if self.has_auth_tables and "users" not in self.tables:
            self.tables["users"] = TableThere(
                "users", dict(AUTH_USER_FIELDS), AUTH_USER_INDEXES, f"...{auth_tables}"
            )

    def index_fields(self, table: str) -> dict[str, tuple[str, ...]]:
        """The fields of each plain index (not of search indexes) that is written out."""
        place = self.tables[table].place
        found = {}
        for method in () if place is None else place.methods:
            called, arguments = (
                method.child_by_field_name("function"),
                method.child_by_field_name("arguments"),
            )
            given = [] if arguments is None else elements(arguments)
            if called is None or not self.module.text(called).endswith(".index") or len(given) < 2:
                continue
            name, fields = self.module.key(given[0]), self.module.resolve(given[1])
            if name is not None and fields.type == "array":
                found[name] = tuple(self.module.key(one) or "" for one in elements(fields))
        return found

    def with_tables(self, tables: Sequence[Table]) -> str:
        """The file's text with `tables` added at the end of the schema. Raises CannotEdit."""
        return self.with_entries(
            [table.name for table in tables], [table_lines(table, self.style) for table in tables]
        )

    def with_entries(self, names: Sequence[str], entries: list[list[str]]) -> str:
        """The same for tables whose code is given in lines, without a comma at its end."""
        module, style = self.module, self.style
        if not elements(self.object) and FIRST_TABLE_COMMENT.encode() not in module.source:
            entries[0].insert(0, FIRST_TABLE_COMMENT)
        text = apply(
            module.source,
            [
                *add_imports(module, self._missing_imports(), style),
                *add_entries(module, self.object, entries, style),
            ],
        )
        if not set(names) <= SchemaFile(text).tables.keys():
            raise CannotEdit("the tables would not be where they belong")
        return text

    def _missing_imports(self) -> list[tuple[str, list[str], str]]:
        """What the file uses, or will, and does not import. Raises CannotEdit."""
        wanted = []
        for source, names in ((SERVER, ["defineSchema", "defineTable"]), (VALUES, ["v"])):
            missing = [name for name in names if self.module.name_of(source, name) is None]
            if taken := next((name for name in missing if name in self.module.names), None):
                raise CannotEdit(f"it uses the name {taken} for something else than Convex's")
            if missing:
                wanted.append((source, missing, ""))
        return wanted

    def _entries(self) -> Iterator[Node]:
        """The elements of the tables' object, with those of objects of this file that are spread into it."""
        waiting, seen = [self.object], set()
        while waiting:
            node = waiting.pop()
            if node.id in seen:
                continue
            seen.add(node.id)
            for element in elements(node):
                inner = (
                    self.module.resolve(element.named_children[0])
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
                self.module.key(key) if element.type not in ("method_definition", "spread_element") else None
            )
            if name is not None:
                yield self._table(name, element, self.module.resolve(value))

    def _table(self, name: str, element: Node, value: Node) -> TableThere:
        """Read `defineTable(…).index(…)…` from its end to its beginning."""
        indexes: list[str] = []
        methods: list[Node] = []
        whole = value
        source = self.module.text(value if element.type == "shorthand_property_identifier" else element)
        seen = set()
        while value.type == "call_expression" and value.id not in seen:
            seen.add(value.id)
            called, arguments = value.child_by_field_name("function"), value.child_by_field_name("arguments")
            if called is None or arguments is None:
                break
            first = next(iter(elements(arguments)), None)
            if self.module.text(called) == self.style.define_table:
                inside = None if first is None else self._fields_object(self.module.resolve(first))
                fields = None if inside is None else self._fields(inside)
                place = Place(element, whole, inside, tuple(reversed(methods)))
                return TableThere(name, fields, tuple(reversed(indexes)), source, place)
            inner = called.child_by_field_name("object")
            if inner is None:
                break
            methods.append(value)
            if first is not None and (index := self.module.key(first)):
                indexes.append(index)
            value = self.module.resolve(inner)
        return TableThere(name, None, (), source)

    def _fields_object(self, node: Node) -> Node | None:
        if node.type == "call_expression":  # defineTable(v.object({ … }))
            called, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            first = None if arguments is None else next(iter(elements(arguments)), None)
            if called is None or first is None or self.module.text(called) != f"{self.style.v}.object":
                return None
            node = self.module.resolve(first)
        return node if node.type == "object" else None

    def _fields(self, node: Node) -> dict[str, str] | None:
        fields: dict[str, str] = {}
        for element in elements(node):
            if element.type == "spread_element" and self.module.text(element) == USER_FIELDS_SPREAD:
                fields |= AUTH_USER_FIELDS
                continue
            key, value = element.child_by_field_name("key"), element.child_by_field_name("value")
            name = None if key is None else self.module.key(key)
            if element.type != "pair" or name is None or value is None:
                return None
            fields[name] = self.module.canonical(value, self.style.v)
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
