from __future__ import annotations

import pytest

from vibe_tui.services.assistant.recipes.schema_file import CannotEdit, SchemaFile
from vibe_tui.services.assistant.recipes.table import Field, Index, OneOf, Scalar, Table

NOTES = Table("notes", (Field("title", Scalar("string")),))
MESSAGES = Table(
    "messages",
    (Field("author", Scalar("string")), Field("body", Scalar("string"))),
    (Index("by_author", ("author",)),),
)
VERIFIED = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  // _id and _creationTime are added by Convex.
  messages: defineTable({
    author: v.string(),
    body: v.string(),
  }).index("by_author", ["author"]),
});
"""
HEAD = 'import { defineSchema, defineTable } from "convex/server";\nimport { v } from "convex/values";\n\n'


def with_notes(text: str) -> str:
    return SchemaFile(text).with_tables([NOTES])


def test_the_first_table_gives_the_verified_file() -> None:
    empty = 'import { defineSchema } from "convex/server";\n\nexport default defineSchema({});\n'
    assert SchemaFile(empty).with_tables([MESSAGES]) == VERIFIED


def test_adds_after_what_is_there_and_changes_nothing_else() -> None:
    assert with_notes(VERIFIED) == VERIFIED.replace(
        '["author"]),\n', '["author"]),\n  notes: defineTable({\n    title: v.string(),\n  }),\n'
    )


def test_several_at_once_in_their_order() -> None:
    text = SchemaFile("export default defineSchema({})\n").with_tables([NOTES, MESSAGES])
    assert list(SchemaFile(text).tables) == ["notes", "messages"]


def test_reads_tables_fields_and_indexes() -> None:
    schema = SchemaFile(
        HEAD
        + """\
const users = defineTable(v.object({ name: v.string() }));
export default defineSchema({
  /* } */ "posts": defineTable({ 'title': v . string(), // {
    kind: v.union(v.literal('a'), v.literal("b"),), })
    .index("by_title", ["title"]).searchIndex("find", { searchField: "title" }),
  users,
  elsewhere,
  [computed]: defineTable({}),
});
"""
    )
    posts = schema.tables["posts"]
    assert posts.fields == {
        "title": "v.string()",
        "kind": 'v.union(v.literal("a"),v.literal("b"))',
    }
    assert posts.indexes == ("by_title", "find")
    assert schema.tables["users"].fields == {"name": "v.string()"}
    assert schema.tables["users"].source == "defineTable(v.object({ name: v.string() }))"
    assert schema.tables["elsewhere"].fields is None
    assert set(schema.tables) == {"posts", "users", "elsewhere"}
    kind = Field("kind", OneOf(("a", "b")))
    title = Field("title", Scalar("string"))
    assert posts.has_fields([kind, title])
    assert posts.has_fields([title]), "it may have more"
    assert not posts.has_fields([title, Field("likes", Scalar("number"))])
    assert not schema.tables["elsewhere"].has_fields([])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(  # tabs, single quotes, no semicolons, no trailing comma, comments, braces in strings
            "import { defineSchema, defineTable } from 'convex/server'\n"
            "import { v } from 'convex/values'\n\n"
            "export default defineSchema({\n"
            "\t// what people } say\n"
            "\ta: defineTable({\n\t\tx: v.literal('}) // {')\n\t}) // end {\n"
            "\t// more to come\n"
            "}, { schemaValidation: false })\n",
            "import { defineSchema, defineTable } from 'convex/server'\n"
            "import { v } from 'convex/values'\n\n"
            "export default defineSchema({\n"
            "\t// what people } say\n"
            "\ta: defineTable({\n\t\tx: v.literal('}) // {')\n\t}), // end {\n"
            "\t// more to come\n"
            "\tnotes: defineTable({\n\t\ttitle: v.string()\n\t})\n"
            "}, { schemaValidation: false })\n",
            id="tabs, single quotes, no semicolons",
        ),
        pytest.param(
            'import {\r\n    defineSchema,\r\n} from "convex/server";\r\n\r\n'
            "export default defineSchema({\r\n    a: b,\r\n});\r\n",
            'import {\r\n    defineSchema,\r\n    defineTable,\r\n} from "convex/server";\r\n'
            'import { v } from "convex/values";\r\n\r\n'
            "export default defineSchema({\r\n    a: b,\r\n"
            "    notes: defineTable({\r\n        title: v.string(),\r\n    }),\r\n});\r\n",
            id="CRLF, import over several lines",
        ),
        pytest.param(
            '\ufeffimport { defineSchema } from "convex/server";\nexport default defineSchema({});',
            '\ufeffimport { defineSchema, defineTable } from "convex/server";\n'
            'import { v } from "convex/values";\n'
            "export default defineSchema({\n  // _id and _creationTime are added by Convex.\n"
            "  notes: defineTable({\n    title: v.string(),\n  }),\n});",
            id="byte order mark, no line ending at the end",
        ),
        pytest.param(
            HEAD + "export default defineSchema({ a: defineTable({}) });\n",
            HEAD + "export default defineSchema({\n  a: defineTable({}),\n"
            "  notes: defineTable({\n    title: v.string(),\n  }),\n});\n",
            id="all on one line",
        ),
        pytest.param(
            HEAD + "export default defineSchema({ /* none yet */ });\n",
            HEAD + "export default defineSchema({\n  /* none yet */\n"
            "  // _id and _creationTime are added by Convex.\n"
            "  notes: defineTable({\n    title: v.string(),\n  }),\n});\n",
            id="only a comment",
        ),
        pytest.param(
            'import { defineSchema } from "convex/server";\nimport { todos } from "./tables";\n'
            "export default defineSchema({\n  todos,\n  ...more\n} satisfies Tables) as Schema;\n",
            'import { defineSchema, defineTable } from "convex/server";\nimport { todos } from "./tables";\n'
            'import { v } from "convex/values";\n'
            "export default defineSchema({\n  todos,\n  ...more,\n"
            "  notes: defineTable({\n    title: v.string()\n  })\n} satisfies Tables) as Schema;\n",
            id="imported tables, spread, satisfies",
        ),
        pytest.param(
            'import { defineSchema as schema, defineTable as table } from "convex/server";\n'
            'import * as values from "convex/values";\n'
            "const tables = {\n  a: table({ x: values.v.any() }),\n};\n"
            "const all = schema(tables);\nexport default all;\n",
            'import { defineSchema as schema, defineTable as table } from "convex/server";\n'
            'import * as values from "convex/values";\n'
            "const tables = {\n  a: table({ x: values.v.any() }),\n"
            "  notes: table({\n    title: values.v.string(),\n  }),\n};\n"
            "const all = schema(tables);\nexport default all;\n",
            id="other names, tables in a variable",
        ),
        pytest.param(
            "// @ts-nocheck\nexport default defineSchema(\n  {\n  },\n);\n",
            '// @ts-nocheck\nimport { defineSchema, defineTable } from "convex/server";\n'
            'import { v } from "convex/values";\n\n'
            "export default defineSchema(\n  {\n    // _id and _creationTime are added by Convex.\n"
            "    notes: defineTable({\n      title: v.string(),\n    }),\n  },\n);\n",
            id="no imports",
        ),
        pytest.param(
            'import type { X } from "convex/values";\nimport { type Y, defineSchema } from "convex/server";\n'
            "export default defineSchema({});\n",
            'import type { X } from "convex/values";\n'
            'import { type Y, defineSchema, defineTable } from "convex/server";\n'
            'import { v } from "convex/values";\n'
            "export default defineSchema({\n  // _id and _creationTime are added by Convex.\n"
            "  notes: defineTable({\n    title: v.string(),\n  }),\n});\n",
            id="type imports",
        ),
    ],
)
def test_keeps_the_style_of_the_file(before: str, after: str) -> None:
    assert with_notes(before) == after


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no default export"),
        ("export const schema = defineSchema({});", "no default export"),
        ("export default makeSchema({});", "makeSchema"),
        ('import { defineSchema } from "./ours";\nexport default defineSchema({});', "defineSchema"),
        ("export default defineSchema(tables());", "written out"),
        ('import { tables } from "./tables";\nexport default defineSchema(tables);', "written out"),
        ("export default defineSchema();", "written out"),
        ("export default schema;", "not a call"),
        ("const a = b;\nconst b = a;\nexport default a;", "not a call"),
        ("export default defineSchema({ a: ", "line 1"),
        ("export default defineSchema({\n  a: ((,\n});", "line 2"),
        ('import * as v from "valibot";\nexport default defineSchema({});', "the name v"),
        ("function defineTable() {}\nexport default defineSchema({});", "the name defineTable"),
    ],
)
def test_what_it_cannot_place_it_refuses(text: str, why: str) -> None:
    with pytest.raises(CannotEdit, match=why):
        with_notes(text)


def test_spreads_of_the_file_are_seen_into_and_others_are_named() -> None:
    schema = SchemaFile(
        "const own = { a: defineTable({}), ...own };\n"
        "export default defineSchema({ ...own, ...authTables, ...make() });"
    )
    assert set(schema.tables) == {"a"}
    assert set(schema.spreads) == {"...authTables", "...make()"}


def test_definitions_in_a_circle_end() -> None:
    schema = SchemaFile('const t = t.index("a", ["b"]);\nexport default defineSchema({ t });')
    assert schema.tables["t"].fields is None


def test_deep_nesting_is_no_traceback() -> None:
    deep = "[" * 20_000 + "]" * 20_000
    text = with_notes(
        f"const [{{ a }}] = {deep};\nexport default defineSchema({{ a: defineTable({{ x: {deep} }}) }});\n"
    )
    assert "notes: defineTable" in text


def test_a_schema_of_2000_lines() -> None:
    tables = "".join(
        f"  table{n}: defineTable({{\n    a: v.string(),\n    b: v.optional(v.number()),\n"
        f'  }}).index("by_a", ["a"]),\n'
        for n in range(500)
    )
    text = f"{HEAD}export default defineSchema({{\n{tables}}});\n"
    assert text.count("\n") > 2_000
    assert len(SchemaFile(with_notes(text)).tables) == 501
