"""search: where a text stands in the project's files."""

from __future__ import annotations

import asyncio

from vibe_tui.services.assistant.chat_model import ToolSpec
from vibe_tui.services.assistant.tools.arguments import Arguments
from vibe_tui.services.assistant.tools.bench import Bench
from vibe_tui.services.assistant.tools.file_change import LARGEST
from vibe_tui.services.assistant.tools.listing import usable
from vibe_tui.services.assistant.tools.tool import Result, Tool, ToolRefused, takes, text
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible
from vibe_tui.services.working_tree import WorkingTree

MOST = 100
_LONGEST_LINE = 240


async def _search(arguments: Arguments, bench: Bench) -> Result:
    wanted = arguments.text("text")
    if not wanted.strip() or "\n" in wanted:
        raise ToolRefused("Search for one line of text that is not empty.")
    folder = arguments.path("folder").strip("/")
    below = "" if folder in ("", ".") else f"{folder}/"
    hits, more = await asyncio.to_thread(_hits, bench.tree, wanted.casefold(), below)
    data: dict[str, object] = {"hits": hits}
    if more:
        data["more"] = f"Only the first {MOST} are here. Search for more of the line, or in a folder."
    count = f"{len(hits)}{'+' if more else ''} line{'' if len(hits) == 1 else 's'}"
    return Result(f"Found “{visible(wanted)[:60]}” in {count}", data)


def _hits(tree: WorkingTree, wanted: str, below: str) -> tuple[list[dict[str, object]], bool]:
    hits: list[dict[str, object]] = []
    for path in usable(tree):
        if not path.startswith(below):
            continue
        try:
            lines = tree.read_text(path, True, largest=LARGEST).split("\n")
        except VibeError:  # not text, too large, gone, or under a second name: nothing to search
            continue
        for number, line in enumerate(lines, 1):
            at = line.casefold().find(wanted)
            if at >= 0:
                if len(hits) == MOST:
                    return hits, True
                start = max(0, at - _LONGEST_LINE // 2) if len(line) > _LONGEST_LINE else 0
                hits.append({"path": path, "line": number, "text": line[start : start + _LONGEST_LINE]})
    return hits, False


SEARCH = Tool(
    ToolSpec(
        "search",
        "Find the lines of the project's files that hold a text (plain text, not a pattern; any case).",
        takes(
            {"text": text("What to look for, within one line")},
            {"folder": text("Only below this folder, e.g. app")},
        ),
    ),
    "Searching for",
    _search,
    about="text",
)
