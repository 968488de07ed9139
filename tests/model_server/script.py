"""What a scripted model says: answers as the chunks of a stream, refusals, and faults."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Shape = Literal["openai", "repeated", "whole", "no index", "object"]
"""How a server writes calls.

openai: id and name first, then the arguments in pieces, by index.
repeated: id and name in every delta, a legacy function_call, finish reason "stop" (llama_cpp.server).
whole: each call whole in one delta, finish reason "stop".
no index: pieces as "openai", and no index; a new id begins the next call.
object: each call whole, its arguments an object instead of JSON.
"""
End = Literal["done", "cut", "broken", "stalled"]
Chunk = Mapping[str, Any]

_numbers = itertools.count(1)


class Call:
    """A tool call. arguments: keywords, or exactly `raw`, which may be invalid JSON."""

    def __init__(self, name: str, *, raw: str | None = None, id: str = "", **arguments: object) -> None:
        self.name = name
        self.arguments = arguments
        self.raw = json.dumps(arguments) if raw is None else raw
        self.id = id or f"call_{next(_numbers)}"


@dataclass(frozen=True)
class Answer:
    """A stream. Each piece is one chunk (a mapping becomes JSON), or raw lines of the stream."""

    pieces: Iterable[Chunk | str]
    pause: float = 0
    """Seconds before each piece."""
    end: End = "done"
    after: int | None = None
    """The end comes after so many pieces; None: after all of them."""
    gate: threading.Event | None = None
    """With `held_at`: the piece of that number waits for it."""
    held_at: int = 0


@dataclass(frozen=True)
class Refusal:
    """Anything but a stream. status 0: the connection is closed without a word."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Turn = Answer | Refusal


def says(
    text: str | Sequence[str] = "",
    *,
    calls: Sequence[Call] = (),
    reasoning: str = "",
    reasoning_key: str = "reasoning_content",
    shape: Shape = "openai",
    usage: tuple[int, int] | None = (12, 7),
    cached: int = 0,
    finish: str | None = "",
) -> Answer:
    """text: in the pieces given, or cut after every fourth character.

    usage: prompt and completion tokens, sent in a chunk of empty choices; None: not told.
    finish: the finish reason; "": what the shape uses; None: none at all.
    """
    pieces: list[Chunk | str] = [_delta(role="assistant", content=None)]
    if reasoning:
        pieces += [_delta(**{reasoning_key: piece}) for piece in _cut_up(reasoning)]
    pieces += [_delta(content=piece) for piece in (_cut_up(text) if isinstance(text, str) else text)]
    for index, call in enumerate(calls):
        pieces += [_delta(**delta) for delta in _call_deltas(index, call, shape)]
    if finish == "":
        finish = "tool_calls" if calls and shape in ("openai", "no index") else "stop"
    if finish is not None:
        pieces.append(_chunk({"index": 0, "delta": {}, "finish_reason": finish}))
    if usage is not None:
        pieces.append(_usage(*usage, cached))
    return Answer(pieces)


def cut(turn: Answer, *, after: int | None = None) -> Answer:
    return replace(turn, end="cut", after=after)


def broken(turn: Answer, *, after: int | None = None) -> Answer:
    return replace(turn, end="broken", after=after)


def stalled(turn: Answer, *, after: int | None = None) -> Answer:
    return replace(turn, end="stalled", after=after)


def slow(turn: Answer, pause: float) -> Answer:
    return replace(turn, pause=pause)


def held(turn: Answer, gate: threading.Event, *, after: int = 0) -> Answer:
    return replace(turn, gate=gate, held_at=after)


def endless(word: str = "again ") -> Answer:
    class Forever:
        def __iter__(self) -> Iterator[Chunk]:
            return itertools.repeat(_delta(content=word))

    return Answer(Forever(), pause=0.001)


def fails(
    message: str = "The upstream provider failed", code: object = 502, *, after: Answer | None = None
) -> Answer:
    """after: what was said before, without its end."""
    said = [] if after is None else [piece for piece in after.pieces if not _ends(piece)]
    return Answer([*said, {"error": {"message": message, "code": code}}], end="cut")


def refuses(
    status: int,
    message: str = "",
    *,
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Refusal:
    error = {"message": message, "type": "error", "code": code, "param": param}
    return Refusal(
        status,
        json.dumps({"error": error}).encode(),
        {"Content-Type": "application/json", **(headers or {})},
    )


def page(status: int = 200, text: str = "<!doctype html><title>Welcome</title>Please sign in") -> Refusal:
    return Refusal(status, text.encode(), {"Content-Type": "text/html"})


def hangs_up() -> Refusal:
    return Refusal(0)


def _call_deltas(index: int, call: Call, shape: Shape) -> Iterator[dict[str, Any]]:
    whole = {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.raw}}
    if shape == "object":
        function = {"name": call.name, "arguments": call.arguments}
        yield {"tool_calls": [{"index": index, **whole, "function": function}]}
        return
    if shape == "whole":
        yield {"tool_calls": [{"index": index, **whole}]}
        return
    if shape == "repeated":
        for piece in _cut_up(call.raw):
            function = {"name": call.name, "arguments": piece}
            yield {
                "tool_calls": [{"index": index, **whole, "function": function}],
                "function_call": function,
            }
        return
    where = {"index": index} if shape == "openai" else {}
    yield {"tool_calls": [{**where, **whole, "function": {"name": call.name, "arguments": ""}}]}
    for piece in _cut_up(call.raw):
        yield {"tool_calls": [{**where, "function": {"arguments": piece}}]}


def _cut_up(text: str) -> list[str]:
    return [text[at : at + 4] for at in range(0, len(text), 4)]


def _delta(**delta: object) -> Chunk:
    return _chunk({"index": 0, "delta": delta, "finish_reason": None})


def _chunk(choice: Mapping[str, Any]) -> Chunk:
    return {"id": "c1", "object": "chat.completion.chunk", "model": "scripted", "choices": [choice]}


def _usage(prompt: int, completion: int, cached: int) -> Chunk:
    told: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    if cached:
        told["prompt_tokens_details"] = {"cached_tokens": cached}
    return {"id": "c1", "object": "chat.completion.chunk", "choices": [], "usage": told}


def _ends(piece: Chunk | str) -> bool:
    if isinstance(piece, str):
        return False
    return not piece["choices"] or piece["choices"][0]["finish_reason"] is not None
