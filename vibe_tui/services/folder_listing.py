"""One folder of the project as the file tree shows it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from vibe_tui.services.working_tree import is_ignored, read_ignores

_HIDDEN = {".git", ".vibe-tui"}
_DIMMED = {"node_modules"}


@dataclass(frozen=True, slots=True)
class Listed:
    name: str
    is_folder: bool
    ignored: bool
    """Named by a `.gitignore`, or `node_modules`."""


def list_folder(root: Path, path: str) -> list[Listed]:
    """The entries of `path` (relative to `root`, "" for itself): folders first, then by name.

    Links to folders count as files: they are shown and not walked into. Blocking. A folder that cannot be
    read is empty: it may have gone since it was opened.
    """
    ignores = []
    parts = path.split("/") if path else []
    for depth in range(len(parts) + 1):
        file = root.joinpath(*parts[:depth], ".gitignore")
        if file.is_file():
            prefix = "".join(f"{part}/" for part in parts[:depth])
            ignores.append((prefix, read_ignores(file)))
    above = f"{path}/" if path else ""
    return [
        Listed(name, folder, name in _DIMMED or is_ignored(f"{above}{name}{'/' if folder else ''}", ignores))
        for name, folder in _entries(root / path)
    ]


def list_top(root: Path) -> list[Listed]:
    """The entries of `root` without a look at its `.gitignore`: quick. Blocking."""
    return [Listed(name, folder, name in _DIMMED) for name, folder in _entries(root)]


def _entries(folder: Path) -> list[tuple[str, bool]]:
    """What is in the folder and whether it is a folder itself, in the tree's order."""
    try:
        with os.scandir(folder) as found:
            entries = [
                (entry.name, entry.is_dir(follow_symlinks=False))
                for entry in found
                if entry.name not in _HIDDEN
            ]
    except OSError:
        return []
    return sorted(entries, key=lambda entry: (not entry[1], entry[0].lower(), entry[0]))
