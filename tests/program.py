"""Watching the `vibe-tui` program from outside: its processes, its output as it comes, its secrets."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import Vibe


def within(limit: float, condition: Callable[[], bool]) -> bool:
    """Whether the condition comes true within `limit` seconds."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def processes_of(vibe: Vibe) -> dict[int, str]:
    """Every process with this program's own HOME in its environment: pid -> command line. Linux only.

    HOME is unique to a test, and everything the program starts is given it.
    """
    marker = f"HOME={vibe.environment()['HOME']}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker in (folder / "environ").read_bytes().split(b"\0"):
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # ended meanwhile, or another user's
            continue
    return {pid: line for pid, line in found.items() if line}  # a zombie has no command line


def left_running(vibe: Vibe) -> dict[int, str]:
    """What runs apart from the emulator and its deployments' Node processes."""
    emulator = emulator_of(vibe)
    running = processes_of(vibe)
    return {pid: line for pid, line in running.items() if not emulator or not _is_below(pid, emulator["pid"])}


def emulator_of(vibe: Vibe) -> dict[str, Any] | None:
    """What stands in `emulator.json`."""
    try:
        found: dict[str, Any] = json.loads((vibe.home / "emulator" / "emulator.json").read_text())
    except FileNotFoundError:
        return None
    return found


def pushing(vibe: Vibe) -> bool:
    """Whether the Convex CLI is at work."""
    return any("convex/bin/main.js" in line for line in processes_of(vibe).values())


def secrets_of(vibe: Vibe) -> set[str]:
    """Every secret this home knows now: tokens, keys, the emulator's client secret."""
    kept = json.loads((vibe.home / "credentials.json").read_text())["secrets"].values()
    emulator = emulator_of(vibe)
    secrets = {*kept, *(value.partition("|")[2] for value in kept)}
    return {value for value in (*secrets, emulator and emulator["client_secret"]) if value}


class Output:
    """The lines of a running command, read as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.lines: list[str] = []
        self._stream = process.stdout
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._stream:
            self.lines.append(line.rstrip("\n"))

    def wait_for(self, wanted: Callable[[str], bool], *, after: int = 0, limit: float = 30) -> int:
        """The number of the first such line from `after` on."""
        found: list[int] = []

        def there() -> bool:
            found.extend(n for n, line in enumerate(self.lines) if n >= after and wanted(line))
            return bool(found)

        assert within(limit, there), "\n".join(self.lines)
        return found[0]

    def rest(self) -> list[str]:
        """All lines, once the command has closed its output."""
        self._reader.join(10)
        assert not self._reader.is_alive()
        return self.lines


def events(lines: list[str]) -> list[dict[str, Any]]:
    """The objects of a --stream-json output."""
    return [json.loads(line) for line in lines]


def _is_below(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return False
