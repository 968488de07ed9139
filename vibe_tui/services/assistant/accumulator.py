"""An answer put together from the chunks of a stream, whatever shape the server gives them.

The SDK's own helper is of no use: where a server repeats id and name in every delta it joins them to
`write_filewrite_file…`. Chunks are read by name only, because the SDK builds them unvalidated.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vibe_tui.services.assistant.chat_model import (
    Answered,
    CallPiece,
    Piece,
    ReasoningPiece,
    TextPiece,
    ToolCall,
    Usage,
)
from vibe_tui.services.terminal_text import clean


@dataclass(eq=False)
class _Call:
    index: int | None
    id: str
    name: str
    arguments: list[str] = field(default_factory=list)
    characters: int = 0


class Accumulator:
    """One answer that is being received."""

    def __init__(self) -> None:
        self.finish = ""
        """The finish reason; "" until the server gives one."""
        self.usage: Usage | None = None
        self.begun = False
        """Whether a piece has come."""
        self.characters = 0
        """Of text, reasoning and arguments together."""
        self._text: list[str] = []
        self._calls: list[_Call] = []

    def add(self, chunk: object) -> Iterator[Piece]:
        """What the chunk brings, for the eye."""
        self._count(_of(chunk, "usage"))
        for choice in _list(_of(chunk, "choices"))[:1]:
            delta = _of(choice, "delta")
            reasoning = _text(_of(delta, "reasoning_content")) or _text(_of(delta, "reasoning"))
            if reasoning:
                self.begun = True
                self.characters += len(reasoning)
                yield ReasoningPiece(clean(reasoning))
            text = _content(_of(delta, "content")) or _text(_of(delta, "refusal"))
            if text:
                self.begun = True
                self.characters += len(text)
                text = clean(text)
                self._text.append(text)
                yield TextPiece(text)
            for part in _list(_of(delta, "tool_calls")):
                self.begun = True
                call = self._take(part)
                yield CallPiece(self._calls.index(call), clean(call.name), call.characters)
            self.finish = _text(_of(choice, "finish_reason")) or self.finish

    def answer(self) -> Answered:
        """All of it. Calls are whole only when the stream ended as it should: look at `finish` first."""
        taken: set[str] = set()
        calls = []
        for call in self._calls:
            # Some servers give no ids, or the same to all; an answer to a call needs its own.
            id = call.id if call.id and call.id not in taken else f"call_{os.urandom(8).hex()}"
            taken.add(id)
            calls.append(ToolCall(id, call.name, "".join(call.arguments).strip() or "{}"))
        return Answered("".join(self._text), tuple(calls))

    def _take(self, part: object) -> _Call:
        """Add one delta of a call to the call it belongs to."""
        function = _of(part, "function")
        index, id, name = _of(part, "index"), _text(_of(part, "id")), _text(_of(function, "name"))
        call = self._call_of(index if isinstance(index, int) else None, id, name)
        arguments = _of(function, "arguments")
        if arguments is not None and not isinstance(arguments, str):
            # An object, though the protocol wants it written.
            arguments = json.dumps(arguments, ensure_ascii=False, default=str)
        if arguments:
            call.arguments.append(arguments)
            call.characters += len(arguments)
            self.characters += len(arguments)
        return call

    def _call_of(self, index: int | None, id: str, name: str) -> _Call:
        """The call that a delta goes on with, or a new one."""
        if index is not None:
            call = next((known for known in reversed(self._calls) if known.index == index), None)
            # Parallel calls under one index: a name under another id begins a call. An id alone does
            # not: there are servers that make up a new one for every delta.
            if call is not None and name and id and call.id not in ("", id):
                call = None
        else:
            call = next((known for known in self._calls if id and known.id == id), None)
            if call is None and not name and self._calls:
                call = self._calls[-1]
        if call is None:
            call = _Call(index, id, name)
            self._calls.append(call)
        call.id, call.name = call.id or id, call.name or name
        return call

    def _count(self, usage: object) -> None:
        prompt, completion = _of(usage, "prompt_tokens"), _of(usage, "completion_tokens")
        if isinstance(prompt, int) and isinstance(completion, int):
            cached = _of(_of(usage, "prompt_tokens_details"), "cached_tokens")
            self.usage = Usage(prompt, completion, cached if isinstance(cached, int) else 0)


def _of(thing: object, name: str) -> object:
    found: object = thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
    return found


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _content(value: object) -> str:
    """A text, or a list of parts, of which those that are text count."""
    return _text(value) or "".join(_text(_of(part, "text")) for part in _list(value))
