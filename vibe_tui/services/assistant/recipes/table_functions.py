"""Convex functions for a table: save, list, update, delete, and the newest page by page.

Style: argument and return validators, tables by name, indexes, and never all documents at once.
https://docs.convex.dev/functions and https://docs.convex.dev/understanding/best-practices
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vibe_tui.services.assistant.recipes import spoken
from vibe_tui.services.assistant.recipes.code_file import Code, Import
from vibe_tui.services.assistant.recipes.column import Column
from vibe_tui.services.assistant.recipes.function_code import function, signed_in, signed_out_get
from vibe_tui.services.assistant.recipes.shape import Shape
from vibe_tui.services.assistant.recipes.spoken import article

TEXT_PATH = "convex/text.ts"
NEWEST = 50
"""How many documents `list` gives."""

_SCHEMA = Import("./schema", default="schema")
_TEXT = Import("./text", ("requiredText",))


def save(shape: Shape) -> Code:
    given, owner = shape.given, shape.owner
    texts = [one for one in given if one.is_text() and not one.optional]
    fields = [f'{one.name}: requiredText("{one.name}", args.{one.name}),' for one in texts]
    if len(texts) < len(given):
        fields.insert(0, "...args,")
    body: list[str] = []
    if shape.auth:
        body += signed_in(f"Sign in to {shape.save_name} {shape.many}.", keep=owner is not None)
    if owner is not None:
        if shape.author is not None:
            body.append('const user = await ctx.db.get("users", userId);')
            fields.append('author: user?.name ?? "Someone",')
        fields.append(f"{owner.name}: userId,")
    if fields == ["...args,"]:
        body.append(f'return await ctx.db.insert("{shape.table}", args);')
    else:
        insert = f'return await ctx.db.insert("{shape.table}", {{'
        body += [insert, *(f"  {field}" for field in fields), "});"]
    whose = " for the signed-in user" if shape.auth and owner is not None else ""
    return function(
        "mutation",
        shape.save_name,
        f"Saves {article(shape.one)}{whose} and returns its id.",
        [f"{one.name}: {one.validator(shape.table)}" for one in given],
        f'v.id("{shape.table}")',
        body,
        (_schema_of(given), _TEXT if texts else None),
        uses_args=bool(given),
    )


def newest(shape: Shape) -> Code:
    files = shape.files
    body = signed_out_get("[]") if shape.auth else []
    if shape.is_users:
        # An address is nobody else's business.
        body += [
            f'const users = await ctx.db.query("users").order("desc").take({NEWEST});',
            "return users.map(({ _id, name, image }) => ({ _id, name, image }));",
        ]
        profile = '_id: v.id("users"), name: v.optional(v.string()), image: v.optional(v.string())'
        returns = f"v.array(v.object({{ {profile} }}))"
    elif files:
        body += [
            f'const {_plural(shape)} = await ctx.db.query("{shape.table}").order("desc").take({NEWEST});',
            "return await Promise.all(",
            f"  {_plural(shape)}.map(async ({shape.variable}) => ({{",
            f"    ...{shape.variable},",
            f"    url: {_url(shape, files[0])},",
            "  })),",
            ");",
        ]
        fields = f'...schema.doc("{shape.table}").fields, url: v.union(v.string(), v.null())'
        returns = f"v.array(v.object({{ {fields} }}))"
    else:
        body.append(f'return await ctx.db.query("{shape.table}").order("desc").take({NEWEST});')
        returns = f'v.array(schema.doc("{shape.table}"))'
    return function(
        "query",
        "list",
        f"The newest {shape.many}, newest first. Clients that use it stay up to date.",
        [],
        returns,
        body,
        (None if shape.is_users else _SCHEMA,),
        uses_args=False,
    )


def update(shape: Shape) -> Code:
    given = shape.given
    argument = _id_argument(given)
    body = [*_checked(shape, argument)]
    for one in given:
        if one.is_text() and not one.optional:
            text = f'changes.{one.name} = requiredText("{one.name}", changes.{one.name});'
            body += [f"if (changes.{one.name} !== undefined) {{", f"  {text}", "}"]
    body += [f'await ctx.db.patch("{shape.table}", {argument}, changes);', "return null;"]
    return function(
        "mutation",
        "update",
        f"Changes of {article(shape.one)} what is given.",
        [
            f'{argument}: v.id("{shape.table}")',
            *(f"{one.name}: {one.validator(shape.table, optional=True)}" for one in given),
        ],
        "v.null()",
        body,
        (
            _schema_of(given),
            _TEXT if any(one.is_text() and not one.optional for one in given) else None,
        ),
        arguments=f"{{ {argument}, ...changes }}",
    )


def remove(shape: Shape) -> Code:
    argument, variable = "id", shape.variable
    files = shape.files
    who = signed_in(f"Sign in to delete {shape.many}.", keep=_belongs(shape)) if shape.auth else []
    body = [
        *who,
        f'const {variable} = await ctx.db.get("{shape.table}", args.{argument});',
        f"if ({variable} === null) {{",
        "  return null; // Somebody was faster.",
        "}",
        *_only_own(shape, variable, "delete"),
    ]
    if shape.is_users:
        body += _FORGET_USER
    for one in files:
        delete = f"await ctx.storage.delete({variable}.{one.name});"
        if one.optional:
            delete = f"if ({variable}.{one.name} !== undefined) {{\n  {delete}\n}}"
        body += delete.split("\n")
    body += [f'await ctx.db.delete("{shape.table}", args.{argument});', "return null;"]
    return function(
        "mutation",
        "remove",
        f"Deletes {article(shape.one)}{', and what is stored of it' if files else ''}.",
        [f'{argument}: v.id("{shape.table}")'],
        "v.null()",
        body,
        (),
    )


_FORGET_USER = [
    line
    for table, index, most in (("authAccounts", "userIdAndProvider", 50), ("authSessions", "userId", 500))
    for line in (
        "for (const one of await ctx.db",
        f'  .query("{table}")',
        f'  .withIndex("{index}", (q) => q.eq("userId", userId))',
        f"  .take({most})) {{",
        f'  await ctx.db.delete("{table}", one._id);',
        "}",
    )
]
"""What Convex Auth keeps of the user `userId` goes, too: otherwise nobody could sign in with it again."""


def page(shape: Shape) -> Code:
    empty = '{ page: [], isDone: true, continueCursor: "" }'
    query = f'ctx.db.query("{shape.table}").order("desc").paginate(args.paginationOpts)'
    return function(
        "query",
        "page",
        f"The {shape.many}, newest first and page by page: for usePaginatedQuery.",
        ["paginationOpts: paginationOptsValidator"],
        f'paginationResultValidator(schema.doc("{shape.table}"))',
        [*(signed_out_get(empty) if shape.auth else []), f"return await {query};"],
        (Import("convex/server", ("paginationOptsValidator", "paginationResultValidator")), _SCHEMA),
    )


def search(shape: Shape, field: str, index: str) -> Code:
    name = search_name(field)
    return function(
        "query",
        name,
        f"The {shape.many} whose {field} fits the words best, at most 20.",
        ["words: v.string()"],
        f'v.array(schema.doc("{shape.table}"))',
        [
            *(signed_out_get("[]") if shape.auth else []),
            "return await ctx.db",
            f'  .query("{shape.table}")',
            f'  .withSearchIndex("{index}", (q) => q.search("{field}", args.words))',
            "  .take(20);",
        ],
        (_SCHEMA,),
    )


def search_name(field: str) -> str:
    return f"searchBy{field[:1].upper()}{field[1:]}"


def upload_url(shape: Shape) -> Code:
    return function(
        "mutation",
        "generateUploadUrl",
        "Where a client may send one file, within the hour.",
        [],
        "v.string()",
        [
            *(signed_in("Sign in to upload files.") if shape.auth else []),
            "return await ctx.storage.generateUploadUrl();",
        ],
        (),
        uses_args=False,
    )


Maker = Callable[[Shape], Code]
MAKERS: dict[str, Maker] = {
    "save": save,
    "list": newest,
    "update": update,
    "delete": remove,
    "page": page,
    "upload": upload_url,
}
"""By what they do, in the order in which a file has them."""


def _plural(shape: Shape) -> str:
    return "found" if shape.variable in ("document", spoken.camel(shape.table)) else spoken.camel(shape.table)


def _url(shape: Shape, column: Column) -> str:
    file = f"{shape.variable}.{column.name}"
    url = f"await ctx.storage.getUrl({file})"
    return f"{file} === undefined ? null : {url}" if column.optional else url


def _belongs(shape: Shape) -> bool:
    return shape.owner is not None or shape.is_users


def _only_own(shape: Shape, variable: str, verb: str) -> list[str]:
    owner = shape.owner
    if owner is None and not shape.is_users:
        return []
    whose = f"{variable}._id" if shape.is_users else f"{variable}.{owner.name if owner else '_id'}"
    return [
        f"if ({whose} !== userId) {{",
        f'  throw new ConvexError("You can only {verb} your own {shape.many}.");',
        "}",
    ]


def _checked(shape: Shape, argument: str) -> list[str]:
    """Lines that refuse to change a document that is not there, or not the caller's."""
    lines = signed_in(f"Sign in to change {shape.many}.", keep=_belongs(shape)) if shape.auth else []
    gone = f'  throw new ConvexError("This {shape.one} is not there any more.");'
    if not _belongs(shape):
        return [*lines, f'if ((await ctx.db.get("{shape.table}", {argument})) === null) {{', gone, "}"]
    variable = shape.variable
    return [
        *lines,
        f'const {variable} = await ctx.db.get("{shape.table}", {argument});',
        f"if ({variable} === null) {{",
        gone,
        "}",
        *_only_own(shape, variable, "change"),
    ]


def _id_argument(columns: Sequence[Column]) -> str:
    return "documentId" if any(one.name == "id" for one in columns) else "id"


def _schema_of(columns: Sequence[Column]) -> Import | None:
    return _SCHEMA if any(one.needs_schema for one in columns) else None
