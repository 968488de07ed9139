"""A conversation and its tools as a Chat Completions request has them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from vibe_tui.services.assistant.chat_model import (
    Answered,
    Message,
    Said,
    System,
    ToolCall,
    ToolResult,
    ToolSpec,
)

_SURROGATES = re.compile("[\ud800-\udfff]")


def message_parameters(messages: Sequence[Message]) -> list[dict[str, object]]:
    return [_message(message) for message in messages]


def tool_parameters(tools: Sequence[ToolSpec]) -> list[dict[str, object]]:
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": dict(tool.parameters),
            },
        }
        for tool in tools
    ]


def _message(message: Message) -> dict[str, object]:
    match message:
        case System(text):
            return {"role": "system", "content": _sendable(text)}
        case Said(text, ()):
            return {"role": "user", "content": _sendable(text)}
        case Said(text, images):
            pictures = [{"type": "image_url", "image_url": {"url": image}} for image in images]
            return {"role": "user", "content": [{"type": "text", "text": _sendable(text)}, *pictures]}
        case Answered(text, ()):
            return {"role": "assistant", "content": _sendable(text)}
        case Answered(text, calls):
            made = [_call(call) for call in calls]
            return {"role": "assistant", "content": _sendable(text) or None, "tool_calls": made}
        case ToolResult(call_id, text):
            return {"role": "tool", "tool_call_id": call_id, "content": _sendable(text)}


def _call(call: ToolCall) -> dict[str, object]:
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": _arguments(call.arguments)},
    }


def _arguments(text: str) -> str:
    """The arguments; what is no JSON object stands in one, since many servers parse them again."""
    try:
        if isinstance(json.loads(text), dict):
            return text
    except (ValueError, RecursionError):
        pass
    return json.dumps({"not_a_json_object": text})


def _sendable(text: str) -> str:
    """Lone surrogates, e.g. of a file name that is not UTF-8, cannot be sent."""
    return _SURROGATES.sub("\ufffd", text)
