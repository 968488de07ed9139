"""Undo and history: ask, put the files back, say what became of them and of the deployment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.screens.history import HistoryDialog, change_line, moment
from vibe_tui.services.assistant.tools.bench import convex_reads
from vibe_tui.services.checkpoints import Checkpoint
from vibe_tui.services.checkpoints_restore import FileChange
from vibe_tui.services.model import Connected
from vibe_tui.services.terminal_text import visible
from vibe_tui.services.undo import DATA_STAYS, Undone

if TYPE_CHECKING:
    from vibe_tui.screens.project.screen import ProjectScreen
    from vibe_tui.services.workspace import Workspace

_MOST_NAMED = 6
_AGAIN = "That is kept in History, too, so it can be brought back."
_STOPPED = "The dev server is stopped, so nothing is deployed."


async def undo_turn(screen: ProjectScreen, workspace: Workspace) -> None:
    """Raises NothingToUndo, ChatBusy, and what Checkpoints does."""
    last = await workspace.undo.last_turn()
    await _restore(screen, workspace, last, "Undo the last chat turn", "Undo the turn")


async def show_history(screen: ProjectScreen, workspace: Workspace) -> None:
    """Raises ChatBusy, and what Checkpoints does."""
    at: str | None = ""
    while at is not None:
        kept = await workspace.undo.all()
        at = await screen.app.push_screen_wait(HistoryDialog(kept, workspace.undo.diff, at=at))
        chosen = next((checkpoint for checkpoint in kept if checkpoint.id == at), None)
        if chosen and await _restore(screen, workspace, chosen, "Restore", "Restore this state"):
            return


async def _restore(
    screen: ProjectScreen, workspace: Workspace, to: Checkpoint, title: str, accept: str
) -> bool:
    """Whether it was done; otherwise nothing was changed."""
    changes = await workspace.undo.diff(to.id)
    if not changes:
        screen.status.notice("The files are as they were then")
        return False
    connected = isinstance(workspace.backend.state, Connected)
    options = [Option("cancel", "Cancel", "safe"), Option("restore", accept)]
    deploys = None
    if connected and any(convex_reads(change.path) for change in changes):
        deploys = workspace.dev_server.armed
    question = ConfirmDialog(title, _what(to, changes, deploys), options)
    if await screen.app.push_screen_wait(question) != "restore":
        return False
    undone = await workspace.undo.restore(to.id, connected=connected)
    number = len(undone.restored.changed)
    screen.status.notice(f"{'1 file' if number == 1 else f'{number} files'} put back", "good")
    told = _told(undone)
    if told:
        await screen.app.push_screen_wait(ConfirmDialog(title, told, [Option("close", "Close", "safe")]))
    return True


def _what(to: Checkpoint, changes: Sequence[FileChange], deploys: bool | None) -> str:
    """deploys: whether the deployment follows; None: it has nothing to do with it."""
    named = [f"  {change_line(change)}" for change in changes[:_MOST_NAMED]]
    if len(changes) > _MOST_NAMED:
        named.append(f"  and {len(changes) - _MOST_NAMED} more")
    body = [
        f"{moment(to)}  The files {to.label}",
        "",
        "This is taken back, also what was edited by hand since then:",
        *named,
        "",
        _AGAIN,
    ]
    if deploys is not None:
        follows = "The functions are deployed again." if deploys else _STOPPED
        body.append(f"{follows} {DATA_STAYS}")
    return "\n".join(body)


def _told(undone: Undone) -> str:
    """What the user would not expect, or ""."""
    parts = []
    if undone.restored.left:
        lines = [f"  {visible(left.path)}: {left.reason}" for left in undone.restored.left[:_MOST_NAMED]]
        more = len(undone.restored.left) - len(lines)
        parts.append("\n".join(["Left as they are:", *lines, *([f"  and {more} more"] if more > 0 else [])]))
    if undone.push is not None and not undone.push.ok:
        parts.append(f"The files are back, but not deployed: {undone.push.reason}")
    return "\n\n".join(parts)
