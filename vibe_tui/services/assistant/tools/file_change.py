"""Changing one file of the project: the one way in which every tool does it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from vibe_tui.services.assistant.answerer import Edit
from vibe_tui.services.assistant.diff import diff_of
from vibe_tui.services.assistant.events import FileDeleted, FileWritten
from vibe_tui.services.assistant.ports import ToolRequest
from vibe_tui.services.assistant.tools.bench import Bench
from vibe_tui.services.assistant.tools.tool import Declined, ToolRefused
from vibe_tui.services.in_thread import in_thread
from vibe_tui.services.terminal_text import STARS, clean, redact, visible
from vibe_tui.services.working_tree import FileMissing, NotText, TooLarge

LARGEST = 200_000
"""Bytes of a file that a model may read or write."""


async def read(bench: Bench, path: str) -> str:
    """Raises what WorkingTree.read_text raises."""
    return await asyncio.to_thread(bench.tree.read_text, path, True, largest=LARGEST)


async def read_or_none(bench: Bench, path: str) -> str | None:
    """None: there is no such file."""
    try:
        return await read(bench, path)
    except FileMissing:
        return None


async def change(bench: Bench, path: str, make: Callable[[str | None], str]) -> FileWritten | None:
    """Give the file the text that `make` makes of what it holds now; None: that is the same text.

    Asks when every change is to be reviewed. Raises ToolRefused, Declined, and what WorkingTree raises.
    """
    before = await read_or_none(bench, path)
    if bench.changes.outdated(path, before):
        raise ToolRefused(
            f"{visible(path)} was changed by somebody else since you read it.",
            next_step="Read it again, then make the change in what it holds now.",
        )
    after = await asyncio.to_thread(make, before)
    _check(path, before, after)
    if after == before:
        return None
    diff = await asyncio.to_thread(diff_of, Edit(path, before, after))
    if bench.ports.review_changes:
        title = f"{'Change' if before is not None else 'Create'} {visible(path)}"
        if not await bench.ports.approve(ToolRequest("change", title, diff.text)):
            raise Declined

    def write() -> None:
        with suppress(FileMissing):
            if bench.tree.read_text(path, True, largest=LARGEST) != before:
                raise _changed_meanwhile(path)
        bench.tree.write(path, after, True)
        bench.changes.wrote(path, after)

    await in_thread(write)
    return FileWritten(path, diff.added, diff.removed, diff.text, created=before is None)


async def delete(bench: Bench, path: str) -> FileDeleted:
    """Raises what WorkingTree raises. Asks nobody."""
    try:
        before = await read(bench, path)
    except (NotText, TooLarge):
        before = ""
    diff = await asyncio.to_thread(diff_of, Edit(path, before, ""))

    def work() -> None:
        bench.tree.delete(path, True)
        bench.changes.wrote(path, None)
        bench.changes.deleted += 1

    await in_thread(work)
    return FileDeleted(path, diff.removed, diff.text)


def check_text(text: str) -> None:
    """Refuse what nobody would see in a diff. Raises ToolRefused."""
    plain = text.replace("\r\n", "\n")
    hidden = next((it for it, kept in zip(plain, clean(plain), strict=False) if it != kept), "")
    if clean(plain) != plain:
        raise ToolRefused(
            f"The text holds hidden or control characters (the first is U+{ord(hidden or plain[-1]):04X}).",
            next_step="Write them as escapes, e.g. \\u200b, where the code needs them.",
        )


def _check(path: str, before: str | None, after: str) -> None:
    size = len(after.encode("utf-8", "surrogatepass"))
    if size > LARGEST:
        raise ToolRefused(
            f"{visible(path)} would have {size:,} bytes; at most {LARGEST:,} are allowed.",
            next_step="Divide it into several files.",
        )
    if STARS in after and before is not None and redact(before) != before:
        hidden = STARS in redact(before) and after.count(STARS) > before.count(STARS)
        if hidden:
            raise ToolRefused(
                f"{visible(path)} holds a secret that you were shown as {STARS}; this would destroy it.",
                next_step="Use edit_file with text around it.",
            )


def _changed_meanwhile(path: str) -> ToolRefused:
    return ToolRefused(
        f"{visible(path)} was changed by somebody else in this moment.",
        next_step="Read it again, then retry.",
    )
