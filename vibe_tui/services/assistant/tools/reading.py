"""read_file: a file, or some lines of it."""

from __future__ import annotations

from vibe_tui.services.assistant.chat_model import ToolSpec
from vibe_tui.services.assistant.tools.arguments import Arguments
from vibe_tui.services.assistant.tools.bench import Bench
from vibe_tui.services.assistant.tools.envelope import LIMIT
from vibe_tui.services.assistant.tools.file_change import read
from vibe_tui.services.assistant.tools.tool import Result, Tool, ToolRefused, takes, text, whole
from vibe_tui.services.terminal_text import visible


async def _read(arguments: Arguments, bench: Bench) -> Result:
    path = arguments.path("path")
    content = await read(bench, path)
    bench.changes.saw(path, content)
    lines = content.split("\n")
    if lines[-1] == "":
        lines.pop()
    first = max(1, arguments.whole("first", 1))
    last = min(len(lines), arguments.whole("last", len(lines)))
    if first > last and lines:
        raise ToolRefused(f"There are no lines {first} to {last}: the file has {len(lines)}.")
    last = _fitting(lines, first, last)
    data: dict[str, object] = {
        "path": path,
        "first": first,
        "last": last,
        "lines": len(lines),
        "text": "\n".join(lines[first - 1 : last]),
    }
    if last < len(lines):
        data["more"] = f"Lines {last + 1} to {len(lines)} were not sent."
    part = "" if (first, last) == (1, len(lines)) else f", lines {first} to {last} of {len(lines)}"
    return Result(f"Read {visible(path)}{part}", data)


def _fitting(lines: list[str], first: int, last: int) -> int:
    """The last line that fits into a result; at least one line is sent, cut if it must be."""
    size = 0
    for number in range(first, last + 1):
        size += len(lines[number - 1]) + 1
        if size > LIMIT and number > first:
            return number - 1
    return last


READ_FILE = Tool(
    ToolSpec(
        "read_file",
        "Read a text file of the project (at most 200 kB), whole or some of its lines.",
        takes(
            {"path": text("Relative to the project, e.g. convex/schema.ts")},
            {"first": whole("The first line, from 1"), "last": whole("The last line, included")},
        ),
    ),
    "Reading",
    _read,
    about="path",
)
