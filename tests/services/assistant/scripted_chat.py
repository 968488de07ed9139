"""Asking a scripted model server through OpenAiChat."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

from vibe_tui.services.assistant.chat_model import (
    CallPiece,
    Complete,
    Message,
    Piece,
    ReasoningPiece,
    Said,
    TextPiece,
    ToolSpec,
    Waiting,
)
from vibe_tui.services.assistant.openai_chat import OpenAiChat
from vibe_tui.services.assistant.openai_client import TimeOuts
from vibe_tui.services.assistant.provider import Provider
from vibe_tui.services.secret import Secret

KEY = Secret("the-key-of-the-tests")
READ_FILE = ToolSpec(
    "read_file", "Read a file", {"type": "object", "properties": {"path": {"type": "string"}}}
)
WRITE_FILE = ToolSpec("write_file", "Write a file", {"type": "object"})


def chat_at(url: str, *, read: float = 20.0, silence: float = 20.0, reasoning_effort: str = "") -> OpenAiChat:
    provider = Provider("test", url, lambda: KEY, "the credential store")
    time_outs = TimeOuts(connect=5.0, read=read, silence=silence, after_end=0.3)
    return OpenAiChat(provider, "scripted", reasoning_effort=reasoning_effort, time_outs=time_outs)


class Heard:
    """The pieces of one answer, also of one that failed."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []

    async def listen(
        self,
        model: OpenAiChat,
        *messages: Message,
        tools: Sequence[ToolSpec] = (READ_FILE, WRITE_FILE),
    ) -> Complete:
        """Raises ModelFailed."""
        async with aclosing(model.stream(messages or (Said("Hello"),), tools)) as pieces:
            async for piece in pieces:
                self.pieces.append(piece)
        last = self.pieces[-1]
        assert isinstance(last, Complete)
        return last

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces if isinstance(piece, TextPiece))

    @property
    def reasoning(self) -> str:
        return "".join(piece.text for piece in self.pieces if isinstance(piece, ReasoningPiece))

    @property
    def calls(self) -> list[CallPiece]:
        return [piece for piece in self.pieces if isinstance(piece, CallPiece)]

    @property
    def waits(self) -> list[Waiting]:
        return [piece for piece in self.pieces if isinstance(piece, Waiting)]
