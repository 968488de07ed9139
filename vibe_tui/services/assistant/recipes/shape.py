"""A table as functions and screens see it: its fields, and who may do what with its documents."""

from __future__ import annotations

from dataclasses import dataclass

from vibe_tui.services.assistant.recipes import spoken
from vibe_tui.services.assistant.recipes.auth_tables import MANAGED
from vibe_tui.services.assistant.recipes.column import Column
from vibe_tui.services.assistant.recipes.table import OneOf, Reference, Scalar

_OWNERS = ("authorId", "userId", "ownerId")
_TITLES = ("title", "name", "text", "body", "subject", "label")


@dataclass(frozen=True, slots=True)
class Shape:
    table: str
    columns: tuple[Column, ...]
    auth: bool = False
    """The app has Convex Auth: its functions ask who calls."""

    @property
    def one(self) -> str:
        """What a document is called, e.g. "blog post"."""
        return spoken.one_of(self.table)

    @property
    def many(self) -> str:
        return spoken.words(self.table)

    @property
    def variable(self) -> str:
        """A document as a variable, e.g. blogPost."""
        name = spoken.camel(spoken.singular(self.table))
        # Names that are taken where it is used, and words of the language.
        return "document" if name in _TAKEN else name

    @property
    def module(self) -> str:
        return f"convex/{self.table}.ts"

    @property
    def save_name(self) -> str:
        return "send" if self.table == "messages" else "create"

    @property
    def owner(self) -> Column | None:
        """The field with the id of the user whom a document belongs to; None: it belongs to nobody."""
        if not self.auth:
            return None
        return next(
            (
                column
                for name in _OWNERS
                for column in self.columns
                if column.name == name and column.type == Reference("users")
            ),
            None,
        )

    @property
    def is_users(self) -> bool:
        """The users of Convex Auth: each document belongs to itself."""
        return self.auth and self.table == "users"

    @property
    def author(self) -> Column | None:
        """The text with the owner's name, which then comes from the session."""
        if self.owner is None:
            return None
        return next((one for one in self.columns if one.name == "author" and one.is_text()), None)

    @property
    def given(self) -> tuple[Column, ...]:
        """What a caller says of a document: all that does not come from the session."""
        from_session = {one.name for one in (self.owner, self.author) if one is not None}
        if self.is_users:
            from_session.update(MANAGED)
        return tuple(one for one in self.columns if one.name not in from_session)

    @property
    def files(self) -> tuple[Column, ...]:
        """The fields with the id of a stored file."""
        return tuple(one for one in self.columns if one.type == Reference("_storage"))

    @property
    def heading(self) -> Column | None:
        """The text that tells documents apart best."""
        texts = [one for one in self.columns if one.is_text()]
        named = (one for name in _TITLES for one in texts if one.name == name)
        return next(named, texts[0] if texts else None)


_TAKEN = {
    "api", "args", "case", "changes", "class", "colors", "create", "ctx", "data", "default", "delete",
    "document", "documents", "error", "export", "function", "id", "import", "internal", "item", "mutation",
    "new", "package", "query", "return", "schema", "send", "user", "userId", "v",
}  # fmt: skip


def can_be_typed_in(column: Column) -> bool:
    """Whether a form has a field for it."""
    return isinstance(column.type, OneOf) or (
        isinstance(column.type, Scalar) and column.type.name in ("string", "number", "boolean", "date")
    )
