"""`vibe-tui undo`: the files go back to what they were before the last chat turn, or at a checkpoint."""

from __future__ import annotations

import argparse
import sys

from vibe_tui.cli.context import context
from vibe_tui.cli.disconnect import NotConfirmed
from vibe_tui.cli.history import change_line
from vibe_tui.cli.output import Output, plain
from vibe_tui.cli.progress import follow_log, push_line
from vibe_tui.cli.runner import run_until_done
from vibe_tui.cli.typed import typed_answer
from vibe_tui.services.model import Connected
from vibe_tui.services.terminal_text import visible
from vibe_tui.services.undo import DATA_STAYS, Undone
from vibe_tui.services.workspace import open_workspace


def run(options: argparse.Namespace, output: Output) -> int:
    if not options.yes and not sys.stdin.isatty():
        raise NotConfirmed(
            "Nobody is at a terminal to confirm it.", next_step="Add --yes to undo without asking."
        )
    return run_until_done(_undo(options, output), output)


async def _undo(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    project = here.project(options)
    async with open_workspace(here.home, here.settings, project, command="vibe-tui undo") as workspace:
        undo = workspace.undo
        to = options.to
        if not to:
            last = await undo.last_turn()
            to = last.id
            output.say(f"The last chat turn: {last.title}")
        output.say("What happened since then, and is taken back:")
        for change in await undo.diff(to):
            output.say(f"  {change_line(change)}")
            output.event("change", change)
        if not options.yes and (await typed_answer("Take it back? [y/N]")).lower() not in {"y", "yes"}:
            raise NotConfirmed("Nothing was changed.")
        follow_log(workspace.convex_log, output)
        connected = isinstance(workspace.backend.state, Connected)
        undone = await undo.restore(to, connected=connected, deploy_when_stopped=True)
    ok = not undone.restored.left and (undone.push is None or undone.push.ok)
    output.result(
        {
            "checkpoint": plain(undone.restored.checkpoint),
            "before": undone.restored.before,
            "changed": undone.restored.changed,
            "left": [plain(left) for left in undone.restored.left],
            "push": undone.push,
        },
        "\n".join(_said(undone)),
        ok=ok,
    )
    return 0 if ok else 1


def _said(undone: Undone) -> list[str]:
    restored = undone.restored
    number = len(restored.changed)
    lines = [f"{number} {'file' if number == 1 else 'files'} put back, as {restored.checkpoint.label}."]
    lines += [f"✗ {visible(left.path)}: {left.reason}" for left in restored.left]
    if undone.push is not None:
        lines += [push_line(undone.push), DATA_STAYS]
    return [*lines, f"To have it back: vibe-tui undo --to {restored.before}"]
