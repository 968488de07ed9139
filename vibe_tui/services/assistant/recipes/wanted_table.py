"""The table that a prompt is about: one of the schema, or a usual one that is then added."""

from __future__ import annotations

from vibe_tui.services.assistant.recipes.asking import new_table_name, table_in
from vibe_tui.services.assistant.recipes.auth_tables import (
    AUTH_TABLE_NAMES,
    AUTH_USER_FIELDS,
    AUTH_USER_INDEXES,
)
from vibe_tui.services.assistant.recipes.backend import Backend, NoTable
from vibe_tui.services.assistant.recipes.base_files import SCHEMA_PATH
from vibe_tui.services.assistant.recipes.column import read_columns
from vibe_tui.services.assistant.recipes.known_tables import known_table
from vibe_tui.services.assistant.recipes.recipe import Unclear
from vibe_tui.services.assistant.recipes.schema_change import (
    index_call,
    with_fields,
    with_method,
    with_optional_fields,
    with_renamed_index,
)
from vibe_tui.services.assistant.recipes.shape import Shape
from vibe_tui.services.assistant.recipes.table import Field, Index, Reference, Style, Table, table_lines
from vibe_tui.services.assistant.recipes.table_words import and_list, field_words, step

OWNER = Field("authorId", Reference("users"), optional=True)
OWNER_INDEX = Index("by_authorId", ("authorId",))


def wanted_shape(backend: Backend, words: str) -> Shape:
    """The table that `words` name; a usual one (messages, todos, …) is added to the schema when it is not
    there. Raises NoTable, NotPlaced or BadName."""
    name = table_in(words, backend.schema.tables)
    if name is None:
        new = new_table_name(words)
        table = known_table(new)
        if table is None:
            raise missing_table(backend, words)
        add_tables(backend, [table])
        fields = and_list([field_words(field) for field in table.fields])
        backend.draft.assume(f"The table {new} was not there: it is added with the usual fields, {fields}.")
        name = new
    return backend.shape(name)


def not_users(shape: Shape, what: str) -> Shape:
    """`shape`, unless it is the users of Convex Auth, who are nobody else's business. Raises Unclear."""
    if shape.is_users:
        raise Unclear(
            f"Built-in recipes do not write {what} for users once people sign in: they would show or "
            "take away "
            "what belongs to a user alone.",
            next_step="“Create a function to list users” gives their names and pictures.",
        )
    return shape


def missing_table(backend: Backend, words: str) -> NoTable:
    """What to raise for words that mean no table of the schema."""
    there = [one for one in backend.schema.tables if not is_auth_table(one)]
    known = f" The schema has {and_list(there)}." if there else ""
    return NoTable(
        f"There is no table for “{words.strip()}” in {SCHEMA_PATH}.{known}",
        next_step=(
            f"Add it first, e.g. “Add a {new_table_name(words)} table with title text”, then ask again."
        ),
    )


def add_tables(backend: Backend, tables: list[Table]) -> None:
    """Add them to the schema; with Convex Auth, one with an author also gets the author's id."""
    for table in tables:
        if backend.auth and _has_author(table):
            table = Table(table.name, (*table.fields, OWNER), (*table.indexes, OWNER_INDEX))
        shown = "\n".join(f"  {line}" for line in table_lines(table, Style())) + ","
        with backend.placing(shown, "Paste the code that is shown into your schema."):
            backend.write_schema(backend.schema.with_tables([table]))
        backend.draft.steps.append(step(table))


def own_authors(backend: Backend) -> None:
    """Give every table with an author's name the author's id: optional, as documents that were saved before
    have none."""
    for name, shape in backend.shapes().items():
        texts = [one.name for one in shape.columns if one.is_text()]
        names = {one.name for one in shape.columns}
        if "author" not in texts or names & {"authorId", "userId", "ownerId"}:
            continue
        with backend.placing(f'  {OWNER.name}: v.optional(v.id("users")),'):
            backend.write_schema(with_fields(backend.schema, name, [OWNER]))
            call = index_call(OWNER_INDEX.name, OWNER_INDEX.fields, backend.schema.style)
            backend.write_schema(with_method(backend.schema, name, call))
        backend.draft.steps.append(
            f"Add {OWNER.name} to {name}: optional, so that {shape.many} from before stay valid."
        )


def users_for_auth(backend: Backend) -> None:
    """Make a `users` table of the project's own fit Convex Auth: its fields, all optional, and its "
    "indexes."""
    there = backend.schema.tables.get("users")
    if there is None:
        return
    shape = backend.shape("users")
    names = {one.name for one in shape.columns}
    missing = [
        Field(one.name, one.type, optional=True)
        for one in read_columns(AUTH_USER_FIELDS)
        if one.name not in names and one.type is not None
    ]
    with backend.placing(_users_entry()):
        if required := [one.name for one in shape.columns if not one.optional]:
            backend.write_schema(with_optional_fields(backend.schema, "users", required))
        if missing:
            backend.write_schema(with_fields(backend.schema, "users", missing))
        for index in AUTH_USER_INDEXES:
            _auth_index(backend, index)
    backend.draft.steps.append(
        f"Change users in {SCHEMA_PATH}: what Convex Auth knows of a user is added, and no field is required."
    )


def _auth_index(backend: Backend, index: str) -> None:
    """The index on the field of its name, which Convex Auth looks users up by."""
    schema = backend.schema
    if index in schema.tables["users"].indexes:
        return
    same = next((name for name, on in schema.index_fields("users").items() if on == (index,)), None)
    if same is None:
        call = index_call(index, (index,), schema.style)
        backend.write_schema(with_method(schema, "users", call))
        return
    backend.write_schema(with_renamed_index(schema, "users", same, index))
    backend.draft.tell(
        f"The index {same} of users is now called {index}, as Convex Auth wants it: change functions "
        "that use it."
    )


def write_out_users(backend: Backend) -> None:
    """Convex Auth's own `users`, written out in the schema, so that there is a place for more in it."""
    there = backend.schema.tables.get("users")
    if there is None or there.place is not None or not backend.schema.has_auth_tables:
        return
    with backend.placing(_users_entry()):
        entry = _users_entry().replace("defineTable", backend.schema.style.define_table)
        backend.write_schema(backend.schema.with_entries(["users"], [entry.split("\n")]))


def _users_entry() -> str:
    return """\
users: defineTable({
  // What Convex Auth knows of a user.
  ...authTables.users.validator.fields,
})
  .index("email", ["email"])
  .index("phone", ["phone"])"""


def is_auth_table(name: str) -> bool:
    return name in AUTH_TABLE_NAMES


def _has_author(table: Table) -> bool:
    names = {field.name for field in table.fields}
    return "author" in names and not names & {"authorId", "userId", "ownerId"}
