from __future__ import annotations

import pytest

from vibe_tui.services.assistant.recipes.field_list import parse_fields
from vibe_tui.services.assistant.recipes.field_words import FieldsUnclear
from vibe_tui.services.assistant.recipes.names import BadName
from vibe_tui.services.assistant.recipes.table import Style, validator


def code(text: str) -> dict[str, str]:
    return {field.name: validator(field, Style()) for field in parse_fields(text).fields}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name and email", {"name": "v.string()", "email": "v.string()"}),
        (
            "title, done (boolean), due date and priority number",
            {"title": "v.string()", "done": "v.boolean()", "dueDate": "v.number()", "priority": "v.number()"},
        ),
        (
            "title text, body text, published boolean, author as id of users",
            {
                "title": "v.string()",
                "body": "v.string()",
                "published": "v.boolean()",
                "author": 'v.id("users")',
            },
        ),
        ("total number optional note", {"total": "v.number()", "note": "v.optional(v.string())"}),
        ("note text optional", {"note": "v.optional(v.string())"}),
        ("note?, done boolean?", {"note": "v.optional(v.string())", "done": "v.optional(v.boolean())"}),
        ("body (text, optional)", {"body": "v.optional(v.string())"}),
        (
            "name string age int is_admin bool",
            {"name": "v.string()", "age": "v.number()", "is_admin": "v.boolean()"},
        ),
        ("string title; int count", {"title": "v.string()", "count": "v.number()"}),
        ("a title field and a body field", {"title": "v.string()", "body": "v.string()"}),
        ("`title` and 'body text'", {"title": "v.string()", "body": "v.string()"}),
        ("first name, last name", {"firstName": "v.string()", "lastName": "v.string()"}),
        ("phone number", {"phoneNumber": "v.string()"}),
        ("room number text", {"roomNumber": "v.string()"}),
        ("number of likes", {"likes": "v.number()"}),
        (
            "starts at (date/time), ended_at date and time",
            {"startsAt": "v.number()", "ended_at": "v.number()"},
        ),
        ("startsAt date, sent at date", {"startsAt": "v.number()", "sentAt": "v.number()"}),
        ("name is a string, age: a number", {"name": "v.string()", "age": "v.number()"}),
        (
            "owner reference to users, editor references users",
            {"owner": 'v.id("users")', "editor": 'v.id("users")'},
        ),
        ("tags as a list of strings", {"tags": "v.array(v.string())"}),
        ("a list of tags, scores number[]", {"tags": "v.array(v.string())", "scores": "v.array(v.number())"}),
        ("members list of ids of users", {"members": 'v.array(v.id("users"))'}),
        (
            "status one of draft|published",
            {"status": 'v.union(v.literal("draft"), v.literal("published"))'},
        ),
        (
            "status (one of draft, in progress or done)",
            {"status": 'v.union(v.literal("draft"), v.literal("in progress"), v.literal("done"))'},
        ),
        ("metadata json", {"metadata": "v.any()"}),
        ("id, _id, name", {"name": "v.string()"}),
    ],
)
def test_reads_fields(text: str, expected: dict[str, str]) -> None:
    assert code(text) == expected


def test_a_type_that_is_not_said_is_guessed_from_the_name_and_told() -> None:
    found = parse_fields("title, isDone, createdAt, price, body text, id")
    assert code("title, isDone, createdAt, price") == {
        "title": "v.string()",
        "isDone": "v.boolean()",
        "createdAt": "v.number()",
        "price": "v.number()",
    }
    assert found.guessed == ("title", "isDone", "createdAt", "price")
    assert found.left_out == ("id",)


@pytest.mark.parametrize(
    "text",
    [
        "so that people can chat",
        "users with name",
        "email (unique)",
        "price: money",
        "title, title",
        "status one of draft, published",
        "title (text) body (text)",
        "author and body, indexed by author",
    ],
)
def test_refuses_what_is_no_field(text: str) -> None:
    with pytest.raises(FieldsUnclear) as refused:
        parse_fields(text)
    assert refused.value.message
    assert refused.value.next_step


@pytest.mark.parametrize("text", ["_secret", "$price", "größe", "x" * 65, "2nd"])
def test_refuses_names_that_convex_would_not_take(text: str) -> None:
    with pytest.raises(BadName):
        parse_fields(text)


def test_literals_are_escaped() -> None:
    assert code('kind (one of a"b|c\\d)') == {"kind": r'v.union(v.literal("a\"b"), v.literal("c\\d"))'}
    kind = parse_fields("kind (one of it's|b)").fields[0]
    assert validator(kind, Style(quote="'")) == r"v.union(v.literal('it\'s'), v.literal('b'))"
