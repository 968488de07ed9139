"""What a chat has told, on disk: one event a line, with the time it happened."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from vibe_tui.services.assistant.events import (
    ModelWaits,
    TextPiece,
    ToolStarted,
    TurnEvent,
    TurnPlan,
)
from vibe_tui.services.atomic import private_folder, write_error
from vibe_tui.services.clock import now
from vibe_tui.services.model import Problem, Push
from vibe_tui.services.terminal_text import redact_all

_PASSING = (TextPiece, ModelWaits, ToolStarted)
_CLEARED = "chat_cleared"
_BLOCK = 256 * 1024


def event_name(event: object) -> str:
    """An event's class in snake case, as scripts see it: FileWritten -> file_written."""
    return _name(type(event))


def _name(kind: type) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__).lower()


_KINDS: dict[str, type] = {_name(kind): kind for kind in get_args(TurnEvent)}


@dataclass(frozen=True, slots=True)
class Told:
    """An event of an earlier time."""

    at: str
    """ISO 8601, UTC."""
    event: TurnEvent


@dataclass(frozen=True, slots=True)
class Earlier:
    """A part of the record, oldest first."""

    told: tuple[Told, ...]
    before: int
    """Where the part before this one ends; 0: there is none."""


class ChatRecord:
    """A JSONL file, 0600. Everything here blocks."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @staticmethod
    def keeps(event: TurnEvent) -> bool:
        """False: it is of no use once it is over."""
        return not isinstance(event, _PASSING)

    def append(self, event: TurnEvent) -> None:
        """Raises StoreNotWritable or StoreFull."""
        self._write({"at": now(), "event": event_name(event), **dataclasses.asdict(event)})

    def clear(self) -> None:
        """From here on the chat is a new one; what was before stays on disk."""
        self._write({"at": now(), "event": _CLEARED})

    def earlier(self, limit: int, before: int | None = None) -> Earlier:
        """Up to `limit` events that were told last, or last before the place `before`.

        A line that makes no sense is left out. Raises StoreNotWritable.
        """
        found: list[Told] = []
        try:
            with self._file.open("rb") as file:
                end = file.seek(0, os.SEEK_END) if before is None else before
                while end > 0 and len(found) < limit:
                    lines, end = _lines_before(file, end)
                    for at, line in reversed(lines):
                        entry = _entry(line)
                        if entry.get("event") == _CLEARED:
                            return Earlier(tuple(reversed(found)), 0)
                        if (told := _told(entry)) is not None:
                            found.append(told)
                        if len(found) == limit:
                            end = at
                            break
        except FileNotFoundError:
            return Earlier((), 0)
        except OSError as problem:
            raise write_error(self._file, problem) from problem
        return Earlier(tuple(reversed(found)), end)

    def _write(self, entry: dict[str, object]) -> None:
        line = json.dumps(redact_all(entry), ensure_ascii=False) + "\n"
        try:
            private_folder(self._file.parent)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self._file, flags, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(line)
        except OSError as problem:
            raise write_error(self._file, problem) from problem


def _lines_before(file: Any, end: int) -> tuple[list[tuple[int, bytes]], int]:
    """The whole lines of about a block before `end`, each with its place; and the place of the first."""
    size = _BLOCK
    while True:
        start = max(0, end - size)
        file.seek(start)
        block = file.read(end - start)
        first = 0 if start == 0 else block.find(b"\n", 0, len(block) - 1) + 1
        if start == 0 or first > 0:
            break
        size *= 2  # one line is longer than a block
    lines: list[tuple[int, bytes]] = []
    at = start + first
    for line in block[first:].splitlines(keepends=True):
        lines.append((at, line))
        at += len(line)
    return lines, start + first


def _entry(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}


def _told(entry: dict[str, Any]) -> Told | None:
    kind = _KINDS.get(str(entry.get("event")))
    if kind is None:
        return None
    values = {field.name: entry[field.name] for field in dataclasses.fields(kind) if field.name in entry}
    try:
        if "push" in values:
            values["push"] = _push(values["push"])
        if kind is TurnPlan or "changed" in values:
            values = {name: tuple(it) if isinstance(it, list) else it for name, it in values.items()}
        event: TurnEvent = kind(**values)
    except (TypeError, KeyError):  # of another version
        return None
    return Told(str(entry.get("at", "")), event)


def _push(values: dict[str, Any]) -> Push:
    problems: Sequence[dict[str, Any]] = values["problems"]
    return Push(**{**values, "problems": tuple(Problem(**problem) for problem in problems)})
