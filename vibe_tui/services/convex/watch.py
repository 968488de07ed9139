"""Watching what a push is made of (DESIGN 5.15).

That is `convex/**` without `_generated/`, `convex.json` and `package.json`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path

QUIET_MS = 300
"""A change counts once nothing more has happened for this long."""
LONGEST_WAIT_MS = 2_000
"""An editor that saves without a pause is not waited for longer than this."""
LOOK_SECONDS = 5.0
_SINGLE_FILES = ("convex.json", "package.json")


def fingerprint(folder: Path) -> str:
    """A hash over names and contents of everything a push is made of; "" for a folder that is gone.

    By content, so that a push, which rewrites `_generated/` and touches files, cannot trigger itself.
    Blocking; run it in a thread.
    """
    digest = hashlib.blake2b(digest_size=16)
    for path in _pushed_files(folder):
        try:
            content = path.read_bytes()
        except OSError:  # deleted between listing and reading: the next look sees it
            continue
        name = str(path.relative_to(folder)).encode("utf-8", "surrogateescape")
        digest.update(len(name).to_bytes(4) + name + len(content).to_bytes(8) + content)
    return digest.hexdigest()


def pushed_names(folder: Path) -> list[str]:
    """What a push is made of, relative to `folder`, with "/" between parts. Blocking."""
    return [path.relative_to(folder).as_posix() for path in _pushed_files(folder)]


def _counts(path: Path) -> bool:
    """Editors, and we, write through temporary files whose names start with a dot."""
    return not path.name.startswith(".") and path.is_file()


def _pushed_files(folder: Path) -> list[Path]:
    found = [folder / name for name in _SINGLE_FILES if (folder / name).is_file()]
    for parent, folders, files in os.walk(folder / "convex"):
        folders[:] = sorted(name for name in folders if name not in {"_generated", "node_modules"})
        found.extend(Path(parent, name) for name in sorted(files) if _counts(Path(parent, name)))
    return found


async def changes(folder: Path) -> AsyncGenerator[None, None]:
    """Yields after each burst of file events near what is pushed, and every few seconds besides.

    It only hints: compare fingerprints. The regular look is for what the system does not report (network
    drives, an overflowing queue, the moment in which a watch is being set up). Close it to stop watching.
    """
    bell = asyncio.Event()
    watchers = [
        asyncio.create_task(_ring(folder, bell, recursive=False), name="watch project"),
        asyncio.create_task(_ring_convex(folder, bell), name="watch convex"),
    ]
    try:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(bell.wait(), LOOK_SECONDS)
            bell.clear()
            yield
    finally:
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)


async def _ring_convex(folder: Path, bell: asyncio.Event) -> None:
    """Follow `convex/` through being made, deleted and replaced."""
    convex = folder / "convex"
    while True:
        if convex.is_dir():
            await _ring(convex, bell, recursive=True)
            bell.set()
        await asyncio.sleep(QUIET_MS / 1000)


async def _ring(path: Path, bell: asyncio.Event, *, recursive: bool) -> None:
    """Ring at each burst of events below `path`; returns when `path` is gone or cannot be watched."""
    from watchfiles import awatch

    before = _identity(path)
    try:
        async for _ in awatch(
            path,
            watch_filter=None,
            debounce=LONGEST_WAIT_MS,
            step=QUIET_MS,
            recursive=recursive,
            ignore_permission_denied=True,
        ):
            bell.set()
            if _identity(path) != before:
                return
    except OSError:  # gone meanwhile, or the system has no watches left: the regular look remains
        await asyncio.sleep(LOOK_SECONDS)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
