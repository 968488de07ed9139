"""Validators against values, and schemas against documents."""

from __future__ import annotations

from typing import Any

import pytest

from vibe_tui.emulator.deployment.schema import first_violation, index_diff
from vibe_tui.emulator.deployment.validation import Mismatch, check, fits, show_validator

STRING, NUMBER = {"type": "string"}, {"type": "number"}


def obj(**fields: Any) -> dict[str, Any]:
    """A name ending in "_" is optional."""
    value = {n.rstrip("_"): {"fieldType": f, "optional": n.endswith("_")} for n, f in fields.items()}
    return {"type": "object", "value": value}


@pytest.mark.parametrize(
    ("validator", "good", "bad"),
    [
        ({"type": "null"}, [None], [0, ""]),
        (NUMBER, [1, 1.5, {"$float": "AAAAAAAA8H8="}], ["1", True, None, {"$integer": "AAAAAAAAAAA="}]),
        ({"type": "bigint"}, [{"$integer": "AAAAAAAAAAA="}], [1, "1"]),
        ({"type": "boolean"}, [True, False], [0, 1, "true"]),
        (STRING, ["", "a"], [1, None, {"$bytes": "AA=="}]),
        ({"type": "bytes"}, [{"$bytes": "AA=="}], ["AA==", {"$bytes": "AA==", "a": 1}]),
        ({"type": "any"}, [None, {"a": [1]}], []),
        ({"type": "literal", "value": "a"}, ["a"], ["b", None]),
        ({"type": "literal", "value": 1.0}, [1, 1.0], [True, "1", 2]),
        ({"type": "literal", "value": True}, [True], [1, False]),
        ({"type": "id", "tableName": "users"}, ["00010000users"], ["00010000posts", "users", "12", 3]),
        ({"type": "array", "value": NUMBER}, [[], [1, 2]], [[1, "2"], {}, None]),
        ({"type": "union", "value": [STRING, NUMBER]}, ["a", 1], [None, [], True]),
        (
            {"type": "record", "keys": STRING, "values": {"fieldType": NUMBER, "optional": False}},
            [{}, {"a": 1}],
            [{"a": "1"}, [], {"$integer": "AAAAAAAAAAA="}],
        ),
        (
            obj(a=STRING, b_=NUMBER),
            [{"a": "x"}, {"a": "x", "b": 1}],
            [{}, {"a": "x", "c": 1}, {"a": 1}, None, []],
        ),
    ],
)
def test_what_fits(validator: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if not fits(validator, value)] == []
    assert [value for value in bad if fits(validator, value)] == []


def test_a_mismatch_shows_value_and_validator() -> None:
    validator = obj(a=STRING, b_={"type": "array", "value": {"type": "id", "tableName": "users"}})
    with pytest.raises(Mismatch) as mismatch:
        check(validator, {"b": ["x"]})
    assert str(mismatch.value) == (
        "Object is missing the required field `a`. Consider wrapping the field validator in "
        '`v.optional(...)` if this is expected.\n\nObject: {b: ["x"]}\n'
        'Validator: v.object({a: v.string(), b: v.optional(v.array(v.id("users")))})'
    )


@pytest.mark.parametrize(
    ("validator", "shown"),
    [
        (
            {"type": "union", "value": [{"type": "null"}, {"type": "literal", "value": "x"}]},
            'v.union(v.null(), v.literal("x"))',
        ),
        (
            {"type": "record", "keys": STRING, "values": {"fieldType": NUMBER}},
            "v.record(v.string(), v.float64())",
        ),
        ({"type": "bigint"}, "v.int64()"),
    ],
)
def test_how_validators_are_shown(validator: dict[str, Any], shown: str) -> None:
    assert show_validator(validator) == shown


def schema(validation: bool = True, **tables: Any) -> dict[str, Any]:
    entries = [{"tableName": n, "indexes": [], "documentType": t} for n, t in tables.items()]
    return {"schemaValidation": validation, "tables": entries}


def test_documents_are_checked_against_their_table() -> None:
    documents = [
        {"_id": "00001notes", "_creationTime": 1, "text": "fits"},
        {"_id": "00002other", "_creationTime": 2, "anything": 1},
        {"_id": "00003notes", "_creationTime": 3, "text": 4},
    ]
    assert first_violation(schema(notes=obj(text=STRING)), documents[:2]) is None
    violation = first_violation(schema(notes=obj(text=STRING)), documents)
    assert violation is not None
    assert violation.table == "notes"
    assert 'Document with ID "00003notes" in table "notes"' in violation.message
    assert first_violation(schema(False, notes=obj(text=STRING)), documents) is None
    assert first_violation(None, documents) is None


def with_indexes(**entries: Any) -> dict[str, Any]:
    return {"schemaValidation": True, "tables": [{"tableName": "t", "indexes": [], **entries}]}


def test_index_diffs() -> None:
    one = {"indexDescriptor": "by_a", "fields": ["a"]}
    search = {"indexDescriptor": "find", "searchField": "s", "filterFields": []}
    vector = {"indexDescriptor": "near", "vectorField": "v", "dimensions": 3, "filterFields": ["a"]}
    before = with_indexes(indexes=[one], stagedDbIndexes=[{"indexDescriptor": "soon", "fields": ["b"]}])
    after = with_indexes(
        indexes=[{**one, "fields": ["a", "b"]}, {"indexDescriptor": "soon", "fields": ["b"]}],
        searchIndexes=[search],
        vectorIndexes=[vector],
    )
    diff = index_diff(before, after)
    assert [(index["name"], index["type"]) for index in diff["added_indexes"]] == [
        ("t.by_a", "database"),
        ("t.find", "search"),
        ("t.near", "vector"),
    ]
    assert [index["fields"] for index in diff["removed_indexes"]] == [["a", "_creationTime"]]
    assert [index["name"] for index in diff["enabled_indexes"]] == ["t.soon"]
    assert index_diff(after, after) == {name: [] for name in diff}
    assert len(index_diff(after, None)["removed_indexes"]) == 4
