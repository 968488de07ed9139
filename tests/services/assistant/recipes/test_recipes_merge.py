"""Recipes add to what is there, whoever wrote it, and never take anything away."""

from __future__ import annotations

import asyncio

import pytest

from vibe_tui.services.assistant.answerer import Plan, Refusal

from .prompts import ALL, AUTH, EXAMPLES
from .trees import RECIPES, InMemory, Tree, carry_out, template

MESSAGES, SAVE, _, LIVE = EXAMPLES


def answer(prompt: str, tree: Tree) -> Plan | Refusal:
    return asyncio.run(RECIPES.answer(prompt, InMemory(tree)))


def planned(prompt: str, tree: Tree) -> Plan:
    plan = answer(prompt, tree)
    assert isinstance(plan, Plan), plan
    return plan


def refused(prompt: str, tree: Tree) -> Refusal:
    refusal = answer(prompt, tree)
    assert isinstance(refusal, Refusal), refusal
    return refusal


@pytest.mark.parametrize(
    "prompts", [ALL, ALL[::-1], (AUTH, *ALL)], ids=["as listed", "reversed", "auth first"]
)
def test_asked_a_second_time_nothing_changes(prompts: tuple[str, ...]) -> None:
    once = carry_out(template(), prompts)
    for prompt in ALL:
        plan = planned(prompt, once)
        assert plan.edits == (), prompt
        assert plan.title == "Nothing to change"
        assert plan.steps


def test_signing_in_added_first_or_last_ends_in_the_same_functions() -> None:
    first, last = (
        carry_out(template(), [*start, MESSAGES, SAVE, LIVE, *end])
        for start, end in ((["Add auth"], []), ([], ["Add auth"]))
    )
    for path in ("app/messages.tsx", "app/_layout.tsx", "convex/users.ts"):
        assert first[path] == last[path]
    for tree in (first, last):
        assert "args: { body: v.string() }" in tree["convex/messages.ts"]
        assert 'authorId: v.optional(v.id("users"))' in tree["convex/schema.ts"], "older messages have none"


def test_a_function_that_was_changed_by_hand_stays_and_is_named() -> None:
    tree = carry_out(template(), [MESSAGES, SAVE, LIVE])
    mine = tree["convex/messages.ts"].replace(
        "handler: async (ctx, args) => {", "handler: async (ctx, args) => {\n    console.log(1);"
    )
    screen = tree["app/messages.tsx"].replace("No messages yet.", "Nothing here.")
    tree |= {"convex/messages.ts": mine, "app/messages.tsx": screen}
    plan = planned(AUTH, tree)
    after = {edit.path: edit.after for edit in plan.edits}
    assert "console.log(1);" in after["convex/messages.ts"]
    assert "app/messages.tsx" not in after
    by_hand = " ".join(step for step in plan.steps if step.startswith("By hand"))
    assert "send in convex/messages.ts" in by_hand
    assert "app/messages.tsx" in by_hand
    assert "npm install" in by_hand
    assert "AUTH_GOOGLE_SECRET" in by_hand


def test_functions_join_those_of_the_user_in_their_file() -> None:
    tree = carry_out(template(), [MESSAGES])
    mine = """\
import { query as q } from './_generated/server'
import { v } from 'convex/values'

// mine
export const count = q({ args: {}, returns: v.number(), handler: async () => 1 })
"""
    tree["convex/messages.ts"] = mine.replace("\n", "\r\n")
    text = carry_out(tree, [SAVE])["convex/messages.ts"]
    assert text.replace("\r\n", "").count("\n") == 0, "its line endings are kept"
    assert "export const count = q(" in text
    assert "// mine" in text
    assert "import { v } from 'convex/values'\r\n" in text
    assert text.count("convex/values") == 1
    assert "export const send = mutation({" in text


@pytest.mark.parametrize(
    ("path", "text", "prompt", "reason"),
    [
        ("convex/messages.ts", "export const send = 1;\n", SAVE, "has its own send"),
        ("convex/messages.ts", "const mutation = 1;\n", SAVE, "uses the name mutation"),
        ("convex/messages.ts", "export const = ;\n", SAVE, "syntax error near line 1"),
        ("convex/text.ts", "export const other = 1;\n", SAVE, "no function requiredText"),
        ("convex/http.ts", "export default make();\n", "Add a webhook", "httpRouter()"),
        ("convex/crons.ts", "export default {};\n", "Add a cron job", "cronJobs()"),
        ("convex/auth.ts", "export const auth = 1;\n", AUTH, "not Convex Auth's"),
        ("convex/auth.config.ts", "export default { providers: [] };\n", AUTH, "other providers"),
        ("app/_layout.tsx", "export default () => null;\n", AUTH, "no ConvexProvider"),
        ("app/messages.tsx", "export default () => null;\n", LIVE, "does not show messages"),
        ("lib/theme.ts", "export const red = 1;\n", LIVE, "does not export useColors"),
        ("lib/screens.ts", "export const screens = make();\n", LIVE, "not written out"),
        ("package.json", "[]", AUTH, "not the JSON of a package"),
    ],
)
def test_what_has_no_place_is_shown_and_nothing_is_written(
    path: str, text: str, prompt: str, reason: str
) -> None:
    tree = carry_out(template(), [MESSAGES]) | {path: text}
    refusal = refused(prompt, tree)
    assert reason in refusal.reason
    assert path in refusal.reason
    assert refusal.next_step
    assert refusal.text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("convex.json", '{"functions": "src/convex/"}'),
        ("convex/schema.ts", "export default build();\n"),
        ("convex/schema.ts", "export default defineSchema({ messages: imported });\n"),
    ],
)
def test_a_schema_that_cannot_be_read_is_told(path: str, text: str) -> None:
    refusal = refused(SAVE, carry_out(template(), [MESSAGES]) | {path: text})
    assert "convex/schema.ts" in refusal.reason
    assert "that is shown" not in refusal.next_step, "there is nothing to show"


def test_a_users_table_of_the_project_s_own_becomes_convex_auth_s() -> None:
    tree = carry_out(
        template(), ["Add a users table with name, email and age number", "Add an index on email to users"]
    )
    schema = carry_out(tree, [AUTH])["convex/schema.ts"]
    assert "age: v.optional(v.number())" in schema
    assert "emailVerificationTime: v.optional(v.number())" in schema
    assert '.index("email", ["email"])' in schema
    assert "by_email" not in schema
    assert schema.index("...authTables") < schema.index("users:"), "the project's own replaces theirs"
    assert any("by_email" in step for step in planned(AUTH, tree).steps)


def test_users_get_fields_after_signing_in() -> None:
    schema = carry_out(template(), [AUTH, "Add a bio field to users", "Add a users table"])[
        "convex/schema.ts"
    ]
    assert "...authTables.users.validator.fields," in schema
    assert "bio: v.optional(v.string())" in schema
    assert schema.count("users:") == 1


def test_nobody_else_s_account_can_be_read_or_changed() -> None:
    tree = carry_out(template(), ["Add CRUD for users", AUTH])
    text = tree["convex/users.ts"]
    for function in ("create", "update"):
        code = text.split(f"export const {function} ")[1].split("export const")[0]
        assert "email" not in code
    for prompt in (
        "Paginate users",
        "Make users searchable by email",
        "Expose users over HTTP",
        "Delete old users daily",
    ):
        assert "users once people sign in" in refused(prompt, tree).reason


def test_another_provider_is_kept() -> None:
    tree = carry_out(template(), [AUTH])
    tree["convex/auth.ts"] = (
        'import GitHub from "@auth/core/providers/github";\n'
        'import { convexAuth } from "@convex-dev/auth/server";\n\n'
        "export const { auth, signIn, signOut, store } = convexAuth({ providers: [GitHub] });\n"
    )
    text = carry_out(tree, [AUTH])["convex/auth.ts"]
    assert "GitHub," in text
    assert "Google" in text.split("providers: [")[1]
    assert 'import Google from "@auth/core/providers/google";' in text


def test_a_field_of_another_type_is_refused() -> None:
    tree = carry_out(template(), [MESSAGES])
    assert "another type" in refused("Add an author (number) field to messages", tree).reason
    assert planned("Add a body field to messages", tree).edits == ()


def test_a_job_at_another_time_is_shown() -> None:
    tree = carry_out(template(), ["run cleanup every hour"])
    refusal = refused("run cleanup every 5 minutes", tree)
    assert "another time" in refusal.reason
    assert "crons.interval" in refusal.text


def test_packages_keep_the_form_of_the_file() -> None:
    tree = template()
    tree["package.json"] = '{\n\t"name": "ä",\n\t"dependencies": {\n\t\t"expo": "~54.0.0"\n\t}\n}\n'
    plan = planned("Add file upload", tree)
    text = next(edit.after for edit in plan.edits if edit.path == "package.json")
    assert '\t\t"expo-document-picker": "~57.0.3"' in text
    assert '"name": "ä"' in text
    assert any("npx expo install --fix" in step for step in plan.steps)
    del tree["package.json"]
    assert any(
        "npx expo install expo-document-picker" in step for step in planned("Add file upload", tree).steps
    )


def test_what_a_file_says_is_cleaned_before_it_is_shown() -> None:
    tree = carry_out(template(), [MESSAGES])
    tree["convex.json"] = '{"functions": "a\\u001b[31m\\u202e/"}'
    refusal = refused(SAVE, tree)
    assert not {"\x1b", "\u202e"} & set(refusal.reason + refusal.text)


def test_fields_that_recipes_cannot_read_are_taken_from_the_schema() -> None:
    tree = template()
    tree["convex/schema.ts"] = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

const kind = v.union(v.literal("a"), v.null());

export default defineSchema({
  posts: defineTable({ title: v.string(), kind, place: v.object({ x: v.number() }) }),
});
"""
    assert "fields that recipes cannot see" in refused("Add CRUD for posts", tree).reason
    tree["convex/schema.ts"] = tree["convex/schema.ts"].replace("kind,", "kind: kind,")
    text = carry_out(tree, ["Add CRUD for posts", "Make posts real-time"])
    assert "kind: schema.tables.posts.validator.fields.kind" in text["convex/posts.ts"]
    assert "<Form" not in text["app/posts.tsx"], "nobody can type in a place"
