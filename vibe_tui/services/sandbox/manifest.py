"""What both sides of a mirror agreed on last, file by file, kept over restarts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from vibe_tui.services.atomic import write_atomic

_KEPT = 6
"""Versions of a file that are remembered, to tell an old one from an edit."""

LEFT_ALONE = "?"
"""In place of a hash: something is there that is not mirrored (too large, a link, not readable)."""


def digest(data: bytes) -> str:
    """What `sha256sum` prints."""
    return hashlib.sha256(data).hexdigest()


class Manifest:
    """By path: the content hashes both sides had, the newest first. "" stands for no file.

    It is only worth something for the one sandbox it was made with. Nothing here is secret: hashes
    and paths. Losing it loses no file: what differs then is kept twice.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._versions: dict[str, list[str]] = {}
        self._changed = False
        self.sandbox_id = ""

    def load(self, sandbox_id: str) -> None:
        """Be the manifest of this sandbox: the one on disk, or an empty one. Blocking."""
        self._versions = {}
        self.sandbox_id = sandbox_id
        try:
            kept = json.loads(self._file.read_bytes())
        except (OSError, ValueError):
            return
        if isinstance(kept, dict) and kept.get("sandbox") == sandbox_id and _is_versions(kept.get("files")):
            self._versions = kept["files"]

    def save(self) -> None:
        """Blocking. Raises StoreFull or StoreNotWritable."""
        if self._changed:
            self._changed = False
            kept = {"sandbox": self.sandbox_id, "files": self._versions}
            write_atomic(self._file, json.dumps(kept, separators=(",", ":")).encode())

    def agreed(self, path: str) -> str:
        """The hash both sides had last; "": neither had the file, as far as is known."""
        versions = self._versions.get(path)
        return versions[0] if versions else ""

    def was(self, path: str, hash: str) -> bool:
        """Whether the file had this content at any time that is remembered."""
        return hash in self._versions.get(path, ())

    def agree(self, path: str, hash: str) -> None:
        """Both sides have this now."""
        versions = self._versions.get(path, [])
        if versions[:1] != [hash] and (versions or hash):
            self._versions[path] = [hash, *(one for one in versions if one != hash)][:_KEPT]
            self._changed = True

    def paths(self) -> Iterable[str]:
        """Those that both sides had last."""
        return [path for path, versions in self._versions.items() if versions[0]]


def _is_versions(files: object) -> bool:
    return isinstance(files, dict) and all(
        isinstance(path, str)
        and isinstance(versions, list)
        and versions
        and all(isinstance(one, str) for one in versions)
        for path, versions in files.items()
    )
