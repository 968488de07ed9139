"""What the recipe writes is what TypeScript and Convex's types accept."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from vibe_tui.services.assistant.answerer import Plan
from vibe_tui.services.assistant.recipes import BuiltInRecipes
from vibe_tui.services.working_tree import WorkingTree

PROMPTS = [
    ["Add a messages database table"],
    [
        "Add messages, todos, tasks, users, profiles, posts and comments tables",
        "Add notes, products, orders, events, contacts, projects, categories and tags tables",
        "Add a recipes table",
    ],
    [
        "Add a users table with name and email",
        "Add a things table with a text, b number, c boolean, d date, e json, f bigint, g bytes, "
        'h id of users, i list of strings, j list of ids of users, k one of x|it\'s|"z", optional l number, '
        "m (list of dates, optional)",
    ],
]
SCHEMAS = [
    "export default defineSchema({})",
    """\
import { defineSchema } from 'convex/server'

export default defineSchema({
\t// none
}, { schemaValidation: false })
""",
    """\
\ufeffimport {\r
  defineSchema,\r
} from "convex/server";\r
export default defineSchema({\r
});\r
""",
    """\
import { defineSchema as schema, defineTable as table } from "convex/server";
import * as values from "convex/values";
const tables = { a: table({ x: values.v.any() }) };
const all = schema(tables);
export default all;
""",
    """\
import { defineSchema } from "convex/server";
import { other } from "./other";
const more = { more: other };
export default defineSchema({ other, ...more } satisfies object);
""",
]
OTHER = """\
import { defineTable } from "convex/server";
import { v } from "convex/values";

export const other = defineTable({ x: v.string() });
"""
# Wrong on purpose: were the fields not seen, the errors that are expected here would be missing.
USES = """\
import { v } from "convex/values";
import schema from "./schema";

export const author: (typeof schema.tables.messages.validator.type)["author"] = "text";
// @ts-expect-error: a number is not a text
export const body: (typeof schema.tables.messages.validator.type)["body"] = 1;
// @ts-expect-error: there is no such field
export type Missing = (typeof schema.tables.messages.validator.type)["missing"];
export const unused = v.any();
"""


async def carry_out(prompts: list[str], files: WorkingTree) -> None:
    for prompt in prompts:
        plan = await BuiltInRecipes().answer(prompt, files)
        assert isinstance(plan, Plan), plan
        for edit in plan.edits:
            files.write(edit.path, edit.after)


def test_generated_schemas_type_check(tmp_path: Path, toolchain: Path) -> None:
    for place, prompts in enumerate(PROMPTS):
        (tmp_path / f"new{place}").mkdir()
        asyncio.run(carry_out(prompts, WorkingTree(tmp_path / f"new{place}")))
        for kind, schema in enumerate(SCHEMAS):
            (tmp_path / f"merged{place}{kind}").mkdir()
            tree = WorkingTree(tmp_path / f"merged{place}{kind}")
            tree.write("convex/schema.ts", schema)
            tree.write("convex/other.ts", OTHER)
            asyncio.run(carry_out(prompts, tree))
    new = WorkingTree(tmp_path / "new0")
    new.write("convex/uses.ts", USES)
    # The compiler options are those that the recipe itself writes.
    config = new.read_text("convex/tsconfig.json").replace('"./**/*"', '"./*/convex/*.ts"')
    (tmp_path / "tsconfig.json").write_text(config)
    (tmp_path / "node_modules").symlink_to(toolchain / "node_modules")

    ended = subprocess.run(
        ["node", "node_modules/typescript/bin/tsc", "-p", ".", "--listFiles"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert ended.returncode == 0, ended.stdout
    schemas = [line for line in ended.stdout.splitlines() if line.endswith("/convex/schema.ts")]
    assert len(schemas) == len(PROMPTS) * (len(SCHEMAS) + 1)
