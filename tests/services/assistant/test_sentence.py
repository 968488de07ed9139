from __future__ import annotations

import time
from contextlib import suppress

import pytest

from vibe_tui.services.assistant.recipes.field_words import FieldsUnclear
from vibe_tui.services.assistant.recipes.names import BadName
from vibe_tui.services.assistant.recipes.sentence import SentenceUnclear, read_table_request


def read(prompt: str) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """The names of the tables, and of the fields."""
    request = read_table_request(prompt)
    assert request is not None
    fields = request.fields
    return request.names, None if fields is None else tuple(field.name for field in fields.fields)


@pytest.mark.parametrize(
    "prompt",
    [
        "Add a messages database table",
        "add messages table",
        "Please add a new messages table to my app.",
        "Could you create a table for messages, please?",
        "I need a table called “messages”",
        "I'd like a messages table",
        "set up a database table for storing messages",
        "Let\u2019s make a simple Convex table named Messages",
        "Add a table to store messages in the database",
        "Create the messages table in convex",
        "new table messages",
    ],
)
def test_one_table_in_many_words(prompt: str) -> None:
    assert read(prompt) == (("messages",), None)


@pytest.mark.parametrize(
    ("prompt", "names", "fields"),
    [
        (
            "create a table for todos with title, done (boolean), due date and priority number",
            ("todos",),
            ("title", "done", "dueDate", "priority"),
        ),
        ("I need a users table with name and email", ("users",), ("name", "email")),
        (
            "make a database table called blog_posts: title text, published boolean, author as id of users",
            ("blog_posts",),
            ("title", "published", "author"),
        ),
        ("add table orders with total number optional note", ("orders",), ("total", "note")),
        ("Add a table users(name, email)", ("users",), ("name", "email")),
        ("Add a todos table (title, done boolean)", ("todos",), ("title", "done")),
        ("Add a messages table. It has an author and a body.", ("messages",), ("author", "body")),
        (
            "add a products table where each product has a name, price and stock",
            ("products",),
            ("name", "price", "stock"),
        ),
        ("Add a chat table called messages with body", ("messages",), ("body",)),
        (
            "Add a todos table with:\n- title\n- done boolean\n- due date",
            ("todos",),
            ("title", "done", "dueDate"),
        ),
        ("Add a messages table with these fields: author, body", ("messages",), ("author", "body")),
        (
            "create an orders table \u2013 total number, status one of open|paid",
            ("orders",),
            ("total", "status"),
        ),
        ("add users and messages tables", ("users", "messages"), None),
        ("add users, posts and comments tables", ("users", "posts", "comments"), None),
        ("Add a users table and a messages table", ("users", "messages"), None),
        ("create tables for users, posts, and comments", ("users", "posts", "comments"), None),
        ("Add table users and table posts", ("users", "posts"), None),
        ("please create the following table: users with name", ("users",), ("name",)),
        ("Add a messages table { author: string, body: string }", ("messages",), ("author", "body")),
        ("Add a todo list table", ("todoList",), None),
        ("Create a table for page views with url", ("pageViews",), ("url",)),
        ("Add a medical records table", ("medicalRecords",), None),
        ('Add a "blog posts" table', ("blogPosts",), None),
    ],
)
def test_tables_and_fields(prompt: str, names: tuple[str, ...], fields: tuple[str, ...] | None) -> None:
    assert read(prompt) == (names, fields)


def test_a_question_mark_makes_the_last_field_optional_unless_it_ends_a_question() -> None:
    statement = read_table_request("Add a notes table with title, body?")
    question = read_table_request("Could you add a notes table with title, body?")
    assert statement is not None and statement.fields is not None
    assert question is not None and question.fields is not None
    assert [field.optional for field in statement.fields.fields] == [False, True]
    assert [field.optional for field in question.fields.fields] == [False, False]


def test_the_purpose_is_set_apart() -> None:
    request = read_table_request("Add a messages table for the chat with author and body")
    assert request is not None
    assert request.names == ("messages",)
    assert request.ignored == "for the chat"


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "fly me to the moon",
        "What is a table?",
        "Create a function to save user messages",
        "Create a function that lists the messages table",
        "Make the app real-time with subscriptions",
        "Add authentication with Google",
        "Add a field to the messages table",
        "Add an index to the messages table",
        "Add a row to the users table",
        "Delete the messages table",
        "Show me the users table",
        "Add a table component",
        "Build a table reservation app",
        "create a table of everything " * 200,
    ],
)
def test_other_requests_are_left_to_others(prompt: str) -> None:
    assert read_table_request(prompt) is None


@pytest.mark.parametrize(
    "prompt",
    [
        "Add a table",
        "Add a table with name and email",
        "Add a messages table and a function to save them",
        "Add a messages table, then make it real-time",
        "Add a messages table so that people can chat",
        "Add users and posts tables with a title",
        "Add tables for a blog: posts and comments",
        "Add a messages table with fields",
    ],
)
def test_half_understood_is_not_understood(prompt: str) -> None:
    with pytest.raises(SentenceUnclear) as unclear:
        read_table_request(prompt)
    assert unclear.value.next_step


def test_two_tables_with_fields_are_not_guessed_at() -> None:
    with pytest.raises(FieldsUnclear):
        read_table_request("Add a users table with name and a posts table with title")


@pytest.mark.parametrize("name", ["_private", "$cash", "tâches", "a" * 65])
def test_names_convex_would_not_take(name: str) -> None:
    with pytest.raises(BadName):
        read_table_request(f"Add a {name} table")


@pytest.mark.parametrize("filler", ["a ", "please ", "and ", "table ", "x, ", "( ", "with ", "one of "])
def test_a_long_prompt_takes_no_time(filler: str) -> None:
    started = time.perf_counter()
    with suppress(SentenceUnclear, FieldsUnclear, BadName):
        read_table_request("add a " + filler * (3_900 // len(filler)))
    assert time.perf_counter() - started < 2
