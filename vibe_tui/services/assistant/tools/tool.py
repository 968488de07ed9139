"""What a tool is: what the model is told of it, and what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from vibe_tui.services.assistant.chat_model import ToolSpec
from vibe_tui.services.assistant.events import TurnEvent
from vibe_tui.services.assistant.tools.arguments import Arguments
from vibe_tui.services.assistant.tools.bench import Bench
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible


class ToolRefused(VibeError):
    """The call makes no sense as it is; the model is told why."""

    code = "tool_refused"


class Declined(VibeError):
    """The user said no. Nothing was done."""

    code = "declined"

    def __init__(self) -> None:
        super().__init__(
            "The user declined this; nothing was done.",
            next_step="Go on without it, or ask the user what they want instead.",
        )


@dataclass(frozen=True, slots=True)
class Result:
    """How a call went."""

    title: str
    """For the user, e.g. "Read convex/schema.ts, lines 1 to 80"."""
    data: Mapping[str, object] = field(default_factory=dict)
    """For the model: JSON values. Untrusted; whoever sends it on cleans it."""
    ok: bool = True
    events: tuple[TurnEvent, ...] = ()
    """What happened to the project, in order."""


@dataclass(frozen=True, slots=True)
class Tool:
    spec: ToolSpec
    verb: str
    """What it is doing, e.g. "Reading"."""
    run: Callable[[Arguments, Bench], Awaitable[Result]]
    """Raises VibeErrors: the model is told, and goes on."""
    about: str = ""
    """The argument that says what the verb is about."""
    writes: bool = False
    """Whether it changes files of the project."""

    def doing(self, arguments: Arguments) -> str:
        """For the user, before it is done, e.g. "Reading convex/schema.ts"."""
        about = arguments.text(self.about) if self.about else ""
        return f"{self.verb} {visible(about)[:200]}".rstrip()


def takes(
    required: Mapping[str, Mapping[str, object]],
    optional: Mapping[str, Mapping[str, object]] | None = None,
) -> dict[str, object]:
    """The JSON Schema of an object with these properties."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def text(description: str) -> dict[str, object]:
    return {"type": "string", "description": description}


def whole(description: str) -> dict[str, object]:
    return {"type": "integer", "description": description}


def flag(description: str) -> dict[str, object]:
    return {"type": "boolean", "description": description}


def texts(description: str) -> dict[str, object]:
    return {"type": "array", "items": {"type": "string"}, "description": description}
