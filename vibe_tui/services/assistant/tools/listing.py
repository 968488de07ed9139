"""list_files: the names of the project's files."""

from __future__ import annotations

import asyncio
from itertools import islice

from vibe_tui.services.assistant.chat_model import ToolSpec
from vibe_tui.services.assistant.tools.arguments import Arguments
from vibe_tui.services.assistant.tools.bench import Bench
from vibe_tui.services.assistant.tools.tool import Result, Tool, takes, text
from vibe_tui.services.terminal_text import visible
from vibe_tui.services.tree_paths import protection
from vibe_tui.services.working_tree import WorkingTree

MOST = 1_000


def usable(tree: WorkingTree) -> list[str]:
    """The paths that a model may read: nothing ignored, nothing protected, at most 20,000. Blocking."""
    return [path for path in islice(tree.walk(skip_ignored=True), 20_000) if not protection(path)]


async def _list(arguments: Arguments, bench: Bench) -> Result:
    folder = arguments.path("folder").strip("/")
    below = "" if folder in ("", ".") else f"{folder}/"
    found = [path for path in await asyncio.to_thread(usable, bench.tree) if path.startswith(below)]
    data: dict[str, object] = {"files": found[:MOST]}
    if len(found) > MOST:
        data["left_out"] = len(found) - MOST
    return Result(f"Listed {len(found)} files{f' in {visible(folder)}' if below else ''}", data)


LIST_FILES = Tool(
    ToolSpec(
        "list_files",
        "List the project's files, without what git ignores and what is installed or generated.",
        takes({}, {"folder": text("Only below this folder, e.g. convex; left out: all files.")}),
    ),
    "Listing files",
    _list,
    about="folder",
)
