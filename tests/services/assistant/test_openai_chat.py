"""OpenAiChat: what answers look like, in every shape that servers give them."""

from __future__ import annotations

import asyncio
import json
import threading
import time

import pytest

from tests.model_server import Answer, Call, ModelServer, Shape, held, says
from tests.services.assistant.scripted_chat import KEY, Heard, chat_at
from vibe_tui.services.assistant.chat_model import Answered, Said, System, ToolCall, ToolResult, Usage
from vibe_tui.services.assistant.openai_chat import OpenAiChat
from vibe_tui.services.assistant.provider import Provider

SHAPES: list[Shape] = ["openai", "repeated", "whole", "no index", "object"]


async def test_text_comes_in_pieces_and_whole_at_the_end() -> None:
    with ModelServer(says("Hello there, world", usage=(30, 5), cached=20)) as server:
        heard = Heard()
        complete = await heard.listen(chat_at(server.url))
    assert heard.text == "Hello there, world"
    assert len(heard.pieces) > 4
    assert complete.answer == Answered("Hello there, world")
    assert complete.usage == Usage(30, 5, 20)


@pytest.mark.parametrize("shape", SHAPES)
async def test_calls_are_the_same_however_they_are_written(shape: Shape) -> None:
    made = [
        Call("write_file", path="convex/schema.ts", text="export default {}", id="call_a"),
        Call("read_file", path="äöü “x” 🎉", id="call_b"),
    ]
    with ModelServer(says("I write.", calls=made, shape=shape)) as server:
        heard = Heard()
        answer = (await heard.listen(chat_at(server.url))).answer
    assert answer.text == "I write."
    assert [(call.id, call.name, json.loads(call.arguments)) for call in answer.calls] == [
        ("call_a", "write_file", {"path": "convex/schema.ts", "text": "export default {}"}),
        ("call_b", "read_file", {"path": "äöü “x” 🎉"}),
    ]
    last = {piece.index: piece for piece in heard.calls}
    assert [(piece.name, piece.characters) for piece in last.values()] == [
        (call.name, len(call.arguments)) for call in answer.calls
    ]
    assert "convex/schema.ts" not in repr(heard.calls)


def delta(*calls: dict[str, object], finish: str | None = None) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": {"tool_calls": list(calls)}, "finish_reason": finish}]}


def part(arguments: str, **more: object) -> dict[str, object]:
    name = {"name": more.pop("name")} if "name" in more else {}
    return {**more, "function": {**name, "arguments": arguments}}


@pytest.mark.parametrize(
    "chunks",
    [
        # Parallel calls, all under one index.
        [delta(part('{"a":1}', index=0, id="x", name="one")), delta(part("{}", index=0, id="y", name="two"))],
        # A new id for every delta of one call.
        [
            delta(part('{"a"', index=0, id="x", name="one")),
            delta(part(":1}", index=0, id="x2")),
            delta(part("{}", index=1, id="y", name="two")),
        ],
        # Neither index nor id.
        [delta(part('{"a"', name="one")), delta(part(":1}")), delta(part("{}", name="two"))],
        # One id for all.
        [delta(part('{"a":1}', index=0, id="x", name="one"), part("", index=1, id="x", name="two"))],
        # Interleaved.
        [
            delta(part("", index=0, id="x", name="one"), part("", index=1, id="y", name="two")),
            delta(part("{", index=1)),
            delta(part('{"a":1}', index=0)),
            delta(part("}", index=1)),
        ],
    ],
)
async def test_calls_are_told_apart(chunks: list[dict[str, object]]) -> None:
    with ModelServer(Answer([*chunks, delta(finish="stop")])) as server:
        answer = (await Heard().listen(chat_at(server.url))).answer
    assert [(call.name, call.arguments) for call in answer.calls] == [("one", '{"a":1}'), ("two", "{}")]
    assert len({call.id for call in answer.calls}) == 2
    assert all(call.id for call in answer.calls)


async def test_invalid_arguments_reach_the_caller_as_they_are() -> None:
    with ModelServer(says(calls=[Call("write_file", raw='{"path": ')])) as server:
        (call,) = (await Heard().listen(chat_at(server.url))).answer.calls
    assert call.arguments == '{"path":'


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
async def test_reasoning_is_no_part_of_the_answer(key: str) -> None:
    with ModelServer(says("42", reasoning="Let me think …", reasoning_key=key)) as server:
        heard = Heard()
        complete = await heard.listen(chat_at(server.url))
    assert heard.reasoning == "Let me think …"
    assert complete.answer == Answered("42")


async def test_chunks_of_any_form_are_taken() -> None:
    odd: list[dict[str, object] | str] = [
        ": OPENROUTER PROCESSING\n\n",
        {"choices": None},
        {"choices": [{}]},
        {"choices": [{"index": 0, "delta": None}]},
        {"choices": [{"index": 0, "delta": {"content": 7, "tool_calls": {"not": "a list"}}}]},
        {"choices": [{"index": 0, "delta": {"content": [{"type": "text", "text": "in "}, 3]}}]},
        "data: [1, 2]\n\n",
        "event: ping\ndata: {}\n\n",
        {"usage": {"prompt_tokens": "many"}, "choices": [{"delta": {"content": "parts"}}]},
        {"choices": [{"delta": {}, "finish_reason": "stop"}]},
    ]
    with ModelServer(Answer(odd)) as server:
        complete = await Heard().listen(chat_at(server.url))
    assert complete.answer == Answered("in parts")
    assert complete.usage is None


async def test_control_characters_are_taken_out() -> None:
    with ModelServer(says(["a\x1b]52;c;AAAA\x07b", "\u202ec\r\nd"], reasoning="\x1b[2J!")) as server:
        heard = Heard()
        answer = (await heard.listen(chat_at(server.url))).answer
    assert answer.text == heard.text == "abc\nd"
    assert heard.reasoning.isprintable() and heard.reasoning.endswith("!")


async def test_an_answer_is_whole_with_its_finish_reason_whatever_comes_after() -> None:
    bare = says("whole", usage=None)
    with ModelServer(
        Answer(bare.pieces, end="cut"),
        Answer(bare.pieces, end="broken"),
        Answer(bare.pieces, end="stalled"),
        Answer([*bare.pieces, "data: {nonsense\n\n"]),
    ) as server:
        for _ in range(4):
            complete = await Heard().listen(chat_at(server.url))
            assert (complete.answer.text, complete.usage) == ("whole", None)


async def test_the_request_has_the_conversation_and_nothing_of_this_computer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer of-somebody-else\nX-Private: yes")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-private")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-provider")
    conversation = (
        System("You write Convex code."),
        Said("What is in \udcff?", images=("data:image/png;base64,AAAA",)),
        Answered("", (ToolCall("c1", "read_file", '{"path": "a"}'), ToolCall("c2", "read_file", '{"pa'))),
        ToolResult("c1", "text"),
        ToolResult("c2", "invalid"),
        Answered("It is text."),
        Said("Thanks"),
    )
    with ModelServer(says("ok"), key=KEY.reveal()) as server:
        await Heard().listen(chat_at(server.url, reasoning_effort="low"), *conversation)
        (asked,) = server.requests
    assert [message["role"] for message in asked.messages] == [
        "system",
        "user",
        "assistant",
        "tool",
        "tool",
        "assistant",
        "user",
    ]
    assert asked.messages[1]["content"] == [
        {"type": "text", "text": "What is in \ufffd?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]
    called = [call["function"]["arguments"] for call in asked.messages[2]["tool_calls"]]
    assert json.loads(called[0]) == {"path": "a"}
    assert json.loads(called[1]) == {"not_a_json_object": '{"pa'}
    assert asked.tools == ["read_file", "write_file"]
    assert asked.body["stream_options"] == {"include_usage": True}
    assert asked.body["reasoning_effort"] == "low"
    assert set(asked.headers) <= {
        *("host", "accept", "accept-encoding", "connection", "content-type", "content-length"),
        *("user-agent", "authorization"),
    }


async def test_without_a_key_none_is_sent() -> None:
    with ModelServer(says("ok")) as server:
        await Heard().listen(OpenAiChat(Provider("here", server.url), "scripted"), tools=())
        (asked,) = server.requests
    assert "authorization" not in asked.headers
    assert "tools" not in asked.body and "reasoning_effort" not in asked.body


async def test_closing_it_ends_the_request_at_once() -> None:
    gate = threading.Event()
    with ModelServer(held(says("Hello there"), gate, after=3)) as server:
        pieces = chat_at(server.url).stream((Said("Hello"),), ())
        await anext(pieces)
        await pieces.aclose()
        await left(server)


async def left(server: ModelServer) -> None:
    async with asyncio.timeout(5):
        while server.left_early == 0:
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("spoken", [0, 3])
async def test_cancelling_it_ends_the_request_at_once(spoken: int) -> None:
    gate = threading.Event()
    with ModelServer(held(says("Hello there"), gate, after=spoken)) as server:
        heard = Heard()
        turn = asyncio.create_task(heard.listen(chat_at(server.url)))
        async with asyncio.timeout(10):
            while len(server.requests) == 0 or len(heard.pieces) < min(spoken, 2):
                await asyncio.sleep(0.005)
        started = time.monotonic()
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        assert time.monotonic() - started < 0.5
        await left(server)


async def test_its_name_and_what_is_guessed_of_it() -> None:
    there = OpenAiChat(Provider("openai", "https://api.openai.com/v1"), "gpt-4o")
    assert (there.name, there.window, there.takes_images) == ("gpt-4o (openai)", 128_000, True)
    told = OpenAiChat(Provider("x", "https://x.example/v1"), "a/b", window=9000, takes_images=False)
    assert (told.window, told.takes_images) == (9000, False)
    here = OpenAiChat(Provider("ollama", "http://127.0.0.1:11434/v1"), "qwen3:8b")
    assert (here.window, here.takes_images) == (32_000, False)
