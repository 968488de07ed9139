"""`vibe-tui history`: the checkpoints, and what happened to the files since one of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime

from vibe_tui.cli.context import context
from vibe_tui.cli.output import Output, plain
from vibe_tui.services.checkpoints import Checkpoint, Checkpoints
from vibe_tui.services.checkpoints_restore import FileChange
from vibe_tui.services.terminal_text import visible
from vibe_tui.services.working_tree import WorkingTree

_EMPTY = "No checkpoints yet. A chat turn makes one before it changes files."
_SAME = "The files are as they were then."
_MARKS = {"created": "+", "changed": "~", "deleted": "-"}


def run(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    project = here.project(options)
    checkpoints = Checkpoints(here.home.checkpoints(project.id), WorkingTree(project.folder))
    if options.diff:
        found = checkpoints.diff(options.diff)
        output.result({"changes": [plain(change) for change in found]}, "\n".join(_whole(found)) or _SAME)
    else:
        kept = checkpoints.all()
        output.result(
            {"checkpoints": [plain(checkpoint) for checkpoint in kept]},
            "\n".join(map(_line, kept)) or _EMPTY,
        )
    return 0


def change_line(change: FileChange) -> str:
    """One changed file as a line; untrusted text is safe to pass."""
    counts = change.note or f"+{change.added} -{change.removed}"
    return f"{_MARKS[change.kind]} {visible(change.path)}  {counts}"


def local_time(checkpoint: Checkpoint) -> str:
    return datetime.fromisoformat(checkpoint.at).astimezone().strftime("%Y-%m-%d %H:%M")


def _line(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.id}  {local_time(checkpoint)}  {checkpoint.label}"


def _whole(found: Sequence[FileChange]) -> list[str]:
    return [line for change in found for line in (change_line(change), change.diff) if line]
