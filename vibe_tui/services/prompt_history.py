"""The prompts of a project, for going back to one in a later session."""

from __future__ import annotations

import json
import os
from pathlib import Path

from vibe_tui.services.atomic import private_folder, write_atomic, write_error
from vibe_tui.services.terminal_text import clean, redact

KEPT = 500
_LONGEST = 20_000
"""Characters of a prompt that is kept."""


class PromptHistory:
    """A file of JSON lines, 0600. Everything here blocks, and raises StoreNotWritable or StoreFull."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def load(self) -> list[str]:
        """Oldest first. A line that makes no sense is left out."""
        try:
            lines = self._file.read_text("utf-8", "replace").split("\n")
        except FileNotFoundError:
            return []
        except OSError as problem:
            raise write_error(self._file, problem) from problem
        prompts = [prompt for line in lines if (prompt := _prompt(line))]
        if len(prompts) > 2 * KEPT:
            prompts = prompts[-KEPT:]
            write_atomic(self._file, "".join(map(_line, prompts)).encode())
        return prompts[-KEPT:]

    def add(self, prompt: str) -> None:
        """Without what is secret in it."""
        if len(prompt) > _LONGEST:
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            private_folder(self._file.parent)
            with os.fdopen(os.open(self._file, flags, 0o600), "wb") as file:
                file.write(_line(redact(prompt)).encode())
        except OSError as problem:
            raise write_error(self._file, problem) from problem


def _line(prompt: str) -> str:
    return json.dumps(prompt) + "\n"


def _prompt(line: str) -> str:
    try:
        prompt = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    return clean(prompt) if isinstance(prompt, str) else ""
