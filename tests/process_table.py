"""The processes of this machine, as tests look at them: a zombie counts as gone."""

from __future__ import annotations

import subprocess
from pathlib import Path


def is_alive(pid: int) -> bool:
    return any(living == pid for living, _ in _living())


def descendants(pid: int) -> set[int]:
    """Living children of a process, and theirs."""
    rows = _living()
    found = {pid}
    while more := {child for child, parent in rows if parent in found} - found:
        found |= more
    return found - {pid}


def _living() -> list[tuple[int, int]]:
    """(process, its parent) of every process that is not a zombie."""
    if not Path("/proc/self/stat").exists():
        table = subprocess.run(["ps", "-axo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True)
        columns = [line.split() for line in table.stdout.splitlines()]
        return [(int(pid), int(parent)) for pid, parent, state, *_ in columns if state[0] != "Z"]
    rows = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        state, parent, *_ = text.rpartition(")")[2].split()
        if state not in "ZX":
            rows.append((int(path.parent.name), int(parent)))
    return rows
