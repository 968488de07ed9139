from __future__ import annotations

import json
from pathlib import Path

import pytest

from vibe_tui.services.assistant.answerer import Plan, Refusal
from vibe_tui.services.assistant.recipes import BuiltInRecipes
from vibe_tui.services.working_tree import PathRefused, WorkingTree

EMPTY = 'import { defineSchema } from "convex/server";\n\nexport default defineSchema({});\n'
KNOWN = [
    "messages",
    "todos",
    "tasks",
    "users",
    "profiles",
    "posts",
    "comments",
    "notes",
    "products",
    "orders",
    "events",
    "contacts",
    "projects",
    "categories",
    "tags",
]


@pytest.fixture
def tree(tmp_path: Path) -> WorkingTree:
    files = WorkingTree(tmp_path)
    files.write("convex/schema.ts", EMPTY)
    return files


async def answer(prompt: str, files: WorkingTree) -> Plan | Refusal:
    return await BuiltInRecipes().answer(prompt, files)


async def planned(prompt: str, files: WorkingTree) -> Plan:
    plan = await answer(prompt, files)
    assert isinstance(plan, Plan), plan
    return plan


async def refused(prompt: str, files: WorkingTree) -> Refusal:
    refusal = await answer(prompt, files)
    assert isinstance(refusal, Refusal), refusal
    return refusal


async def carry_out(prompt: str, files: WorkingTree) -> Plan:
    plan = await planned(prompt, files)
    for edit in plan.edits:
        files.write(edit.path, edit.after)
    return plan


async def test_a_known_table_says_what_it_assumed(tree: WorkingTree) -> None:
    plan = await planned("Add a messages database table", tree)
    assert plan.title == "Add the table messages"
    assert plan.steps == ("Add messages to convex/schema.ts: author text, body text; index by_author.",)
    (assumption,) = plan.assumptions
    assert "“Add a messages table with author text and body text”" in assumption
    (edit,) = plan.edits
    assert (edit.path, edit.before) == ("convex/schema.ts", EMPTY)
    assert '  }).index("by_author", ["author"]),\n' in edit.after
    assert tree.read_text("convex/schema.ts") == EMPTY, "planning writes nothing"


async def test_an_unknown_table_gets_a_name(tree: WorkingTree) -> None:
    plan = await planned("Add a recipes table", tree)
    assert "recipes: defineTable({\n    name: v.string(),\n  })," in plan.edits[0].after
    assert "“Add a recipes table with name text”" in plan.assumptions[0]


@pytest.mark.parametrize("name", [*KNOWN, "recipes"])
async def test_what_it_tells_to_say_is_understood_and_means_the_same(name: str, tree: WorkingTree) -> None:
    told = (await carry_out(f"Add a {name} table", tree)).assumptions[0].split("“")[1].split("”")[0]
    assert (await planned(told, tree)).title == "Nothing to change"


@pytest.mark.parametrize("ability", BuiltInRecipes().abilities().split("“")[1:])
async def test_every_example_works(ability: str, tree: WorkingTree) -> None:
    assert (await planned(ability.split("”")[0], tree)).edits


async def test_asked_again_there_is_nothing_to_change(tree: WorkingTree) -> None:
    await carry_out("Add users and messages tables", tree)
    again = await planned("Add a messages table with body and author", tree)
    assert again.edits == ()
    assert again.steps == ("Leave messages as it is: it has these fields already.",)
    more = await carry_out("Add messages and posts tables", tree)
    assert more.title == "Add the table posts"
    assert tree.read_text("convex/schema.ts").count("messages: defineTable") == 1


async def test_other_fields_are_shown_and_not_written(tree: WorkingTree) -> None:
    await carry_out("Add a messages table", tree)
    refusal = await refused("Add a messages table with body and likes number", tree)
    assert refusal.reason == "The table messages is already in convex/schema.ts, with other fields."
    assert "author: v.string()" in refusal.text, "what is there"
    assert "likes: v.number()" in refusal.text, "what would be added"
    assert refusal.next_step


async def test_a_table_that_is_imported_is_left_alone(tree: WorkingTree) -> None:
    tree.write("convex/schema.ts", 'import { todos } from "./t";\nexport default defineSchema({ todos });\n')
    assert "cannot see" in (await refused("Add a todos table", tree)).reason
    assert (await planned("Add a notes table", tree)).edits


async def test_without_a_schema_the_base_files_that_are_missing_are_made(tmp_path: Path) -> None:
    tree = WorkingTree(tmp_path)
    tree.write("convex.json", '{"functions": "convex/", "node": {}}')
    plan = await carry_out("Add a messages database table", tree)
    assert [edit.path for edit in plan.edits] == ["convex/tsconfig.json", "convex/schema.ts"]
    assert all(edit.before is None for edit in plan.edits)
    assert json.loads(tree.read_text("convex/tsconfig.json"))["compilerOptions"]["strict"] is True
    assert tree.read_text("convex.json") == '{"functions": "convex/", "node": {}}'
    assert plan.steps[:2] == ("Create convex/tsconfig.json.", "Create convex/schema.ts.")


async def test_functions_in_another_folder_are_refused(tree: WorkingTree) -> None:
    tree.write("convex.json", '{"functions": "src/convex/"}')
    refusal = await refused("Add a messages table", tree)
    assert "src/convex" in refusal.reason
    assert "messages: defineTable" in refusal.text, "the code to paste"


async def test_a_schema_that_cannot_be_edited_shows_the_code(tree: WorkingTree) -> None:
    tree.write("convex/schema.ts", "export default build\x1b[31mSchema();\n")
    refusal = await refused("Add a messages table", tree)
    assert 'import { v } from "convex/values";' in refusal.text
    assert (
        "messages: defineTable({\n    author: v.string(),\n    body: v.string(),\n  }).index" in refusal.text
    )
    assert "\x1b" not in refusal.reason + refusal.text


async def test_text_of_the_file_is_cleaned_when_shown(tree: WorkingTree) -> None:
    tree.write("convex/schema.ts", "export default defineSchema({ notes: '\x1b]0;x\x07\u202e' });\n")
    shown = (await refused("Add a notes table", tree)).text
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


async def test_what_the_plan_says_about_the_rest(tree: WorkingTree) -> None:
    tree.write("convex/schema.ts", "export default defineSchema({ ...authTables });\n")
    plan = await planned("Add a notes table for the app page with id, title", tree)
    said = "\n".join(plan.assumptions)
    assert "for the app page" in said
    assert "title text" in said
    assert "_creationTime" in said
    assert "...authTables" in said


async def test_a_reference_to_a_table_that_is_not_there_is_told(tree: WorkingTree) -> None:
    prompt = "Add a posts table with title text, author id of users"
    assert any("Add a users table" in one for one in (await planned(prompt, tree)).assumptions)
    await carry_out("Add a users table", tree)
    assert (await planned(prompt, tree)).assumptions == ()


@pytest.mark.parametrize(
    "prompt", ["Make me rich", "Add a table", "Add a x table with y (money)", "Add a _x table"]
)
async def test_a_refusal_lists_what_can_be_asked_for(prompt: str, tree: WorkingTree) -> None:
    refusal = await refused(prompt, tree)
    assert refusal.text.startswith("Built-in recipes can")
    assert "“Add a messages database table”" in refusal.text
    assert "model" in refusal.text
    assert refusal.reason.endswith(".")
    assert refusal.next_step


async def test_a_schema_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside.ts").write_text(EMPTY)
    (tmp_path / "app" / "convex").mkdir(parents=True)
    (tmp_path / "app" / "convex" / "schema.ts").symlink_to(tmp_path / "outside.ts")
    with pytest.raises(PathRefused):
        await answer("Add a messages table", WorkingTree(tmp_path / "app"))
