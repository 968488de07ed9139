"""The recipes that make a table quick to read: an index, a search index with its function, and pages."""

from __future__ import annotations

import re

from vibe_tui.services.assistant.answerer import Files, Plan, Refusal
from vibe_tui.services.assistant.recipes.asking import (
    DETERMINER,
    MAKE,
    TABLE,
    TABLE_END,
    pattern,
    said,
)
from vibe_tui.services.assistant.recipes.backend import Backend
from vibe_tui.services.assistant.recipes.base_files import SCHEMA_PATH
from vibe_tui.services.assistant.recipes.draft import Draft
from vibe_tui.services.assistant.recipes.names import identifier
from vibe_tui.services.assistant.recipes.recipe import Unclear
from vibe_tui.services.assistant.recipes.schema_change import index_call, with_method, with_note
from vibe_tui.services.assistant.recipes.shape import Shape
from vibe_tui.services.assistant.recipes.table import literal
from vibe_tui.services.assistant.recipes.table_functions import search, search_name
from vibe_tui.services.assistant.recipes.table_words import and_list
from vibe_tui.services.assistant.recipes.wanted_table import not_users, wanted_shape, write_out_users

_ON = r"(?:on|by|over|for|with|using)"
_TO = r"(?:to|on|in|for|of)"
_FIELDS = r"(?P<fields>[\w$]+(?:[ ,&]+[\w$]+)*?)"
_NAMED = r"(?:\s+(?:(?:called|named)\s+(?P<name>\w+)|(?P<name3>by_\w+)))?"
_NAMED_LAST = r"(?:\s+(?:called|named)\s+(?P<name2>\w+))?"
_INDEX = tuple(
    pattern(way)
    for way in (
        # Add an index on author to messages; add an index by_author to messages on author
        rf"{MAKE}{DETERMINER}(?:database\s+)?index{_NAMED}\s+{_ON}\s+(?:the\s+)?{_FIELDS}(?:\s+fields?)?\s+{_TO}\s+"
        rf"(?:the\s+)?{TABLE}{TABLE_END}{_NAMED_LAST}",
        rf"{MAKE}{DETERMINER}(?:database\s+)?index{_NAMED}\s+{_TO}\s+(?:the\s+)?{TABLE}{TABLE_END}\s*(?:{_ON}\s+|[:(]\s*)"
        rf"(?:the\s+)?{_FIELDS}(?:\s+fields?)?\)?{_NAMED_LAST}",
        rf"{MAKE}{DETERMINER}(?:index\s+(?P<name2>by_\w+)|(?P<name>by_\w+)\s+index)\s+{_TO}\s+(?:the\s+)?{TABLE}{TABLE_END}"
        rf"(?:\s+{_ON}\s+(?:the\s+)?{_FIELDS})?",
        rf"index\s+(?:the\s+)?{TABLE}{TABLE_END}\s+{_ON}\s+(?:the\s+|their\s+)?{_FIELDS}",
        rf"{MAKE}{DETERMINER}{_FIELDS}\s+index\s+{_TO}\s+(?:the\s+)?{TABLE}{TABLE_END}",
    )
)
_SEARCH = r"(?:full[- ]?text\s+)?search(?:ing)?"
_BY = (
    r"(?:\s+(?:by|on|in|over|for|using|with)\s+(?:the\s+|their\s+|its"
    r"\s+)?(?P<field>[\w$]+(?: [\w$]+)?)(?:\s+field)?)?"
)
_SEARCHES = tuple(
    pattern(way)
    for way in (
        rf"{MAKE}{DETERMINER}{_SEARCH}(?:\s+(?:index|function|query|box|bar|support))?\s+(?:to|for|of|in|over|on)\s+"
        rf"(?:the\s+)?{TABLE}{TABLE_END}{_BY}",
        rf"{MAKE}{DETERMINER}{_SEARCH}\s+index\s+on\s+(?:the\s+)?(?P<field>[\w$]+)(?:\s+field)?\s+(?:to|for|of|in)\s+"
        rf"(?:the\s+)?{TABLE}{TABLE_END}",
        rf"{MAKE}{DETERMINER}(?:function|query)\s+(?:to|for|that)\s+search(?:es|ing)?\s+(?:for\s+|the\s+)?{TABLE}{TABLE_END}{_BY}",
        rf"make\s+(?:the\s+)?{TABLE}{TABLE_END}\s+searchable{_BY}",
        rf"(?:let|allow)\s+(?:the\s+)?(?:users?|people|me|us)\s+(?:to\s+)?search\s+(?:for\s+|the\s+|through\s+)?{TABLE}{TABLE_END}{_BY}",
    )
)
_PAGES = tuple(
    pattern(way)
    for way in (
        rf"paginate\s+(?:the\s+)?{TABLE}{TABLE_END}(?:\s+(?:query|list))?",
        rf"{MAKE}{DETERMINER}(?:pagination|paging|pages|infinite\s+scroll(?:ing)?|load\s+more(?:\s+button)?)\s+"
        rf"(?:to|for|in|of|on)\s+(?:the\s+)?{TABLE}{TABLE_END}",
        rf"{MAKE}{DETERMINER}paginated\s+(?:query|list|function)\s+(?:for|of|over|that lists)"
        rf"\s+(?:the\s+)?{TABLE}{TABLE_END}",
        rf"{MAKE}{DETERMINER}paginated\s+{TABLE}\s+(?:query|list|function)",
        rf"(?:load|list|show|get|fetch)\s+(?:the\s+)?{TABLE}{TABLE_END}\s+(?:page by page|in pages"
        r"|with pagination)",
    )
)
_BETWEEN = re.compile(r"\s*[,&]\s*(?:and\s+)?|\s+(?:and|then)\s+", re.IGNORECASE)


class NoField(Unclear):
    """The table has no field of this name, or none that fits."""

    code = "no_field"


class AddIndex:
    abilities: tuple[tuple[str, str], ...] = (("add an index", "Add an index on body to messages"),)

    def plan(self, prompt: str, files: Files) -> Plan | Refusal | None:
        found = _match(_INDEX, prompt)
        if found is None or re.search(r"\bsearch\b", found["fields"] or ""):
            return None
        backend = Backend(Draft(files))
        shape = wanted_shape(backend, found["table"])
        groups = found.groupdict()
        name = groups.get("name") or groups.get("name2") or groups.get("name3") or ""
        fields = _fields(shape, groups.get("fields") or name.removeprefix("by_"), bool(groups.get("fields")))
        index = name or f"by_{'_and_'.join(fields)}"
        if index.startswith("_") or index in ("by_id", "by_creation_time"):
            raise NoField(
                f"An index cannot be called {index}: the name is Convex's own.",
                next_step="Choose another name.",
            )
        if there := _answering(backend, shape.table, index, fields):
            leave = f"Leave the indexes of {shape.table} as they are: {there} does this."
            backend.draft.steps.append(leave)
            return backend.draft.plan(f"Add the index {there} to {shape.table}", [leave])
        _add_index(backend, shape.table, index, fields)
        backend.draft.assume(f'Use it as .withIndex("{index}", (q) => q.eq("{fields[0]}", …)).')
        return backend.draft.plan(f"Add the index {index} to {shape.table}")


class AddSearch:
    abilities: tuple[tuple[str, str], ...] = (("add search", "Add a search index to messages on body"),)

    def plan(self, prompt: str, files: Files) -> Plan | Refusal | None:
        found = _match(_SEARCHES, prompt)
        if found is None:
            return None
        backend = Backend(Draft(files))
        shape = not_users(wanted_shape(backend, found["table"]), "search")
        said_field = found.groupdict().get("field")
        if said_field:
            field = _fields(shape, said_field, True)[0]
            if not any(one.name == field and one.is_text() for one in shape.columns):
                raise NoField(
                    f"{field} of {shape.table} is not a text, and only texts can be searched.",
                    next_step="Name a field with a text.",
                )
        elif shape.heading is not None:
            field = shape.heading.name
            backend.draft.assume(f"No field was named: {field} is searched.")
        else:
            raise NoField(f"{shape.table} has no text to search.", next_step="Add a field with a text first.")
        index = f"search_{field}"
        if index not in backend.schema.tables[shape.table].indexes:
            quoted = literal(index, backend.schema.style), literal(field, backend.schema.style)
            call = f".searchIndex({quoted[0]}, {{ searchField: {quoted[1]} }})"
            with backend.placing(call):
                backend.write_schema(with_method(backend.schema, shape.table, call))
            backend.draft.steps.append(f"Add the search index {index} to {shape.table} in {SCHEMA_PATH}.")
        if backend.add_code(shape.module, search(shape, field, index)):
            backend.draft.steps.append(f"Write {search_name(field)} in {shape.module}.")
            backend.draft.assume("It gives the 20 best; the last word may be the beginning of one.")
        return backend.draft.plan(
            f"Make {shape.many} searchable by {field}",
            [f"Leave {shape.many} as they are: they can be searched by {field}."],
        )


class AddPages:
    abilities: tuple[tuple[str, str], ...] = (("read page by page", "Paginate messages"),)

    def plan(self, prompt: str, files: Files) -> Plan | Refusal | None:
        found = _match(_PAGES, prompt)
        if found is None:
            return None
        backend = Backend(Draft(files))
        shape = not_users(wanted_shape(backend, found["table"]), "pages")
        if backend.add_functions(shape, ["page"]):
            backend.draft.steps.append(f"Write page in {shape.module}: {shape.many}, newest first.")
            backend.draft.assume(
                f"A screen reads it with usePaginatedQuery(api.{shape.table}.page, {{}}, "
                f"{{ initialNumItems: 20 }})."
            )
        return backend.draft.plan(
            f"Read {shape.many} page by page", [f"Leave page in {shape.module} as it is: it is there."]
        )


def _match(ways: tuple[re.Pattern[str], ...], prompt: str) -> re.Match[str] | None:
    sentence = said(prompt)
    return next((match for way in ways if (match := way.match(sentence))), None)


def _fields(shape: Shape, words: str, spoken: bool) -> tuple[str, ...]:
    """Fields of the table that `words` name. spoken: in words; otherwise joined in an index's name."""
    names = {one.name.lower(): one.name for one in shape.columns} | {"_creationtime": "_creationTime"}
    parts = _BETWEEN.split(words) if spoken else re.split(r"_and_|_", words)
    found = []
    for part in parts:
        plain = re.sub(r"^(?:the|its|their)\s+", "", part.strip(), flags=re.IGNORECASE)
        name = names.get(plain.lower()) or names.get(identifier(plain).lower() if plain[:1] != "_" else "")
        if name is None:
            there = ", ".join(one.name for one in shape.columns)
            raise NoField(
                f"{shape.table} has no field {plain}.",
                next_step=f"Its fields are {there}. Add the field first.",
            )
        found.append(name)
    # Convex ends every index with the time of creation by itself.
    while len(found) > 1 and found[-1] == "_creationTime":
        found.pop()
    return tuple(dict.fromkeys(found))


def _answering(backend: Backend, table: str, name: str, fields: tuple[str, ...]) -> str:
    """The index that does already what is asked for; "" when there is none. Raises NoField."""
    if fields == ("_creationTime",):
        return "by_creation_time, which every table has,"
    there = backend.schema.index_fields(table)
    if table == "users" and backend.schema.has_auth_tables and backend.schema.tables[table].place is None:
        there = {index: (index,) for index in backend.schema.tables[table].indexes}
    same = next((index for index, on in there.items() if on[: len(fields)] == fields), "")
    if not same and name in backend.schema.tables[table].indexes:
        raise NoField(
            f"{table} has an index {name} already, on {and_list(there.get(name, ('other fields',)))}.",
            next_step="Ask for one with another name: “Add an index called … on …”.",
        )
    return same


def _add_index(backend: Backend, table: str, index: str, fields: tuple[str, ...]) -> None:
    if table == "users":
        write_out_users(backend)
    call = index_call(index, fields, backend.schema.style)
    with backend.placing(call):
        shorter = [name for name, on in backend.schema.index_fields(table).items() if on == fields[: len(on)]]
        backend.write_schema(with_method(backend.schema, table, call))
        for name in shorter:
            note = [
                f"// Kept beside {index}: its rows are in the order in which they were made.",
                "// eslint-disable-next-line @convex-dev/no-duplicate-indexes",
            ]
            backend.write_schema(with_note(backend.schema, table, name, note))
    backend.draft.steps.append(f"Add the index {index} on {and_list(fields)} to {table} in {SCHEMA_PATH}.")
