"""Download: ask where, show progress, say where the zip is."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.screens.progress import ProgressDialog
from vibe_tui.screens.prompt import PromptDialog
from vibe_tui.services.archive import Archive, ArchiveCancelled, ArchiveExists, export

if TYPE_CHECKING:
    from vibe_tui.screens.project.screen import ProjectScreen

_WHAT = "Everything of the app as a zip, without keys, node_modules and .git. Where to?"


async def download(screen: ProjectScreen) -> None:
    """Raises ArchiveFailed, TreeGone."""
    app, project = screen.app, screen.project
    suggestion = str(await asyncio.to_thread(lambda: Path.cwd() / f"{project.name}.zip"))
    answer: str | None = await app.push_screen_wait(
        PromptDialog("Download", _WHAT, value=suggestion, accept="Save the zip")
    )
    if answer is None:
        return
    target = await asyncio.to_thread(lambda: Path(answer).expanduser().absolute())
    try:
        archive = await _export(screen, target, replace=False)
    except ArchiveExists as exists:
        options = [Option("cancel", "Cancel", "safe"), Option("replace", "Replace it", "danger")]
        if await app.push_screen_wait(ConfirmDialog("Download", exists.message, options)) != "replace":
            return
        archive = await _export(screen, target, replace=True)
    if archive is None:
        screen.status.notice("Download cancelled")
        return
    said = f"{archive.files} files, {archive.bytes / 1000:,.0f} kB\n{archive.path}"
    if archive.skipped:
        said += "\n\nLeft out:\n" + "\n".join(archive.skipped[:8])
    await app.push_screen_wait(ConfirmDialog("Downloaded", said, [Option("close", "Close", "safe")]))


async def _export(screen: ProjectScreen, target: Path, *, replace: bool) -> Archive | None:
    """None: cancelled."""
    cancelled = threading.Event()
    dialog = ProgressDialog("Download", "Writing the zip", cancelled.set)
    loop = asyncio.get_running_loop()

    def progress(done: int, total: int) -> None:
        if done % 20 == 0 or done == total:
            loop.call_soon_threadsafe(dialog.show, done, total)

    screen.app.push_screen(dialog)
    try:
        return await asyncio.to_thread(
            export,
            screen.project.folder,
            target,
            replace=replace,
            on_progress=progress,
            cancelled=cancelled.is_set,
        )
    except ArchiveCancelled:
        return None
    finally:
        dialog.finish()
