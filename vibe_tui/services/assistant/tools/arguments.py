"""The arguments of a call as the model wrote them, checked against what the tool takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible

_LONGEST_NAME = 60


class ArgumentsWrong(VibeError):
    """Not what the tool takes; nothing was done."""

    code = "arguments_wrong"


class Arguments:
    """Reading one that is not there gives its default: what is required was checked."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        return value if isinstance(value, str) else default

    def path(self, name: str) -> str:
        """A text without the "./" that models like to begin paths with."""
        return self.text(name).removeprefix("./")

    def whole(self, name: str, default: int) -> int:
        value = self.values.get(name)
        return value if isinstance(value, int) else default

    def flag(self, name: str) -> bool:
        return self.values.get(name) is True

    def texts(self, name: str) -> list[str]:
        value = self.values.get(name)
        return list(value) if isinstance(value, list) else []

    def mapping(self, name: str) -> dict[str, object]:
        value = self.values.get(name)
        return dict(value) if isinstance(value, dict) else {}


def read_arguments(given: str, schema: Mapping[str, object]) -> Arguments:
    """given: JSON from the model; "" is an empty object. Raises ArgumentsWrong."""
    try:
        values = json.loads(given or "{}")
    except (ValueError, RecursionError) as error:
        reason = visible(str(error))[:200]
        raise ArgumentsWrong(
            f"The arguments are not valid JSON: {reason}.", next_step="Send the whole call again."
        ) from error
    if not isinstance(values, dict):
        raise ArgumentsWrong("The arguments must be one JSON object.", next_step=_shape(schema))
    known: Any = schema["properties"]
    required: Any = schema["required"]
    unknown = [visible(name)[:_LONGEST_NAME] for name in values if name not in known]
    missing = [name for name in required if name not in values]
    wrong = [
        f"{name} (must be: {_kind(known[name])})"
        for name, value in values.items()
        if name in known and not _fits(value, known[name])
    ]
    for what, names in (("Unknown", unknown), ("Missing", missing), ("Not of the right type", wrong)):
        if names:
            raise ArgumentsWrong(
                f"{what} among the arguments: {', '.join(names[:5])}.", next_step=_shape(schema)
            )
    return Arguments(values)


def _fits(value: object, schema: Mapping[str, object]) -> bool:
    match schema["type"]:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, dict)


def _kind(schema: Mapping[str, object]) -> str:
    return "array of strings" if schema["type"] == "array" else str(schema["type"])


def _shape(schema: Mapping[str, object]) -> str:
    known: Any = schema["properties"]
    required: Any = schema["required"]
    parts = [f"{name}{'' if name in required else '?'}: {_kind(it)}" for name, it in known.items()]
    return f"It takes {{ {', '.join(parts)} }}." if parts else "It takes no arguments: {}."
