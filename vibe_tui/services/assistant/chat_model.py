"""What a turn asks of a language model: messages and tools in, a stream of pieces out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from vibe_tui.services.errors import VibeError


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool the model may call."""

    name: str
    description: str
    parameters: Mapping[str, object]
    """JSON Schema of an object."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str
    name: str
    arguments: str
    """JSON as the model wrote it: it may be invalid."""


@dataclass(frozen=True, slots=True)
class System:
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """What the user said."""

    text: str
    images: tuple[str, ...] = ()
    """As data: URLs."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the model said, and the calls it wants to be made."""

    text: str
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolResult:
    call_id: str
    text: str


Message = System | Said | Answered | ToolResult


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request."""

    prompt: int
    completion: int
    cached: int = 0
    """Of the prompt's."""


# --- What a stream is made of ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextPiece:
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningPiece:
    text: str


@dataclass(frozen=True, slots=True)
class CallPiece:
    """A tool call is being written: how far it is. Never its content."""

    index: int
    name: str
    characters: int
    """Of the arguments so far."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The request is sent again in so many seconds."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Complete:
    """The last piece: the whole answer, which ended as the protocol wants it."""

    answer: Answered
    usage: Usage | None
    """None: the provider does not tell."""


Piece = TextPiece | ReasoningPiece | CallPiece | Waiting | Complete


class ModelFailed(VibeError):
    """The model did not answer; nothing of what it began is to be carried out."""

    code = "model_failed"


class CutShort(ModelFailed):
    """The stream ended in the middle. The pieces so far were text for the eye only."""

    code = "model_cut_short"


class NoTools(ModelFailed):
    """The model cannot call tools."""

    code = "model_without_tools"


class ChatModel(Protocol):
    name: str
    """As it is shown, e.g. "gpt-5.2 (OpenAI)"."""
    window: int
    """Tokens the model can look at; an estimate where the provider does not tell."""
    takes_images: bool

    def stream(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> AsyncGenerator[Piece, None]:
        """Ask once; retries show as Waiting. The last piece is Complete. Closing it ends the request.

        Raises ModelFailed.
        """
