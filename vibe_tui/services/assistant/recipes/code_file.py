"""A TypeScript module that recipes add to: its imports, its exported constants, statements before its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibe_tui.services.assistant.recipes.draft import Draft, NotPlaced
from vibe_tui.services.assistant.recipes.schema_edit import Change, add_imports, apply
from vibe_tui.services.assistant.recipes.table import Style
from vibe_tui.services.assistant.recipes.typescript import Module, SyntaxProblem

if TYPE_CHECKING:
    from tree_sitter import Node

NONE = ""


@dataclass(frozen=True, slots=True)
class Import:
    """``import default, { names } from "module"``; without either it is not written."""

    module: str
    names: tuple[str, ...] = ()
    default: str = NONE


@dataclass(frozen=True, slots=True)
class Code:
    """An exported constant of a module, with what it uses."""

    name: str
    text: str
    """Its comment and ``export const name = …;``, without an empty line around it."""
    imports: tuple[Import, ...] = ()


class CodeFile:
    """A file of `draft`, parsed; changes are put into the draft at once. A file that is not there is empty.

    Raises NotPlaced, showing `shown`, when it cannot be read as TypeScript.
    """

    def __init__(self, draft: Draft, path: str, shown: str) -> None:
        self._draft, self.path, self._shown = draft, path, shown
        self._parse(draft.text(path) or "")

    def _parse(self, text: str) -> None:
        try:
            self.module = Module(text, tsx=self.path.endswith("x"))
        except SyntaxProblem as problem:
            raise NotPlaced(self.path, problem.message, self._shown, problem.next_step) from problem

    def write(self, changes: Sequence[Change]) -> None:
        text = apply(self.module.source, changes)
        self._parse(text)
        self._draft.put(self.path, text)

    def refuse(self, why: str) -> NotPlaced:
        """What to raise when something here is not as a recipe needs it."""
        return NotPlaced(self.path, why, self._shown)

    @property
    def style(self) -> Style:
        source = self.module.source
        return Style(
            quote="'" if source.count(b"'") > source.count(b'"') else '"',
            newline="\r\n" if b"\r\n" in source else "\n",
            semicolons=not source.strip() or b";" in source,
        )

    def need(self, imports: Sequence[Import]) -> None:
        """Import what is not yet imported under its own name. Raises NotPlaced when a name is taken."""
        changes: list[Change] = []
        wanted: list[tuple[str, list[str], str]] = []
        for one in imports:
            names = [name for name in one.names if self.module.name_of(one.module, name) != name]
            default = one.default if self.module.name_of(one.module, "default") != one.default else NONE
            for name in [*names, *([default] if default else [])]:
                if name in self.module.names:
                    raise self.refuse(f"it uses the name {name} for something else")
            if names or default:
                wanted.append((one.module, names, default))
        if not wanted:
            return
        if self.module.root.named_children:
            changes += add_imports(self.module, wanted, self.style)
            self.write(changes)
        else:
            statements = [import_statement(*one) for one in wanted]
            self.write([Change(0, len(self.module.source), "\n".join(statements) + "\n")])

    def export(self, name: str) -> Node | None:
        """The statement ``export const name = …``."""
        for statement in self.module.root.named_children:
            if statement.type != "export_statement":
                continue
            declared = statement.child_by_field_name("declaration")
            for one in () if declared is None else (declared, *declared.named_children):
                called = one.child_by_field_name("name")
                if called is not None and self.module.text(called) == name:
                    return statement
        return None

    def has(self, code: Code) -> bool:
        """Whether the export is there just as `code` has it, comments and spacing apart."""
        there = self.export(code.name)
        return there is not None and self.same(there, code)

    def same(self, there: Node, code: Code) -> bool:
        return self.module.canonical(there, "v") == canonical_statement(code.text)

    def add(self, code: Code) -> bool:
        """Add the export at the end of the file. Returns whether it was not there yet.

        Raises NotPlaced when something else has its name.
        """
        if (there := self.export(code.name)) is not None:
            if self.same(there, code):
                return False
            raise self.refuse(f"it has its own {code.name} already")
        if code.name in self.module.names:
            raise self.refuse(f"it uses the name {code.name} for something else")
        self.need(code.imports)
        self.before_default_export(code.text)
        return True

    def replace(self, old: Code, new: Code) -> bool:
        """`new` instead of `old`. Returns whether `old` is there, unchanged."""
        there = self.export(old.name)
        if there is None or not self.same(there, old):
            return False
        if canonical_statement(old.text) == canonical_statement(new.text):
            return True
        self.need(new.imports)
        there = self.export(old.name)
        assert there is not None
        start = there.start_byte
        comment = there.prev_named_sibling
        if comment is not None and old.text.startswith(self.module.text(comment)):
            start = comment.start_byte
        self.write([Change(start, there.end_byte, self._own(new.text))])
        return True

    def before_default_export(self, text: str) -> None:
        """Add `text` with an empty line around it: before ``export default``, otherwise at the end."""
        newline = self.style.newline
        for statement in self.module.root.named_children:
            if statement.type == "export_statement" and any(c.type == "default" for c in statement.children):
                start = statement.start_byte
                self.write([Change(start, start, self._own(text) + newline * 2)])
                return
        end = len(self.module.source.rstrip())
        gap = newline * 2 if end else ""
        self.write([Change(end, len(self.module.source), gap + self._own(text) + newline)])

    def drop_import(self, module: str, name: str) -> None:
        """Import `name` of `module` no longer, unless the file still uses it."""
        if len(self.module.uses(name)) > 1:
            return
        for one in self.module.imports:
            if one.module != module or one.braces is None or name not in one.names:
                continue
            named = [child for child in one.braces.named_children if child.type == "import_specifier"]
            if len(named) == 1:
                end = one.node.end_byte
                line = self.module.source[end : end + 2]
                end += 2 if line == b"\r\n" else 1 if line[:1] == b"\n" else 0
                self.write([Change(one.node.start_byte, end, "")])
                return
            place = next(i for i, child in enumerate(named) if self.module.text(child) == name)
            start = named[place].start_byte if place == 0 else named[place - 1].end_byte
            end = named[1].start_byte if place == 0 else named[place].end_byte
            self.write([Change(start, end, "")])
            return

    def _own(self, text: str) -> str:
        return text.replace("\n", self.style.newline)


def import_statement(module: str, names: Sequence[str], default: str) -> str:
    braces = f"{{ {', '.join(names)} }}" if names else ""
    return f'import {", ".join(filter(None, [default, braces]))} from "{module}";'


def canonical_statement(text: str) -> str:
    """The statement of `text` (one, comments apart) in canonical form."""
    module = Module(text)
    statement = next(one for one in module.root.named_children if one.type != "comment")
    return module.canonical(statement, "v")
