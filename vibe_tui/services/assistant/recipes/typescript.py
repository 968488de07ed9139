"""A TypeScript module as a syntax tree, with its top-level names. Offsets are bytes of its UTF-8 text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from vibe_tui.services.errors import VibeError

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_WRAPPERS = ("parenthesized_expression", "satisfies_expression", "as_expression", "non_null_expression")
_DECLARATIONS = (
    "function_declaration",
    "class_declaration",
    "abstract_class_declaration",
    "enum_declaration",
    "generator_function_declaration",
)
_BINDINGS = ("identifier", "shorthand_property_identifier_pattern")


class SyntaxProblem(VibeError):
    """The text is not TypeScript that we can read."""

    code = "syntax_problem"

    def __init__(self, line: int) -> None:
        super().__init__(
            f"it has a syntax error near line {line}", next_step="Correct the file, then ask again."
        )


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement that brings values."""

    node: Node
    module: str
    names: dict[str, str]
    """What it is called there -> what it is called here."""
    namespace: str | None
    """X of ``import * as X``."""
    braces: Node | None
    """The ``{ … }`` of its names."""


class Module:
    """`text` parsed. Raises SyntaxProblem."""

    def __init__(self, text: str, *, tsx: bool = False) -> None:
        self.source = text.encode("utf-8", "surrogatepass")
        self.root = _parser(tsx).parse(self.source).root_node
        if self.root.has_error:
            raise SyntaxProblem(_error_line(self.root))
        self.imports: list[Import] = []
        self.constants: dict[str, Node] = {}
        """Top-level variables with the expression they are set to."""
        self.names: set[str] = set()
        """Every name of a value that is bound at the top level."""
        for statement in self.root.named_children:
            self._read(statement)

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")

    def default_export(self) -> Node | None:
        """The expression after ``export default``."""
        for statement in self.root.named_children:
            if statement.type == "export_statement" and any(c.type == "default" for c in statement.children):
                return statement.child_by_field_name("value")
        return None

    def resolve(self, node: Node) -> Node:
        """The expression behind parentheses, ``as``, ``satisfies`` and names of top-level variables."""
        seen: set[str] = set()
        while True:
            if node.type in _WRAPPERS:
                node = node.named_children[0]
            elif node.type in ("identifier", "shorthand_property_identifier"):
                name = self.text(node)
                if name in seen or name not in self.constants:
                    return node
                seen.add(name)
                node = self.constants[name]
            else:
                return node

    def uses(self, name: str) -> list[Node]:
        """Every place where an identifier called `name` stands, imports included."""
        return [
            node
            for node in nodes(self.root)
            if not node.named_children and node.type.endswith("identifier") and self.text(node) == name
        ]

    def name_of(self, module: str, name: str) -> str | None:
        """What this file writes for `name` of `module` ("dt", "server.defineTable"), or None."""
        for one in self.imports:
            if one.module == module:
                if name in one.names:
                    return one.names[name]
                if one.namespace:
                    return f"{one.namespace}.{name}"
        return None

    def key(self, node: Node) -> str | None:
        """The name that an object's key stands for; None when it is computed."""
        if node.type == "string":
            return "".join(self.text(part) for part in node.named_children)
        return None if node.type == "computed_property_name" else self.text(node)

    def canonical(self, node: Node, v: str) -> str:
        """The code without comments, spacing, trailing commas and choice of quotes, `v` called v."""
        tokens: list[str] = []
        for leaf in self._tokens(node, v):
            if leaf in (")", "]", "}") and tokens and tokens[-1] == ",":
                tokens.pop()
            tokens.append(leaf)
        return "".join(tokens)

    def _tokens(self, node: Node, v: str) -> Iterator[str]:
        waiting = [node]
        while waiting:
            one = waiting.pop()
            if one.type == "string":
                yield json.dumps(self.key(one))
            elif self.text(one) == v:
                yield "v"
            elif not one.children and one.type != "comment":
                yield self.text(one)
            else:
                waiting += reversed(one.children)

    def _read(self, statement: Node) -> None:
        if statement.type == "import_statement":
            self._read_import(statement)
            return
        declared = (
            statement.child_by_field_name("declaration")
            if statement.type == "export_statement"
            else statement
        )
        if declared is None:
            return
        if declared.type in ("lexical_declaration", "variable_declaration"):
            for one in declared.named_children:
                self._read_variable(one)
        elif declared.type in _DECLARATIONS and (name := declared.child_by_field_name("name")):
            self.names.add(self.text(name))

    def _read_variable(self, node: Node) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return
        if name.type == "identifier" and value is not None:
            self.constants[self.text(name)] = value
        self.names.update(self.text(one) for one in nodes(name) if one.type in _BINDINGS)

    def _read_import(self, statement: Node) -> None:
        source = statement.child_by_field_name("source")
        clause = next((child for child in statement.named_children if child.type == "import_clause"), None)
        if source is None or clause is None or any(child.type == "type" for child in statement.children):
            return
        names: dict[str, str] = {}
        namespace, braces = None, None
        for part in clause.named_children:
            if part.type == "identifier":
                names["default"] = self.text(part)
            elif part.type == "namespace_import":
                namespace = self.text(part.named_children[-1])
            elif part.type == "named_imports":
                braces = part
                names.update(self._specifiers(part))
        self.names.update(names.values(), [namespace] if namespace else [])
        self.imports.append(Import(statement, self.key(source) or "", names, namespace, braces))

    def _specifiers(self, braces: Node) -> Iterator[tuple[str, str]]:
        for one in braces.named_children:
            name = one.child_by_field_name("name") if one.type == "import_specifier" else None
            if name is None or any(child.type == "type" for child in one.children):
                continue
            yield self.text(name), self.text(one.child_by_field_name("alias") or name)


@cache
def _parser(tsx: bool) -> Parser:
    import tree_sitter_typescript
    from tree_sitter import Language, Parser

    grammar = tree_sitter_typescript.language_tsx if tsx else tree_sitter_typescript.language_typescript
    return Parser(Language(grammar()))


def nodes(node: Node) -> Iterator[Node]:
    """`node` and everything below it. A loop: hostile files nest deeper than Python's stack."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += reversed(one.children)


def _error_line(node: Node) -> int:
    """1-based line of the innermost thing that is wrong."""
    while True:
        inner = next((child for child in node.children if child.has_error or child.is_missing), None)
        if inner is None or node.is_missing:
            return node.start_point[0] + 1
        node = inner
