"""`vibe-tui download`: everything as a zip."""

from __future__ import annotations

import argparse
import asyncio
import threading
from pathlib import Path

from vibe_tui.cli.context import Context, context
from vibe_tui.cli.output import Output
from vibe_tui.cli.runner import run_until_done
from vibe_tui.services.archive import export
from vibe_tui.services.convex.journal import SecretRefs
from vibe_tui.services.credentials import Credentials, CredentialsUnavailable
from vibe_tui.services.model import Project


def run(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    project = here.project(options)
    named = Path(options.output or f"{project.name}.zip").expanduser()
    target = named.parent.resolve() / named.name
    return run_until_done(_download(here, project, target, options.replace, output), output)


async def _download(here: Context, project: Project, target: Path, replace: bool, output: Output) -> int:
    try:
        await asyncio.to_thread(_learn_secrets, here, project)
    except CredentialsUnavailable as problem:
        output.warn(f"{problem.message} So a copy of the project's keys in its files would not be noticed.")
    cancelled = threading.Event()

    def progress(done: int, total: int) -> None:
        output.event("progress", {"done": done, "total": total})

    work = asyncio.create_task(
        asyncio.to_thread(
            export,
            project.folder,
            target,
            replace=replace,
            on_progress=progress,
            cancelled=cancelled.is_set,
        )
    )
    try:
        archive = await asyncio.shield(work)
    except asyncio.CancelledError:
        cancelled.set()
        await asyncio.wait({work})
        raise
    for skipped in archive.skipped:
        output.say(f"Left out: {skipped}")
    output.result(
        {"path": archive.path, "files": archive.files, "bytes": archive.bytes, "skipped": archive.skipped},
        f"{archive.files} files, {archive.bytes / 1000:.0f} kB: {archive.path}",
    )
    return 0


def _learn_secrets(here: Context, project: Project) -> None:
    """Read the project's keys and tokens: `export` leaves out files that hold a secret this process knows."""
    credentials = Credentials(here.home, here.settings.credentials)
    for ref in SecretRefs(project.id).all():
        credentials.get(ref)
