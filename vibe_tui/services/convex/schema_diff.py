"""What pushing a schema would change in what is deployed: tables, their fields, their indexes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from vibe_tui.services.convex.schema import Schema, SchemaField, Table

Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one field or one index. All texts are cleaned."""

    name: str
    """ "" stands for the document as a whole."""
    change: Change
    before: str
    """What is deployed, e.g. "string" or "author, body"; "" when it is added."""
    after: str
    """What the project's file has; "" when it is removed."""


@dataclass(frozen=True, slots=True)
class TableDiff:
    name: str
    change: Change
    fields: tuple[Difference, ...]
    indexes: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class SchemaDiff:
    file: str
    """The project's schema file, relative to the project; "" when there is none."""
    deployed: bool
    """Whether the deployment has a schema."""
    tables: tuple[TableDiff, ...]
    """Those that differ, by name."""
    validation: Literal["", "switched on", "switched off"]
    """Whether documents have to fit, when pushing changes that."""

    @property
    def same(self) -> bool:
        return not self.tables and not self.validation


def schema_diff(deployed: Schema | None, local: Schema | None, file: str = "") -> SchemaDiff:
    """file: where `local` was read from."""
    before: Mapping[str, Table] = deployed.tables if deployed else {}
    after: Mapping[str, Table] = local.tables if local else {}
    tables = (_table_diff(name, before.get(name), after.get(name)) for name in sorted({*before, *after}))
    return SchemaDiff(
        file,
        deployed is not None,
        tuple(table for table in tables if table is not None),
        _validation(deployed, local),
    )


def _validation(deployed: Schema | None, local: Schema | None) -> Literal["", "switched on", "switched off"]:
    if deployed is None or local is None or deployed.validated == local.validated:
        return ""
    return "switched on" if local.validated else "switched off"


def _table_diff(name: str, before: Table | None, after: Table | None) -> TableDiff | None:
    fields = tuple(_field_diffs(before, after))
    indexes = tuple(_differences(before.indexes if before else {}, after.indexes if after else {}))
    if before is None:
        return TableDiff(name, "added", fields, indexes)
    if after is None:
        return TableDiff(name, "removed", fields, indexes)
    return TableDiff(name, "changed", fields, indexes) if fields or indexes else None


def _field_diffs(before: Table | None, after: Table | None) -> Iterable[Difference]:
    there = [table for table in (before, after) if table is not None]
    if any(table.fields is None for table in there):
        old, new = (table.whole if table else None for table in (before, after))
        if old is None or new is None or old.key != new.key:
            yield _difference("", old.text if old else "", new.text if new else "")
        return
    old_fields: Mapping[str, SchemaField] = (before.fields if before else None) or {}
    new_fields: Mapping[str, SchemaField] = (after.fields if after else None) or {}
    for name in [*old_fields, *(name for name in new_fields if name not in old_fields)]:
        was, is_ = old_fields.get(name), new_fields.get(name)
        if was is None or is_ is None or (was.type.key, was.optional) != (is_.type.key, is_.optional):
            yield _difference(name, _field_text(was), _field_text(is_))


def _field_text(field: SchemaField | None) -> str:
    if field is None:
        return ""
    return f"optional {field.type.text}" if field.optional else field.type.text


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Difference]:
    for name in [*before, *(name for name in after if name not in before)]:
        if before.get(name) != after.get(name):
            yield _difference(name, before.get(name, ""), after.get(name, ""))


def _difference(name: str, before: str, after: str) -> Difference:
    change: Change = "added" if not before else "removed" if not after else "changed"
    return Difference(name, change, before, after)
