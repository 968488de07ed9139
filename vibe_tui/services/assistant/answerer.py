"""The seam between a turn and whoever answers in it: the built-in recipes now, a model later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Files(Protocol):
    """The working tree, as far as an assistant may use it. Blocking: call it in a thread.

    Text goes through unchanged: line endings and a byte order mark are part of it. Every method
    raises the VibeErrors of services/working_tree.py, e.g. for a path that is refused.
    """

    def exists(self, path: str) -> bool: ...

    def read_text(self, path: str) -> str: ...

    def write(self, path: str, text: str) -> object:
        """Replace the file atomically, making its folders."""


def read_or_none(files: Files, path: str) -> str | None:
    """The text of the file, or None when there is no such file."""
    return files.read_text(path) if files.exists(path) else None


@dataclass(frozen=True, slots=True)
class Edit:
    """One file, as it was when the plan was made and as it will be."""

    path: str
    before: str | None
    """None: the file is not there yet."""
    after: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Exact edits, and what they do in words. Without edits: there is nothing to change."""

    title: str
    steps: tuple[str, ...]
    edits: tuple[Edit, ...]
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing will be written."""

    reason: str
    """One sentence."""
    next_step: str
    text: str = ""
    """What to show with it: a snippet to paste, or what can be asked for."""


class Answerer(Protocol):
    name: str
    """Shown as the author of the answer; says what it is."""

    async def answer(self, prompt: str, files: Files) -> Plan | Refusal:
        """What to do about the prompt. Reads files, writes none; may be asked again in the same turn."""
