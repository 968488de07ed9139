"""`vibe-tui data`: the tables, the documents of one, one document, or an export."""

from __future__ import annotations

import argparse
import asyncio
import shlex
from pathlib import Path

from vibe_tui.cli.deployment import as_json, with_deployment
from vibe_tui.cli.output import Output
from vibe_tui.cli.table import table_text
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.deployment_data import Document
from vibe_tui.services.errors import UsageError

_COUNTS_AT_ONCE = 8
_LARGEST_PAGE = 1000


def run(options: argparse.Namespace, output: Output) -> int:
    _check(options)
    if options.export:
        named = Path(options.export).expanduser()
        options.export = named.parent.resolve() / named.name
    return with_deployment(options, output, lambda api: _data(options, output, api))


def _check(options: argparse.Namespace) -> None:
    if options.id and (options.table or options.export):
        raise UsageError("--id goes without a table.", next_step="`vibe-tui data --id ID` finds the table.")
    if not options.table and (options.export or options.cursor or options.jsonl):
        raise UsageError("Name the table.", next_step="`vibe-tui data` lists the tables.")
    if options.jsonl and options.format != "text":
        raise UsageError("--jsonl is a form of output of its own: leave out the other one.")
    if options.replace and not options.export:
        raise UsageError("--replace goes with --export.")
    if not 1 <= options.limit <= _LARGEST_PAGE:
        raise UsageError(
            f"--limit has to be from 1 to {_LARGEST_PAGE}.",
            next_step="Go on with --cursor, or write all of a table to a file with --export.",
        )


async def _data(options: argparse.Namespace, output: Output, api: DeploymentApi) -> int:
    if options.id:
        found = await api.data.find(options.id)
        document = found.document.readable()
        output.result(
            {"table": found.table, "document": document}, f"{found.table}\n{as_json(document, indent=2)}"
        )
        return 0
    if not options.table:
        return await _tables(output, api)
    if options.export:
        return await _export(options, output, api)
    return await _page(options, output, api)


async def _tables(output: Output, api: DeploymentApi) -> int:
    names = await api.data.tables()
    gate = asyncio.Semaphore(_COUNTS_AT_ONCE)

    async def count(name: str) -> int | None:
        async with gate:
            return await api.data.count(name)

    counts = await asyncio.gather(*map(count, names))
    rows = [{"name": name, "documents": number} for name, number in zip(names, counts, strict=True)]
    text = table_text(("table", "documents"), [(row["name"], row["documents"]) for row in rows])
    output.result({"tables": rows}, text if rows else "No tables yet: push a schema, or insert a document.")
    return 0


async def _page(options: argparse.Namespace, output: Output, api: DeploymentApi) -> int:
    page = await api.data.page(
        options.table, order=options.order, size=options.limit, cursor=options.cursor or None
    )
    if not page.documents:
        await api.data.require_table(options.table)
    documents = [document.readable() for document in page.documents]
    if options.jsonl:
        for document in documents:
            output.say(as_json(document))
        return 0
    output.result(
        {
            "table": options.table,
            "order": options.order,
            "documents": documents,
            "cursor": None if page.done else page.cursor,
            "done": page.done,
        },
        _page_text(options, page.documents, documents, "" if page.done else page.cursor),
    )
    return 0


def _page_text(
    options: argparse.Namespace,
    documents: tuple[Document, ...],
    readable: list[dict[str, object]],
    cursor: str,
) -> str:
    if not documents:
        return "No documents."
    names = sorted({name for document in readable for name in document} - {"_id", "_creationTime"})
    columns = ("_id", "_creationTime", *names)
    rows = [[document.get(name, "") for name in columns] for document in readable]
    more = f"\nMore: vibe-tui data {options.table} --cursor {shlex.quote(cursor)}" if cursor else ""
    if cursor and options.order != "desc":
        more += f" --order {options.order}"
    return table_text(columns, rows) + more


async def _export(options: argparse.Namespace, output: Output, api: DeploymentApi) -> int:
    target = options.export

    def progress(documents: int) -> None:
        output.event("progress", {"documents": documents})

    written = await api.data.export(options.table, target, replace=options.replace, on_progress=progress)
    output.result(
        {"table": options.table, "path": target, "documents": written}, f"{written} documents: {target}"
    )
    return 0
