"""Exporting a table: ask where, show how far it is, say where the file is."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from textual.app import App

from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.screens.progress import ProgressDialog
from vibe_tui.screens.prompt import PromptDialog
from vibe_tui.services.convex.deployment_data import Data
from vibe_tui.services.terminal_text import visible


async def export_table(app: App[Any], data: Data, table: str, count: int | None) -> str:
    """What to say at the end; "" when the user did not want it after all.

    count: documents in the table, None when nobody counted. Raises TableUnknown, ExportFailed, HttpError.
    """
    suggestion = str(await asyncio.to_thread(lambda: Path.cwd() / f"{table}.jsonl"))
    what = "The whole table as JSON lines, which `npx convex import` reads. Where to?"
    answer: str | None = await app.push_screen_wait(
        PromptDialog(f"Export {visible(table)}", what, value=suggestion, accept="Save the file")
    )
    if answer is None:
        return ""
    target = await asyncio.to_thread(lambda: Path(answer).expanduser().absolute())
    if await asyncio.to_thread(target.exists):
        options = [Option("cancel", "Cancel", "safe"), Option("replace", "Replace it", "danger")]
        there = f"{visible(str(target))} exists already."
        if await app.push_screen_wait(ConfirmDialog("Export", there, options)) != "replace":
            return ""
    exporting = asyncio.create_task(_export(app, data, table, target, count))
    try:
        await asyncio.wait({exporting})
    finally:
        exporting.cancel()
    if exporting.cancelled():
        return "Export stopped; no file was written"
    return f"{exporting.result():,} documents are in {visible(str(target))}"


async def _export(app: App[Any], data: Data, table: str, target: Path, count: int | None) -> int:
    task = asyncio.current_task()
    assert task is not None
    dialog = ProgressDialog("Export", f"Writing {visible(target.name)}", task.cancel, unit="documents")
    app.push_screen(dialog)

    def progress(documents: int) -> None:
        dialog.show(documents, max(documents, count or 0))

    try:
        return await data.export(table, target, replace=True, on_progress=progress)
    finally:
        dialog.finish()
