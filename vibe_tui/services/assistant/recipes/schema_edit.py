"""Where new text goes in a schema file: entries of its object, and its imports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibe_tui.services.assistant.recipes.schema_style import elements, has_trailing_comma
from vibe_tui.services.assistant.recipes.table import Style, literal
from vibe_tui.services.assistant.recipes.typescript import Module

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class Change:
    """`text` instead of the bytes from `start` to `end`."""

    start: int
    end: int
    text: str


def apply(source: bytes, changes: Iterable[Change]) -> str:
    """Changes at the same place keep their order."""
    parts, place = [], 0
    for change in sorted(changes, key=lambda one: one.start):
        parts += [source[place : change.start], change.text.encode("utf-8", "surrogatepass")]
        place = change.end
    return b"".join([*parts, source[place:]]).decode("utf-8", "surrogatepass")


def add_entries(module: Module, node: Node, entries: Sequence[Sequence[str]], style: Style) -> list[Change]:
    """`entries`, each in lines, at the end of the object `node`; comments stay where they are."""
    there = elements(node)
    tail = node.children[-2]
    newline, base = style.newline, indent_at(module, node.start_byte)
    indent = next(
        (found for one in there if (found := _own_line(module, one)) is not None), base + style.indent
    )
    changes = []
    if there and not has_trailing_comma(node):
        changes.append(Change(there[-1].end_byte, there[-1].end_byte, ","))
    if len(node.children) > 2 and node.start_point[0] == node.end_point[0]:
        first = node.children[1]
        changes.append(Change(node.children[0].end_byte, first.start_byte, newline + indent))
    code = [(newline + indent).join(lines) for lines in entries]
    text = newline + indent + f",{newline}{indent}".join(code) + ("," if style.trailing_comma else "")
    gap = module.source[tail.end_byte : node.children[-1].start_byte]
    if tail.type == "{" or b"\n" not in gap:
        changes.append(Change(tail.end_byte, node.children[-1].start_byte, text + newline + base))
    else:
        changes.append(Change(tail.end_byte, tail.end_byte, text))
    return changes


def add_imports(
    module: Module, wanted: Sequence[tuple[str, Sequence[str], str]], style: Style
) -> list[Change]:
    """Imports from modules, each with its names and its default ("": none): in the statements that are
    there, or in ones of their own."""
    changes: list[Change] = []
    statements: list[str] = []
    for source, names, default in wanted:
        same = [one.braces for one in module.imports if one.module == source and one.braces is not None]
        own: list[str] = [default] if default else []
        if names and same:
            changes += _into_braces(module, same[0], names, style)
        elif names:
            own.append(f"{{ {', '.join(names)} }}")
        if own:
            end = ";" if style.semicolons else ""
            statements.append(f"import {', '.join(own)} from {literal(source, style)}{end}")
    return changes + (_new_statements(module, statements, style) if statements else [])


def _new_statements(module: Module, statements: Sequence[str], style: Style) -> list[Change]:
    code = style.newline.join(statements)
    there = [one for one in module.root.named_children if one.type == "import_statement"]
    if there:
        return [Change(there[-1].end_byte, there[-1].end_byte, style.newline + code)]
    first = next(one for one in module.root.named_children if one.type != "comment")
    return [Change(first.start_byte, first.start_byte, code + style.newline * 2)]


def _into_braces(module: Module, braces: Node, names: Sequence[str], style: Style) -> list[Change]:
    there = elements(braces)
    if not there:
        return [Change(braces.start_byte, braces.end_byte, f"{{ {', '.join(names)} }}")]
    own_line = _own_line(module, there[-1])
    between = " " if own_line is None else style.newline + own_line
    comma = has_trailing_comma(braces)
    place = next(one for one in reversed(braces.children) if one.type == ",") if comma else there[-1]
    text = ",".join(between + name for name in names)
    return [Change(place.end_byte, place.end_byte, text + "," if comma else "," + text)]


def indent_at(module: Module, place: int) -> str:
    """The white space at the beginning of the line that `place` is in."""
    line = module.source[module.source.rfind(b"\n", 0, place) + 1 : place].decode("utf-8", "surrogatepass")
    line = line.removeprefix("\ufeff")
    return line[: len(line) - len(line.lstrip(" \t"))]


def _own_line(module: Module, node: Node) -> str | None:
    """The indent of `node` when nothing but white space stands before it in its line."""
    line = module.source[module.source.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte]
    return line.decode() if not line.strip(b" \t") else None
