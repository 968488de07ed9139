"""Tool calls that a model writes as plain text, because it was never taught to make them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection

_MARK = re.compile(r"<\|?tool_call\|?>|\[TOOL_CALLS\]|<function=|<\|python_tag\|>")
_FENCE = re.compile(r"\A```\w*\n(.*)\n```\Z", re.DOTALL)
_NEAR = 200
"""Characters after the mark in which the tool is named."""


def has_plain_call(text: str, tools: Collection[str]) -> bool:
    """Whether `text` is meant as a call of one of these tools."""
    for mark in _MARK.finditer(text):
        after = text[mark.end() : mark.end() + _NEAR]
        if any(re.search(rf"(?<!\w){re.escape(tool)}(?!\w)", after) for tool in tools):
            return True
    return _is_call(text.strip(), tools)


def _is_call(text: str, tools: Collection[str]) -> bool:
    """Whether the whole text is one call as JSON."""
    fenced = _FENCE.match(text)
    text = fenced[1].strip() if fenced else text
    if not text.startswith("{"):
        return False
    try:
        call = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return call.get("name") in tools and bool({"arguments", "parameters"} & call.keys())
