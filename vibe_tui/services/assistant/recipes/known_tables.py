"""Fields for the tables that people ask for without saying what is in them."""

from __future__ import annotations

from vibe_tui.services.assistant.recipes.table import Field, Index, OneOf, Scalar, ScalarName, Table

_NAMES: tuple[ScalarName, ...] = ("string", "number", "boolean", "date")
_SCALARS: dict[str, Scalar] = {name: Scalar(name) for name in _NAMES}


def _known(fields: str, index: str = "") -> tuple[tuple[Field, ...], tuple[Index, ...]]:
    """`fields`: "name", "name:type" or either with "?" for optional; `index`: one field to find by."""
    made = []
    for text in fields.split():
        name, _, kind = text.removesuffix("?").partition(":")
        made.append(Field(name, _SCALARS[kind or "string"], optional=text.endswith("?")))
    return tuple(made), (Index(f"by_{index}", (index,)),) if index else ()


_TODO = _known("text isCompleted:boolean")
_ORDER_STATUS = Field("status", OneOf(("pending", "paid", "shipped")))

_KNOWN: dict[str, tuple[tuple[Field, ...], tuple[Index, ...]]] = {
    "messages": _known("author body", "author"),
    "todos": _TODO,
    "tasks": _TODO,
    "users": _known("name email", "email"),
    "profiles": _known("name bio?"),
    "posts": _known("title body isPublished:boolean"),
    "comments": _known("author body"),
    "notes": _known("title body"),
    "products": _known("name description? price:number"),
    "orders": ((*_known("customer total:number")[0], _ORDER_STATUS), ()),
    "events": _known("title startsAt:date location?"),
    "contacts": _known("name email? phone?"),
    "projects": _known("name description?"),
    "categories": _known("name"),
    "tags": _known("name"),
}


def known_table(name: str) -> Table | None:
    """The table called `name` with the fields it usually has, or None when it is not a usual one."""
    plural = next((known for known in (name, f"{name}s") if known.lower() in _KNOWN), None)
    return Table(name, *_KNOWN[plural.lower()]) if plural else None
