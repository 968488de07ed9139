"""The project's schema, evaluated with the real tools, against the one of a real (emulated) deployment."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.deployed import APP
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.health_report import schema_lines, schema_title
from vibe_tui.services.convex.local_schema import (
    LocalSchema,
    SchemaBroken,
    SchemaToolsMissing,
    local_schema,
)
from vibe_tui.services.convex.schema import Schema, read_schema
from vibe_tui.services.convex.schema_diff import Difference, SchemaDiff, schema_diff
from vibe_tui.services.model import Problem

IMPORTS = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
"""
OTHER = (
    IMPORTS
    + """\
export default defineSchema({
  messages: defineTable({
    author: v.union(v.string(), v.null()),
    body: v.optional(v.string()),
    likes: v.number(),
  })
    .index("by_author", ["author"])
    .searchIndex("find", { searchField: "body", filterFields: ["author"] }),
  things: defineTable({ big: v.int64(), raw: v.bytes(), odd: v.number(), any: v.any() }),
  rows: defineTable({ n: v.number() }),
  shapes: defineTable(v.union(v.object({ radius: v.number() }), v.object({ side: v.number() }))),
});
"""
)


class App:
    def __init__(self, folder: Path, toolchains: Path) -> None:
        self.folder = folder
        self._toolchains = toolchains

    def write(self, text: str, name: str = "convex/schema.ts") -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    async def schema(self) -> LocalSchema:
        return await local_schema(self.folder, node_setting="", toolchains=self._toolchains)

    async def problem(self) -> Problem:
        with pytest.raises(SchemaBroken) as raised:
            await self.schema()
        return raised.value.problem


@pytest.fixture
def app(tmp_path: Path, toolchain: Path) -> App:
    return App(tmp_path, toolchain.parent)


async def difference(api: DeploymentApi, app: App) -> SchemaDiff:
    local = await app.schema()
    return schema_diff(await api.schema(), local.schema, local.file)


async def test_the_file_that_was_pushed_differs_in_nothing(api: DeploymentApi, app: App) -> None:
    app.write((APP / "schema.ts").read_text())
    diff = await difference(api, app)
    assert (diff.same, diff.file, diff.deployed) == (True, "convex/schema.ts", True)
    assert schema_title(diff) == "convex/schema.ts is what is deployed."
    assert not (app.folder / "convex" / "_generated").exists(), "nothing is pushed or generated"


async def test_what_pushing_would_change(api: DeploymentApi, app: App) -> None:
    app.write(OTHER)
    diff = await difference(api, app)
    tables = {table.name: table for table in diff.tables}
    assert {name: table.change for name, table in tables.items()} == {
        "many": "removed",
        "messages": "changed",
        "shapes": "added",
    }
    assert tables["messages"].fields == (
        Difference("author", "changed", "string", "string | null"),
        Difference("body", "changed", "string", "optional string"),
        Difference("stars", "removed", "optional number", ""),
        Difference("likes", "added", "", "number"),
    )
    assert tables["messages"].indexes == (
        Difference("by_author", "added", "", "author"),
        Difference("find", "added", "", "search body, filtered by author"),
    )
    assert [f"{line.depth}{line.mark} {line.text}" for line in schema_lines(diff)] == [
        "0- table many; its documents stay",
        "0~ table messages",
        "1~ author: string → string | null",
        "1~ body: string → optional string",
        "1- stars: optional number",
        "1+ likes: number",
        "1+ index by_author: author",
        "1+ index find: search body, filtered by author",
        "0+ table shapes",
        "1+ documents: { radius: number } | { side: number }",
    ]


async def test_without_a_file_everything_would_go(api: DeploymentApi, app: App) -> None:
    diff = await difference(api, app)
    assert {table.change for table in diff.tables} == {"removed"}
    assert "take the deployed schema away" in schema_title(diff)


async def test_functions_may_live_in_another_folder(app: App) -> None:
    app.write('{"functions": "backend/"}', "convex.json")
    app.write(IMPORTS + "export default defineSchema({}, { schemaValidation: false });", "backend/schema.js")
    assert await app.schema() == LocalSchema("backend/schema.js", Schema({}, False))
    app.write("{", "convex.json")
    assert (await app.problem()).file == "convex.json"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("\nexport default {", 2, "end of file"),
        ('\n\nimport { x } from "./missing";\nexport default x;', 3, "./missing"),
        (IMPORTS + "export default defineSchema({ a: defineTable({ b: v.txt() }) });", 3, "v.txt"),
        ("export default 3;", 0, "defineSchema"),
        ('throw "just \\u202e words";', 0, "just <U+202E> words"),
    ],
)
async def test_a_file_that_is_no_schema_is_pointed_at(app: App, text: str, line: int, says: str) -> None:
    app.write(text)
    problem = await app.problem()
    assert (problem.file, problem.line) == ("convex/schema.ts", line)
    assert says in problem.message


async def test_the_projects_code_gets_at_nothing(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY_OF_OURS", "not for the schema")
    (app.folder / "private").write_text("not for the schema either")
    for attempt in (
        'const { readFileSync } = await import(["node:fs"][0]); readFileSync("PLACE/private");',
        'const { writeFileSync } = await import(["node:fs"][0]); writeFileSync("PLACE/new", "");',
        'const { execSync } = await import(["node:child_process"][0]); execSync("id");',
    ):
        app.write(attempt.replace("PLACE", str(app.folder)))
        assert "restricted" in (await app.problem()).message
    assert not (app.folder / "new").exists()
    app.write("throw new Error(JSON.stringify(globalThis.process.env));")
    assert "not for the schema" not in (await app.problem()).message


async def test_a_file_that_never_ends_is_ended(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vibe_tui.services.convex.local_schema.LIMIT", 1.0)
    app.write("for (;;);")
    began = time.monotonic()
    assert "did not end" in (await app.problem()).message
    assert time.monotonic() - began < 8


async def test_without_the_tools_nothing_is_installed(tmp_path: Path) -> None:
    app = App(tmp_path, tmp_path / "none")
    app.write(OTHER)
    with pytest.raises(SchemaToolsMissing) as raised:
        await app.schema()
    assert "Push once" in raised.value.next_step
    assert not (tmp_path / "none").exists()


def test_how_a_deployment_writes_a_schema_makes_no_difference() -> None:
    """Convex cloud sorts fields, writes 1 as 1.0 and may name the time of creation in indexes."""

    def schema(fields: dict[str, object], index: list[str], literal: object) -> Schema:
        kinds = [{"type": "literal", "value": literal}, {"type": "string"}]
        document = {
            "type": "object",
            "value": {
                **fields,
                "kind": {"fieldType": {"type": "union", "value": kinds}, "optional": False},
            },
        }
        table = {"tableName": "t", "documentType": document}
        return read_schema({"tables": [{**table, "indexes": [{"indexDescriptor": "by_a", "fields": index}]}]})

    a = {"a": {"fieldType": {"type": "number"}, "optional": False}}
    b = {"b": {"fieldType": {"type": "newer-than-us", "value": 1}, "optional": True}}
    one = schema({**a, **b}, ["a"], 1)
    assert schema_diff(one, schema({**b, **a}, ["a", "_creationTime"], 1.0)).same
    assert not schema_diff(one, schema({**a, **b}, ["b"], 1)).same
    assert not schema_diff(one, schema({**a, **b}, ["a"], True)).same
