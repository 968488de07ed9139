from __future__ import annotations

import json
import math

import pytest

from vibe_tui.services.convex import validators
from vibe_tui.services.convex.arguments import ArgumentsInvalid, encode
from vibe_tui.services.convex.values import ValueInvalid, parse, readable, travelling

ONE = {"$integer": "AQAAAAAAAAA="}


@pytest.mark.parametrize(
    ("convex", "people"),
    [
        (ONE, {"$integer": "1"}),
        ({"$integer": "AAAAAAAAAIA="}, {"$integer": "-9223372036854775808"}),
        ({"$float": "AAAAAAAA+H8="}, {"$float": "NaN"}),
        ({"$float": "AAAAAAAA8P8="}, {"$float": "-Infinity"}),
        ({"$float": "AAAAAAAAAIA="}, {"$float": "-0"}),
        ({"$bytes": "aGk="}, {"$bytes": "aGk="}),
        ({"a": [1.0, 1.5, ONE, None, True]}, {"a": [1, 1.5, {"$integer": "1"}, None, True]}),
    ],
)
def test_what_is_read_can_be_typed_back(convex: object, people: object) -> None:
    assert readable(convex) == people
    assert travelling(people) == convex
    assert travelling(convex) == convex


@pytest.mark.parametrize(
    "value",
    [
        {"$integer": "9223372036854775808"},
        {"$integer": "one"},
        {"$float": "big"},
        {"$bytes": "not base64"},
        {"$other": 1},
        {"naïve": 1},
        2**60,
        json.loads("[" * 80 + "]" * 80),
    ],
)
def test_what_convex_cannot_keep_is_refused_before_it_is_sent(value: object) -> None:
    with pytest.raises(ValueInvalid) as raised:
        travelling({"field": value})
    assert raised.value.message


@pytest.mark.parametrize("text", ["{", "{'a': 1}", '{"a": NaN}', "[" * 100_000])
def test_what_is_no_json_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueInvalid, match="JSON"):
        parse(text)


def test_a_typed_infinity_is_sent_as_convex_sends_it() -> None:
    assert travelling(math.inf) == {"$float": "AAAAAAAA8H8="}


TAKES = validators.read(
    {
        "type": "object",
        "value": {
            "to": {"fieldType": {"type": "id", "tableName": "users"}, "optional": False},
            "big": {"fieldType": {"type": "bigint"}, "optional": True},
            "tags": {"fieldType": {"type": "array", "value": {"type": "string"}}, "optional": True},
            "mood": {
                "fieldType": {
                    "type": "union",
                    "value": [{"type": "literal", "value": "good"}, {"type": "null"}],
                },
                "optional": True,
            },
            "marks": {
                "fieldType": {
                    "type": "record",
                    "keys": {"type": "string"},
                    "values": {"fieldType": {"type": "number"}, "optional": False},
                },
                "optional": True,
            },
        },
    }
)


def test_a_signature_reads_like_typescript() -> None:
    assert validators.signature(TAKES) == (
        '{ to: Id<"users">, big?: bigint, tags?: string[], mood?: "good" | null, '
        "marks?: Record<string, number> }"
    )
    assert validators.example(TAKES) == {"to": "<id of users>"}


def test_arguments_that_fit_are_sent_in_convex_form() -> None:
    given = {"to": "u1", "big": 1, "tags": ["a"], "mood": None, "marks": {"x": 2.5}}
    assert encode(TAKES, given) == {**given, "big": ONE}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "must have the field “to”"),
        ({"to": "u1", "more": 1}, "cannot have a field “more”"),
        ({"to": 1}, 'to has to be Id<"users">, not 1'),
        ({"to": "u1", "tags": ["a", 2]}, r"tags\[1\] has to be string, not 2"),
        ({"to": "u1", "big": True}, "big has to be bigint, not true"),
        ({"to": "u1", "big": 2**63}, "does not fit into 64 bits"),
        ({"to": "u1", "mood": "bad"}, 'mood has to be "good" | null, not "bad"'.replace("|", r"\|")),
        ({"to": "u1", "marks": {"x": "y"}}, 'marks.x has to be number, not "y"'),
        ([], "arguments object has to be"),
    ],
)
def test_arguments_that_do_not_fit_say_where(given: object, said: str) -> None:
    with pytest.raises(ArgumentsInvalid, match=said):
        encode(TAKES, given)


@pytest.mark.parametrize(
    "given", [None, {}, {"type": "new"}, {"type": "array"}, {"type": "object", "value": {"a": 1}}]
)
def test_an_unknown_validator_is_a_typed_error(given: object) -> None:
    with pytest.raises(validators.ValidatorUnreadable):
        validators.read(given)
