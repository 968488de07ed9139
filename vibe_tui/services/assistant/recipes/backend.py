"""The Convex part of a draft: its schema, its tables' shapes, and the functions that recipes wrote "
"for them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from vibe_tui.services.assistant.recipes import job_code, spoken
from vibe_tui.services.assistant.recipes import table_functions as functions
from vibe_tui.services.assistant.recipes.auth_tables import AUTH_SERVER
from vibe_tui.services.assistant.recipes.base_files import (
    BESIDE_SCHEMA,
    CONFIG_PATH,
    EMPTY_SCHEMA,
    SCHEMA_PATH,
    base_file,
)
from vibe_tui.services.assistant.recipes.code_file import Code, CodeFile
from vibe_tui.services.assistant.recipes.column import read_columns
from vibe_tui.services.assistant.recipes.draft import Draft, NotPlaced
from vibe_tui.services.assistant.recipes.moments import Duration, duration_of
from vibe_tui.services.assistant.recipes.recipe import Unclear
from vibe_tui.services.assistant.recipes.recipe_files import recipe_file
from vibe_tui.services.assistant.recipes.schema_file import CannotEdit, SchemaFile
from vibe_tui.services.assistant.recipes.shape import Shape
from vibe_tui.services.terminal_text import clean

AUTH_PATH = "convex/auth.ts"
_ONE_FOLDER = "Built-in recipes write to convex/ only: write it yourself, or connect a model."
_RUN_AFTER = re.compile(r"runAfter\(\s*([\d* ]+),")


class NoTable(Unclear):
    """A table that the prompt names is not in the schema."""

    code = "no_table"


class Backend:
    """Raises NotPlaced for a schema that cannot be read. Blocking."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        _check_functions_folder(draft)
        with self.placing("", "Write its tables out in defineSchema({ … }) in this file, then ask again."):
            self.schema = SchemaFile(draft.text(SCHEMA_PATH) or EMPTY_SCHEMA)
        self.auth = has_auth(draft)

    @contextmanager
    def placing(self, shown: str, next_step: str = "") -> Iterator[None]:
        """What cannot be done to the schema becomes a NotPlaced that shows `shown`."""
        try:
            yield
        except CannotEdit as why:
            raise NotPlaced(SCHEMA_PATH, why.message, shown, why.next_step or next_step or None) from why

    def write_schema(self, text: str) -> None:
        """With the files that a project's first schema needs beside it."""
        if self.draft.text(SCHEMA_PATH) is None:
            for path in BESIDE_SCHEMA:
                if self.draft.text(path) is None:
                    self.draft.put(path, base_file(path))
        self.draft.put(SCHEMA_PATH, text)
        self.schema = SchemaFile(text)

    def shape(self, table: str) -> Shape:
        """Raises NotPlaced when the table's fields cannot be seen, NoTable when it is not there."""
        there = self.schema.tables.get(table)
        if there is None:
            raise NoTable(
                f"There is no table {table} in {SCHEMA_PATH}.", next_step=f"Ask first: “Add a {table} table”."
            )
        if there.fields is None:
            raise NotPlaced(
                SCHEMA_PATH,
                f"it has the table {table} with fields that recipes cannot see",
                "",
                "Write its fields out as an object in this file, then ask again.",
            )
        return Shape(table, read_columns(there.fields), self.auth)

    def shapes(self) -> dict[str, Shape]:
        """Of all tables whose fields can be seen."""
        return {
            name: self.shape(name) for name, table in self.schema.tables.items() if table.fields is not None
        }

    def add_code(self, path: str, code: Code) -> bool:
        """Put an exported constant into a file of convex/, which is made when it is not there.

        Returns whether it was not there yet. Raises NotPlaced.
        """
        for one in code.imports:
            if one.module == "./text":
                self._text_file()
        return CodeFile(self.draft, path, code.text).add(code)

    def _text_file(self) -> None:
        path = functions.TEXT_PATH
        file = CodeFile(self.draft, path, recipe_file(path))
        if not (self.draft.text(path) or "").strip():
            self.draft.put(path, recipe_file(path))
        elif file.export("requiredText") is None:
            raise file.refuse("it has no function requiredText")

    def add_functions(self, shape: Shape, kinds: Iterable[str]) -> list[Code]:
        """The functions of these kinds (table_functions.MAKERS) that were not there yet."""
        made = [functions.MAKERS[kind](shape) for kind in functions.MAKERS if kind in set(kinds)]
        return [code for code in made if self.add_code(shape.module, code)]

    def refresh(self, before: dict[str, Shape]) -> None:
        """Functions that recipes wrote for tables as they were `before` become those for the tables as they
        are. One that was changed since stays, and the plan says so."""
        for table, new in self.shapes().items():
            old = before.get(table)
            if old is None or old == new or self.draft.text(old.module) is None:
                continue
            file = CodeFile(self.draft, old.module, "")
            for maker in (*functions.MAKERS.values(), *_searches(old), *_removals(file)):
                self._refresh_one(file, maker(old), maker(new), new)
        self._refresh_jobs()

    def _refresh_jobs(self) -> None:
        """What starts a job asks who calls, once people sign in."""
        if not self.auth or self.draft.text(job_code.JOBS_PATH) is None:
            return
        file = CodeFile(self.draft, job_code.JOBS_PATH, "")
        for start in re.findall(r"export const schedule(\w+) =", self.draft.text(job_code.JOBS_PATH) or ""):
            name = spoken.camel(start)
            delay = _delay(file, f"schedule{start}")
            if delay is None:
                continue
            old, new = (
                job_code.later(name, delay.code, delay.words, auth=auth) for auth in (False, self.auth)
            )
            if not file.has(new) and file.replace(old, new):
                self.draft.steps.append(f"Change {new.name} in {file.path} to fit.")

    def _refresh_one(self, file: CodeFile, old: Code, new: Code, shape: Shape) -> None:
        same = old.text == new.text
        if file.export(old.name) is None or same:
            return
        if shape.is_users and new.name not in ("list", "create", "update", "remove"):
            self.draft.tell(
                f"By hand: {new.name} in {file.path} works on everybody's account. Take it out, or "
                "let it look at "
                "who calls."
            )
            return
        if file.has(new):
            return
        if any(one.module == "./text" for one in new.imports):
            self._text_file()
        if file.replace(old, new):
            self.draft.steps.append(f"Change {new.name} in {file.path} to fit.")
        else:
            reason = (
                "anybody can call it" if shape.auth else f"it knows nothing of new fields of {shape.table}"
            )
            self.draft.tell(
                f"By hand: {new.name} in {file.path} is not as recipes wrote it, so it stays as it is: "
                f"{reason}."
            )


def has_auth(draft: Draft) -> bool:
    """Whether the project uses Convex Auth."""
    return f'"{AUTH_SERVER}"' in (draft.text(AUTH_PATH) or "").replace("'", '"')


def _searches(shape: Shape) -> list[Callable[[Shape], Code]]:
    def maker(field: str) -> Callable[[Shape], Code]:
        return lambda one: functions.search(one, field, f"search_{field}")

    return [maker(one.name) for one in shape.columns if one.is_text()]


def _removals(file: CodeFile) -> list[Callable[[Shape], Code]]:
    delay = _delay(file, "removeLater")
    if delay is None:
        return []
    return [lambda shape: job_code.remove_later(shape, delay.code, delay.words)]


def _delay(file: CodeFile, name: str) -> Duration | None:
    """After how long the function called `name` has something run."""
    there = file.export(name)
    found = None if there is None else _RUN_AFTER.search(file.module.text(there))
    return None if found is None else duration_of(found[1])


def _check_functions_folder(draft: Draft) -> None:
    """Raises NotPlaced when convex.json says that the functions are not in convex/."""
    try:
        config = json.loads(draft.text(CONFIG_PATH) or "{}")
    except (ValueError, RecursionError):
        return  # the push will say what is wrong with the file
    folder = config.get("functions") if isinstance(config, dict) else None
    if isinstance(folder, str) and folder.strip("./") != "convex":
        raise NotPlaced(SCHEMA_PATH, f"this project keeps its functions in {clean(folder)}", "", _ONE_FOLDER)
