"""The emulator as a process: one per folder, in the foreground or detached, ended by signals or by itself."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vibe_tui.emulator.files import EmulatorFolder, try_lock

_log = logging.getLogger(__name__)

ALREADY_RUNNING = 3
"""Exit code: another emulator holds the folder."""
_STOP_LIMIT = 4.0
"""Seconds for an orderly end; what is left then ends with the process."""


class CannotStart(Exception):
    """A sentence for the user, and the exit code."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Options:
    folder: EmulatorFolder
    node: str
    toolchain: Path
    foreground: bool
    idle_limit: float


def run(options: Options, on_ready: Callable[[int], None]) -> None:
    """Serve until a signal or idleness ends it. `on_ready(port)` is called when it answers.

    Raises CannotStart.
    """
    folder = options.folder
    try:
        folder.make()
        lock = _lock(folder)
        # Imported late: a second emulator says that it is one without loading the server.
        from vibe_tui.emulator.log import open_log

        folder.published.unlink(missing_ok=True)  # left by one that was killed
        folder.sweep()
        open_log(folder.log, also_here=options.foreground)
    except OSError as error:
        raise CannotStart(f"The folder {folder.root} cannot be used: {error.strerror}.") from error
    try:
        asyncio.run(_serve(options, on_ready))
    except CannotStart as error:
        _log.error("%s", error)
        raise
    finally:
        os.close(lock)


async def _serve(options: Options, on_ready: Callable[[int], None]) -> None:
    from vibe_tui.emulator.platform.answers import ApiError
    from vibe_tui.emulator.platform.state import StateUnreadable
    from vibe_tui.emulator.server import Server

    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    server = Server(
        options.folder, node=options.node, toolchain=options.toolchain, idle_limit=options.idle_limit
    )
    try:
        await server.start()
        on_ready(server.port)
        idle = asyncio.create_task(server.until_idle())
        signalled = asyncio.create_task(ended.wait())
        done, rest = await asyncio.wait((idle, signalled), return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        _log.info("Ending: %s", "nobody uses it" if idle in done else "asked to")
        for task in done:
            task.result()
    except StateUnreadable as error:
        state = options.folder.state
        raise CannotStart(f"{state} cannot be read: {error}. Move it away to start with nothing.") from error
    except ApiError as error:
        raise CannotStart(error.message) from error
    except OSError as error:
        raise CannotStart(f"The emulator cannot start: {error.strerror or error}.") from error
    finally:
        await _within_limit(server.stop())


async def _within_limit(stopping: Coroutine[Any, Any, None]) -> None:
    try:
        async with asyncio.timeout(_STOP_LIMIT):
            await stopping
    except TimeoutError:
        _log.warning("Not everything stopped within %.0f s", _STOP_LIMIT)


def _lock(folder: EmulatorFolder) -> int:
    """Raises CannotStart (3) when an emulator runs on the folder, and OSError."""
    # A client that looks whether one runs holds the lock for an instant: try for a second.
    for _ in range(20):
        descriptor = try_lock(folder.lock)
        if descriptor is not None:
            return descriptor
        time.sleep(0.05)
    raise CannotStart(f"An emulator already runs on {folder.root}.", ALREADY_RUNNING)
