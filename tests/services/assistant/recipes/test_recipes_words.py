"""Many ways to say each thing; and what is not understood whole is not done at all."""

from __future__ import annotations

import asyncio

import pytest

from vibe_tui.services.assistant.answerer import Plan, Refusal

from .trees import RECIPES, InMemory, Tree, carry_out, template

SAID = {
    "Write send for messages": """
        Create a function to save user messages
        create a mutation that saves messages
        Please write a function for saving messages to the database
        Add a save function for messages
        Create a function that stores a new message
    """,
    "Write list for messages": """
        Write a query to get all messages
        Add a function to fetch the latest messages
    """,
    "Write create and list for todos": "Add save and list functions for the todos table",
    "Write remove for posts": "Let users delete posts",
    "Write update for todos": """
        Allow people to edit their todos
        Can you create a function to update a todo?
    """,
    "Write create, list, update and remove for posts": """
        I need functions to create, read, update and delete posts
        Add CRUD for posts
        Create an API for the posts table
        Add posts functions
    """,
    "Add signing in with Google": """
        Add authentication with Google
        Add Google login
        Let users sign in with Google
        Add auth
        Set up authentication using Google
        I want users to log in with their Google account
        Add a login screen
        Add user accounts
    """,
    "Make messages, todos and posts real-time": """
        Make the app real-time with subscriptions
        Make it realtime
        Add subscriptions
        Turn my app real-time
    """,
    "Make messages real-time": """
        Make the messages live
        Add real-time updates to the messages
        show messages in real time
    """,
    "Add likes to messages": """
        Add a likes field to messages
        Add a likes (number) field to the messages table
        Add to messages: likes number
        Give messages a likes field
    """,
    "Add likes and pinned to messages": """
        Add fields likes number and pinned boolean to messages
        Extend messages with likes (number), pinned (boolean)
    """,
    "Add priority to todos": "add a new field called priority (one of low|high) to todos",
    "Add the index by_title to posts": """
        Add an index on title to posts
        Add an index by_title to posts
        Create an index called by_title on title for posts
        index posts by title
        Add a title index to posts
    """,
    "Add the index by_author_and_body to messages": "Add an index on author and body to messages",
    "Make posts searchable by title": """
        Add full-text search to posts
        Make posts searchable by title
        Add a search index to posts on title
        Let users search posts
    """,
    "Read messages page by page": """
        Paginate messages
        Add pagination to the messages list
        Add infinite scroll to messages
        Create a paginated query for messages
    """,
    "Run messages.removeOld every day at 2:00 UTC": """
        Delete messages older than 30 days every night
        Schedule a cleanup of old messages every night
    """,
    "Run todos.removeOld every hour": "Every hour delete todos older than 2 days",
    "Run jobs.sendDigest every Monday at 8:30 UTC": "Add a cron job called sendDigest every Monday at 8:30",
    "Run jobs.cleanup every day at 21:30 UTC": "every day at 9:30pm run cleanup",
    "Run jobs.regularJob every 10 minutes": "Add a cron job that runs every 10 minutes",
    "Run jobs.regularJob every day at 4:00 UTC": "Add a cron job",
    "Run jobs.pay on the first of every month at 4:00 UTC": "run pay monthly",
    "Delete a message 1 hour later": """
        Schedule deleting a message after 1 hour
        Create a function that deletes messages after an hour
    """,
    "Run sendReminder 10 minutes later": """
        Add a scheduled function called sendReminder in 10 minutes
        schedule sendReminder in 10 minutes
    """,
    "Answer GET /messages": "Add an HTTP endpoint that lists messages",
    "Answer GET and POST /messages": """
        Expose messages over HTTP
        Add an HTTP API for messages
    """,
    "Answer POST /posts": "Add a POST endpoint /posts to create posts",
    "Answer POST /stripe": "Create a webhook at /stripe",
    "Answer GET /hello": "Add an HTTP endpoint",
    "Add uploading files": """
        Add file upload
        Add image uploads
        Let users upload photos
        Create a function to upload files
    """,
}
WAYS = [(title, way.strip()) for title, ways in SAID.items() for way in ways.strip().split("\n")]
NOT_UNDERSTOOD = """
    Make me rich
    Add a button to the home screen
    Write a poem about messages
    Delete everything
    Delete the messages table
    Remove the author field from messages
    Rename messages to chats
    Add tests for messages
    Send an email every day
    Delete messages every day
    Add payments with Stripe
    Add login with Apple
    Add a function that sends messages to Slack
    Add a function to save messages and email them
    Create a function to list unread messages
    Create a function to delete comments on posts
    Create a function to save widgets
    Add an index on colour to posts
    Add search to messages by likes
    Add an HTTP endpoint at /users/:id
    Make messages and todos and the sky real-time
""".strip().split("\n")


@pytest.fixture(scope="module")
def tables() -> Tree:
    return carry_out(template(), ["Add messages, todos and posts tables"])


def answer(prompt: str, tree: Tree) -> Plan | Refusal:
    return asyncio.run(RECIPES.answer(prompt, InMemory(tree)))


@pytest.mark.parametrize(("title", "way"), WAYS, ids=[way for _, way in WAYS])
def test_it_can_be_said_in_many_ways(title: str, way: str, tables: Tree) -> None:
    plan = answer(way, tables)
    assert isinstance(plan, Plan), plan
    assert plan.title == title
    assert plan.edits


@pytest.mark.parametrize("prompt", [prompt.strip() for prompt in NOT_UNDERSTOOD])
def test_half_of_a_wish_is_not_carried_out(prompt: str, tables: Tree) -> None:
    refusal = answer(prompt, tables)
    assert isinstance(refusal, Refusal), refusal
    assert refusal.reason.endswith((".", "?"))
    assert refusal.next_step
    assert "They are no model" in refusal.text
    assert "/model" in refusal.text


@pytest.mark.parametrize("ability", RECIPES.abilities().split("“")[1:])
def test_each_example_works_in_a_new_project_and_in_one_with_users(ability: str) -> None:
    prompt = ability.split("”")[0]
    plan = answer(prompt, template())
    assert isinstance(plan, Plan)
    assert plan.edits
    assert isinstance(answer(prompt, carry_out(template(), ["Add authentication with Google"])), Plan)


def test_a_prompt_of_any_length_is_answered_quickly(tables: Tree) -> None:
    for long in ("add " * 900, "Add a function to save " + "a " * 1500, "every day at " * 300, "x" * 100_000):
        assert isinstance(answer(long, tables), Refusal)
