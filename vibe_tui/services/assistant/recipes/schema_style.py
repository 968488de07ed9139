"""How a schema file is written, so that what we add looks like the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibe_tui.services.assistant.recipes.table import Style
from vibe_tui.services.assistant.recipes.typescript import Module, nodes

if TYPE_CHECKING:
    from tree_sitter import Node

_INDENTED = re.compile(rb"^(\t| {2,8})(?=[^\s*])", re.MULTILINE)


def style_of(module: Module, tables: Node) -> Style:
    """The style of `module`, whose tables are in the object `tables`."""
    source = module.source
    indents = _INDENTED.findall(source)
    commas = [
        has_trailing_comma(one)
        for one in nodes(tables)
        if one.type == "object" and _is_long(one) and elements(one)
    ]
    statements = [
        one for one in module.root.named_children if one.type in ("import_statement", "lexical_declaration")
    ]
    return Style(
        indent=min(indents, key=len).decode() if indents else "  ",
        quote="'" if source.count(b"'") > source.count(b'"') else '"',
        trailing_comma=2 * sum(commas) >= len(commas),
        semicolons=not statements or any(module.text(one).endswith(";") for one in statements),
        newline="\r\n" if b"\r\n" in source else "\n",
        v=module.name_of("convex/values", "v") or "v",
        define_table=module.name_of("convex/server", "defineTable") or "defineTable",
    )


def elements(node: Node) -> list[Node]:
    """What is between the braces, comments apart."""
    return [child for child in node.named_children if child.type != "comment"]


def has_trailing_comma(node: Node) -> bool:
    inside = [child.type for child in node.children if child.type != "comment"]
    return inside[-2:-1] == [","]


def _is_long(node: Node) -> bool:
    return node.start_point[0] != node.end_point[0]
