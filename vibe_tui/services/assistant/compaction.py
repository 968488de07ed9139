"""Making the conversation shorter before it no longer fits into the model's window.

Only between turns, so that what a provider has kept of the prompt's beginning stays good within them.
First the old results of tools go; if that is not enough, the model sums up what came before.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from vibe_tui.services.assistant.chat_model import (
    Answered,
    ChatModel,
    Complete,
    CutShort,
    Message,
    Said,
    System,
    ToolResult,
)
from vibe_tui.services.assistant.events import ToolEnded, ToolStarted, TurnEvent
from vibe_tui.services.assistant.history import History
from vibe_tui.services.errors import VibeError
from vibe_tui.services.in_thread import in_thread

FULL = 0.7
"""Of the window: from here on it is made shorter."""
_KEPT_RESULTS = 4
_CHARACTERS_A_TOKEN = 3.5
_SHORT = 300
"""Characters of a result that are not worth dropping."""
_DROPPED = '{"note": "This old result was dropped to save room. Call the tool again if you need it."}'
_ASK = (
    "Sum up this conversation for whoever goes on with it and knows nothing of it: what the user wants, "
    "what was decided, which files were changed and how, what is still open, and what the user said they "
    "like or do not like. Leave out what the files themselves say. At most 600 words, no tools."
)
_COMPACTING = "compact"
_HERE = "Summary of our conversation so far:\n"


def size(messages: Sequence[Message]) -> int:
    """About how many tokens they are."""
    return int(sum(map(_characters, messages)) / _CHARACTERS_A_TOKEN)


def too_long(messages: Sequence[Message], tokens: int | None, window: int) -> bool:
    """tokens: what the provider counted last; None: it does not tell."""
    return (tokens if tokens is not None else size(messages)) > FULL * window


def without_old_results(messages: Sequence[Message]) -> list[Message]:
    """The last few results stay; of those before only that they were there."""
    results = [at for at, message in enumerate(messages) if isinstance(message, ToolResult)]
    old = set(results[:-_KEPT_RESULTS])
    return [
        replace(message, text=_DROPPED)
        if at in old and isinstance(message, ToolResult) and len(message.text) > _SHORT
        else message
        for at, message in enumerate(messages)
    ]


async def compact(
    model: ChatModel, history: History, system: str, *, at_once: bool = False
) -> AsyncGenerator[TurnEvent, None]:
    """Make the conversation shorter where it must be, or `at_once`. Raises ModelFailed."""
    messages = history.messages
    if not messages or not (at_once or too_long(messages, history.tokens, model.window)):
        return
    shorter: Sequence[Message] = without_old_results(messages)
    saved = size(messages) - size(shorter)
    tokens = history.tokens - saved if history.tokens is not None else None
    if at_once or too_long(shorter, tokens, model.window):
        yield ToolStarted(_COMPACTING, "Summing up the conversation so far")
        try:
            shorter = await _summary(model, system, shorter)
        except VibeError as problem:
            yield ToolEnded(_COMPACTING, ok=False, title=problem.message)
            raise
        yield ToolEnded(_COMPACTING, ok=True, title="Summed up the conversation so far")
    await in_thread(lambda: history.replace(shorter))


async def _summary(model: ChatModel, system: str, messages: Sequence[Message]) -> list[Message]:
    """A conversation of two messages in the place of all these. Raises ModelFailed."""
    asked = [System(system), *messages, Said(_ASK)]
    async with aclosing(model.stream(asked, ())) as pieces:
        async for piece in pieces:
            if isinstance(piece, Complete):
                if not piece.answer.text.strip():
                    break
                return [Said(f"{_HERE}{piece.answer.text}"), Answered("Good, I go on from there.")]
    raise CutShort("The model gave no summary of the conversation.", next_step="Use /clear to begin anew.")


def _characters(message: Message) -> int:
    count = len(message.text)
    if isinstance(message, Answered):
        count += sum(len(call.name) + len(call.arguments) for call in message.calls)
    return count
