"""Files of variables with their values in them. Blocking."""

from __future__ import annotations

import os
from pathlib import Path

from vibe_tui.services.atomic import write_atomic
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible

LARGEST = 16 * 1024 * 1024
"""Bytes that are read at most."""


class EnvFileUnreadable(VibeError):
    code = "env_file_unreadable"


class EnvFileExists(VibeError):
    code = "env_file_exists"


def read_env_file(name: str) -> str:
    """name: a path; "~" is the user's folder. Raises EnvFileUnreadable."""
    try:
        with Path(name).expanduser().open("rb") as file:
            return env_file_text(file.read(LARGEST), name)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise EnvFileUnreadable(f"{visible(name)} cannot be read: {reason}.") from error


def env_file_text(raw: bytes, name: str) -> str:
    """Raises EnvFileUnreadable."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise EnvFileUnreadable(f"{visible(name)} cannot be read: it is not UTF-8.") from error


def write_env_file(name: str, text: str, *, replace: bool) -> Path:
    """Where it was written; only its owner can read it.

    name: as for `read_env_file`. Raises EnvFileExists, StoreFull and StoreNotWritable.
    """
    target = Path(name).expanduser()
    if target.exists() and not replace:
        raise EnvFileExists(
            f"{visible(str(target))} exists already.", next_step="Choose another name, or pass --replace."
        )
    write_atomic(target, text.encode())
    return target
