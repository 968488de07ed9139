"""Finding, starting and stopping the emulator, which is a process of its own (DESIGN 5.17).

This side knows only the emulator's command and its files: `emulator.lock` is held while it runs, and
`emulator.json` says how to reach it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vibe_tui import __version__
from vibe_tui.services.atomic import private_folder
from vibe_tui.services.convex.emulator_lease import EmulatorLease, is_held, others_hold
from vibe_tui.services.errors import VibeError
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import clean, redact

__all__ = [
    "EmulatorFailed",
    "EmulatorInfo",
    "EmulatorLease",
    "command",
    "ensure",
    "environment",
    "running",
    "stop",
]

_START_LIMIT = 15.0
_TOO_SLOW = "it did not answer in time."
_POLL = 0.05
_ALREADY_RUNNING = 3
"""The emulator's exit code when another one holds the folder."""
_INHERITED = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "PYTHONPATH")
_INHERITED_PREFIXES = ("LC_", "XDG_")


class EmulatorFailed(VibeError):
    """The emulator did not start, did not answer or did not stop."""

    code = "emulator_failed"


@dataclass(frozen=True, slots=True)
class EmulatorInfo:
    """A running emulator. deployments: name -> (url, site url). started: ISO 8601, UTC."""

    pid: int
    port: int
    version: str
    started: str
    client_id: str
    client_secret: Secret
    deployments: Mapping[str, tuple[str, str]]

    @property
    def host(self) -> str:
        """Both the provision host and the dashboard host."""
        return f"http://127.0.0.1:{self.port}"


def running(folder: Path) -> EmulatorInfo | None:
    """The emulator that runs on the folder; None when none does, or when it is not ready yet. Cheap."""
    try:
        if not is_held(folder / "emulator.lock"):
            return None
        return _read(folder / "emulator.json")
    except OSError:
        return None


async def ensure(folder: Path, *, node: str, toolchain: Path) -> EmulatorInfo:
    """The running emulator, started when none runs, and restarted when it is of another version and nobody
    else uses it. It answers when this returns.

    node: the Node program. toolchain: the folder with `node_modules`. Raises EmulatorFailed.
    """
    import asyncio

    deadline = time.monotonic() + _START_LIMIT
    checked = False
    while time.monotonic() < deadline:
        info = await asyncio.to_thread(running, folder)
        if info is not None and not checked:  # once: two versions must not end each other in turns
            checked = True
            if info.version != __version__ and not await asyncio.to_thread(others_hold, folder):
                await stop(folder)
                info = None
        if info is None:
            failure = await _start(folder, node=node, toolchain=toolchain, limit=deadline - time.monotonic())
            if failure is not None:
                raise EmulatorFailed(
                    f"The emulator did not start: {failure}",
                    next_step=f"Look into {folder / 'emulator.log'}, or run `vibe-tui doctor`.",
                )
            info = await asyncio.to_thread(running, folder)
        if info is not None and await asyncio.to_thread(_answers, info):
            return info
        await asyncio.sleep(_POLL)
    raise EmulatorFailed(
        f"The emulator did not start: {_TOO_SLOW}",
        next_step=f"Run `vibe-tui emulator stop`, then try again; its log is {folder / 'emulator.log'}.",
    )


async def stop(folder: Path, *, limit: float = 10) -> bool:
    """End the emulator that runs on the folder; after `limit` seconds by force. True when one ran.

    Raises EmulatorFailed when it cannot be ended.
    """
    import asyncio

    ran = False
    deadline = time.monotonic() + limit
    asked: int | None = None
    while await asyncio.to_thread(is_held, folder / "emulator.lock"):
        ran = True
        info = await asyncio.to_thread(running, folder)
        if info is not None and info.pid != asked:
            asked = info.pid
            _signal(asked, signal.SIGTERM)
        if time.monotonic() > deadline:
            if asked is None or time.monotonic() > deadline + 2:
                raise EmulatorFailed(
                    "The emulator does not stop.", next_step=f"Its log is {folder / 'emulator.log'}."
                )
            _signal(asked, signal.SIGKILL)
        await asyncio.sleep(_POLL)
    return ran


async def _start(folder: Path, *, node: str, toolchain: Path, limit: float) -> str | None:
    """Run the command that starts the emulator detached and returns when it answers.

    None when one runs now, whoever started it; otherwise what went wrong.
    """
    import asyncio

    try:
        await asyncio.to_thread(private_folder, folder)
    except OSError as error:
        return f"the folder {folder} cannot be made ({error.strerror})."
    process = await asyncio.create_subprocess_exec(
        *command(folder, node=node, toolchain=toolchain),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
        cwd=folder,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(max(limit, 0.1)):
            _, errors = await process.communicate()
    except TimeoutError:
        return _TOO_SLOW
    finally:
        if process.returncode is None:
            _signal(-process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode in (0, _ALREADY_RUNNING):
        return None
    lines = redact(clean(errors.decode(errors="replace"))).split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it ended at once.")


def command(folder: Path, *, node: str, toolchain: Path, foreground: bool = False) -> list[str]:
    """The emulator's command line: detached, or in the foreground until it is interrupted."""
    # -P: the folder it starts in, or the one the user stands in, is not a place to import from.
    serve = [sys.executable, "-P", "-m", "vibe_tui.emulator", "serve"]
    where = ["--folder", str(folder), "--node", node, "--toolchain", str(toolchain)]
    return [*serve, *where, *(["--foreground"] if foreground else [])]


def environment() -> dict[str, str]:
    """What the emulator is given of our environment: nothing that could be a secret."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _INHERITED or name.startswith(_INHERITED_PREFIXES)
    }


def _read(path: Path) -> EmulatorInfo | None:
    """None for a file that is being replaced by another version's, or is damaged. Raises OSError."""
    try:
        document = json.loads(path.read_bytes())
        return EmulatorInfo(
            pid=int(document["pid"]),
            port=int(document["port"]),
            version=str(document["version"]),
            started=str(document["started"]),
            client_id=str(document["client_id"]),
            client_secret=Secret(str(document["client_secret"])),
            deployments={
                str(name): (str(entry["url"]), str(entry["site_url"]))
                for name, entry in document["deployments"].items()
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _answers(info: EmulatorInfo) -> bool:
    """Whether it answers; asking also puts off its idle end."""
    from http.client import HTTPConnection, HTTPException

    connection = HTTPConnection("127.0.0.1", info.port, timeout=2)
    try:
        connection.request("GET", "/version")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # ended meanwhile, which is what we want
        os.kill(pid, number)
