"""Schemas of pushes: do the documents fit, and which indexes come and go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vibe_tui.emulator.deployment.journal import Document
from vibe_tui.emulator.deployment.validation import Mismatch, check, table_of

Schema = dict[str, Any]
Index = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Violation:
    """A stored document that a schema does not allow."""

    table: str
    message: str


def first_violation(schema: Schema | None, documents: Iterable[Document]) -> Violation | None:
    if schema is None or not schema["schemaValidation"]:
        return None
    types = {table["tableName"]: table["documentType"] for table in schema["tables"]}
    for document in documents:
        table = table_of(document["_id"]) or ""
        if table not in types:
            continue
        fields = {name: value for name, value in document.items() if name not in ("_id", "_creationTime")}
        try:
            check(types[table], fields)
        except Mismatch as mismatch:
            where = f'Document with ID "{document["_id"]}" in table "{table}" does not match the schema: '
            return Violation(table, where + str(mismatch))
    return None


def indexes_of(schema: Schema | None) -> dict[str, Index]:
    """Name ("table.index") -> the index as the push protocol describes it."""
    found: dict[str, Index] = {}
    for table in schema["tables"] if schema else []:
        for staged in (False, True):
            for index in _table_indexes(table, staged=staged):
                found[index["name"]] = index
    return found


def _table_indexes(table: dict[str, Any], *, staged: bool) -> list[Index]:
    def entries(plain: str, staged_name: str) -> list[dict[str, Any]]:
        return table.get(staged_name if staged else plain) or []

    mark = {"staged": True} if staged else {}
    name = f"{table['tableName']}."
    found: list[Index] = []
    for index in entries("indexes", "stagedDbIndexes"):
        fields = [*index["fields"], "_creationTime"]
        found.append({"name": name + index["indexDescriptor"], "type": "database", "fields": fields, **mark})
    for index in entries("searchIndexes", "stagedSearchIndexes"):
        search = {"searchField": index["searchField"], "filterFields": index["filterFields"]}
        found.append({"name": name + index["indexDescriptor"], "type": "search", **search, **mark})
    for index in entries("vectorIndexes", "stagedVectorIndexes"):
        vector = {key: index[key] for key in ("dimensions", "vectorField", "filterFields")}
        found.append({"name": name + index["indexDescriptor"], "type": "vector", **vector, **mark})
    return found


def index_diff(before: Schema | None, after: Schema | None) -> dict[str, list[Index]]:
    """The push protocol's ``indexDiff``; an index that changed is removed and added."""
    old, new = indexes_of(before), indexes_of(after)
    diff: dict[str, list[Index]] = {
        "added_indexes": [],
        "removed_indexes": [],
        "enabled_indexes": [],
        "disabled_indexes": [],
    }
    for name, index in new.items():
        was = old.get(name)
        if was == index:
            continue
        if was is not None and {**was, "staged": None} == {**index, "staged": None}:
            diff["disabled_indexes" if index.get("staged") else "enabled_indexes"].append(index)
            continue
        diff["added_indexes"].append(index)
        if was is not None:
            diff["removed_indexes"].append(was)
    diff["removed_indexes"] += [index for name, index in old.items() if name not in new]
    return diff
