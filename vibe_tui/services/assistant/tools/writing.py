"""write_file and delete_file."""

from __future__ import annotations

from vibe_tui.services.assistant.chat_model import ToolSpec
from vibe_tui.services.assistant.ports import ToolRequest
from vibe_tui.services.assistant.tools.arguments import Arguments
from vibe_tui.services.assistant.tools.bench import Bench
from vibe_tui.services.assistant.tools.file_change import change, check_text, delete
from vibe_tui.services.assistant.tools.tool import Declined, Result, Tool, takes, text
from vibe_tui.services.terminal_text import visible

UNASKED_DELETIONS = 3
"""In one turn; each one after them is asked about."""


async def _write(arguments: Arguments, bench: Bench) -> Result:
    path, content = arguments.path("path"), arguments.text("content")
    check_text(content)
    written = await change(bench, path, lambda _: content)
    if written is None:
        return Result(f"{visible(path)} holds that already", {"path": path, "changed": False})
    did = "Created" if written.created else "Rewrote"
    data = {"path": path, "created": written.created, "added": written.added, "removed": written.removed}
    return Result(f"{did} {visible(path)}", data, events=(written,))


async def _delete(arguments: Arguments, bench: Bench) -> Result:
    path = arguments.path("path")
    if bench.ports.review_changes or bench.changes.deleted >= UNASKED_DELETIONS:
        asked = ToolRequest("delete", f"Delete {visible(path)}", visible(path))
        if not await bench.ports.approve(asked):
            raise Declined
    gone = await delete(bench, path)
    return Result(f"Deleted {visible(path)}", {"path": path, "deleted": True}, events=(gone,))


WRITE_FILE = Tool(
    ToolSpec(
        "write_file",
        "Create a text file, or replace the whole of one. For a small change use edit_file.",
        takes({"path": text("Relative to the project"), "content": text("The whole new text")}),
    ),
    "Writing",
    _write,
    about="path",
    writes=True,
)
DELETE_FILE = Tool(
    ToolSpec("delete_file", "Delete a file.", takes({"path": text("Relative to the project")})),
    "Deleting",
    _delete,
    about="path",
    writes=True,
)
