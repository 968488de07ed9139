"""The conversation as the model knows it, kept on disk from session to session."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vibe_tui.services.assistant.chat_model import Answered, Message, Said, System, ToolCall, ToolResult
from vibe_tui.services.atomic import private_folder, write_atomic, write_error
from vibe_tui.services.terminal_text import redact, redact_all

NOT_DONE = '{"ok": false, "note": "Cancelled by the user. It may have been carried out, or not."}'


class History:
    """In memory; `save` appends what is new to the file, one message a line.

    After every turn each call has its result and the last word is the model's: a conversation that is
    not whole is refused by the next request.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._messages: list[Message] = []
        self._saved = 0
        self.tokens: int | None = None
        """Of the last request and its answer; None: not known."""

    @property
    def messages(self) -> Sequence[Message]:
        return self._messages

    def load(self) -> None:
        """Take over what an earlier session left. A line that makes no sense is left out. Blocking."""
        try:
            lines = self._file.read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return
        except OSError as problem:
            raise write_error(self._file, problem) from problem
        found = [message for line in lines if (message := _read(line)) is not None]
        self._messages = found
        self._saved = len(found)
        self.mend("The session ended here.")

    def add(self, message: Message) -> None:
        """Without the secrets that a model may have guessed; those of others are not in it."""
        self._messages.append(_redacted(message) if isinstance(message, Answered) else message)

    def mend(self, reason: str, said: str = "") -> None:
        """Make the conversation whole after a turn that did not end by itself.

        said: what the model had said when it was stopped.
        """
        if not self._messages:
            return
        self._messages[:] = _without_stray_results(self._messages)
        open_calls = _open_calls(self._messages)
        self._messages += [ToolResult(call.id, NOT_DONE) for call in open_calls]
        if said or not isinstance(self._messages[-1], Answered):
            self.add(Answered(f"{said}\n[{reason}]".lstrip()))

    def replace(self, messages: Sequence[Message]) -> None:
        """Begin anew with these, on the disk too. Blocking. Raises StoreNotWritable or StoreFull."""
        self._messages = list(messages)
        self._saved = len(self._messages)
        self.tokens = None
        write_atomic(self._file, "".join(map(_line, self._messages)).encode("utf-8", "backslashreplace"))

    def save(self) -> None:
        """Blocking. Raises StoreNotWritable or StoreFull; what is in memory stays."""
        new = self._messages[self._saved :]
        if not new:
            return
        text = "".join(map(_line, new))
        try:
            private_folder(self._file.parent)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self._file, flags, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError as problem:
            raise write_error(self._file, problem) from problem
        self._saved = len(self._messages)


def _redacted(answer: Answered) -> Answered:
    calls = tuple(replace(call, arguments=_redacted_json(call.arguments)) for call in answer.calls)
    return Answered(redact(answer.text), calls)


def _redacted_json(text: str) -> str:
    """The same text where nothing is secret in it, byte by byte: providers keep what they have seen."""
    if redact(text) == text:
        return text
    try:
        return json.dumps(redact_all(json.loads(text)), ensure_ascii=False)
    except (ValueError, RecursionError):
        return redact(text)


def _without_stray_results(messages: Sequence[Message]) -> list[Message]:
    """A result stands only after its call: the lines before it may have been lost."""
    kept: list[Message] = []
    waiting: set[str] = set()
    for message in messages:
        if isinstance(message, ToolResult):
            if message.call_id not in waiting:
                continue
            waiting.discard(message.call_id)
        elif isinstance(message, Answered):
            waiting = {call.id for call in message.calls}
        kept.append(message)
    return kept


def _open_calls(messages: Sequence[Message]) -> list[ToolCall]:
    """Calls of the last answer that have no result yet."""
    answered = set()
    for message in reversed(messages):
        if isinstance(message, ToolResult):
            answered.add(message.call_id)
        else:
            calls = message.calls if isinstance(message, Answered) else ()
            return [call for call in calls if call.id not in answered]
    return []


def _line(message: Message) -> str:
    """Without images: they are large, and of use only in their own session."""
    entry: dict[str, object]
    match message:
        case System(text=text):
            entry = {"kind": "system", "text": text}
        case Said(text=text):
            entry = {"kind": "said", "text": text}
        case Answered(text=text, calls=calls):
            entry = {"kind": "answered", "text": text}
            entry["calls"] = [[call.id, call.name, call.arguments] for call in calls]
        case ToolResult(call_id=call_id, text=text):
            entry = {"kind": "result", "call": call_id, "text": text}
    return f"{json.dumps(entry, ensure_ascii=False)}\n"


def _read(line: str) -> Message | None:
    try:
        entry: dict[str, Any] = json.loads(line)
        match entry["kind"]:
            case "said":
                return Said(str(entry["text"]))
            case "answered":
                calls = tuple(ToolCall(*map(str, call)) for call in entry["calls"])
                return Answered(str(entry["text"]), calls)
            case "result":
                return ToolResult(str(entry["call"]), str(entry["text"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        pass  # the end of a file whose writer was killed
    return None
