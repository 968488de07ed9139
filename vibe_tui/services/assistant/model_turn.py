"""One chat turn with a model: ask it, carry out its calls, check and deploy, let it repair."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace

from vibe_tui.services.assistant import compaction
from vibe_tui.services.assistant.chat_model import (
    Answered,
    CallPiece,
    ChatModel,
    Complete,
    CutShort,
    Message,
    Piece,
    ReasoningPiece,
    Said,
    System,
    TextPiece,
    ToolCall,
    ToolResult,
    Usage,
    Waiting,
)
from vibe_tui.services.assistant.events import (
    Checkpointed,
    Deployed,
    DeployFailed,
    Deploying,
    DeployOffered,
    ModelWaits,
    Outcome,
    Repairing,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    TurnEvent,
    TurnFailed,
    TurnStarted,
    TurnText,
)
from vibe_tui.services.assistant.events import TextPiece as TextTold
from vibe_tui.services.assistant.history import History
from vibe_tui.services.assistant.limits import IDENTICAL_CALLS, LimitReached, Limits, Meter, Prices
from vibe_tui.services.assistant.repair import ROUNDS, Repairs, request
from vibe_tui.services.assistant.tools.bench import Bench
from vibe_tui.services.assistant.tools.toolbox import Done, Toolbox
from vibe_tui.services.errors import VibeError
from vibe_tui.services.in_thread import in_thread
from vibe_tui.services.terminal_text import clean, redact

STOPPED = "The user stopped the answer here."


class GoesInCircles(LimitReached):
    """The model makes the same call again and again."""

    code = "goes_in_circles"


@dataclass(frozen=True, slots=True)
class Assistant:
    """A model that answers in a chat."""

    model: ChatModel
    limits: Limits = field(default_factory=Limits)
    prices: Prices | None = None
    """None: what it costs is not known."""


class ModelTurn:
    """The state of one turn."""

    def __init__(
        self,
        assistant: Assistant,
        history: History,
        bench: Bench,
        *,
        system: str,
        checkpoint: Callable[[], Awaitable[str]] | None,
        deploys: bool,
        no_deploy: str,
    ) -> None:
        """checkpoint: keeps the tree as it is and returns the name for it; called before the first change.

        deploys: whether `bench.check` pushes; else the turn ends with an offer, for the reason `no_deploy`.
        """
        self._model = assistant.model
        self._history = history
        self._bench = bench
        self._toolbox = Toolbox(bench)
        self._system = system
        self._checkpoint = checkpoint
        self._deploys = deploys
        self._no_deploy = no_deploy
        self._meter = Meter(assistant.limits, assistant.prices)
        self._repairs = Repairs()
        self._outcome: Outcome = "done"
        self._said: list[str] = []  # pieces of the answer that is being streamed
        self._answer = Answered("")
        self._cards: list[str] = []  # the calls of the answer, by the names the page knows
        self._last_call = ""
        self._identical = 0

    async def run(self, prompt: str, images: Sequence[str] = ()) -> AsyncGenerator[TurnEvent, None]:
        """The turn's events, the last of which is a TurnEnded.

        Expected failures (VibeError) become events. Closing the generator or cancelling its task is safe
        at any time: files are then whole, and so is the conversation.
        """
        yield TurnStarted(_safe(prompt), self._model.name)
        try:
            async with aclosing(self._work(prompt, images)) as events:
                async for event in events:
                    yield event
            await in_thread(self._history.save)
        except VibeError as error:
            self._outcome = "failed"
            said = "".join(self._said)
            self._said.clear()
            self._history.mend("The turn failed here.", said)
            if said.strip():
                yield TurnText(_safe(said))
            for card in self._cards:
                yield ToolEnded(card, ok=False, title="Not carried out")
            yield TurnFailed(error.message, error.next_step)
        finally:
            # Changes nothing after a turn that has ended by itself.
            self._history.mend(STOPPED, "".join(self._said))
            with suppress(VibeError):  # was told above, or nobody listens any more
                await in_thread(self._history.save)
        yield TurnEnded(self._outcome, tuple(self._bench.changes.paths))

    async def _work(self, prompt: str, images: Sequence[str]) -> AsyncGenerator[TurnEvent, None]:
        async with aclosing(compaction.compact(self._model, self._history, self._system)) as events:
            async for event in events:
                yield event
        self._history.add(Said(redact(clean(prompt)), tuple(images) if self._model.takes_images else ()))
        going = True
        while going:
            async with aclosing(self._ask()) as events:
                async for event in events:
                    yield event
            work = self._carry_out() if self._answer.calls else self._finish()
            async with aclosing(work) as events:
                async for event in events:
                    yield event
            going = bool(self._answer.calls) or isinstance(self._history.messages[-1], Said)

    # --- asking --------------------------------------------------------------------------------------

    async def _ask(self) -> AsyncGenerator[TurnEvent, None]:
        """One request; its answer is then in the history."""
        step = self._meter.begin_step()
        messages: list[Message] = [System(self._system), *self._history.messages]
        self._said, self._cards = [], []
        complete: Complete | None = None
        async with aclosing(self._model.stream(messages, self._toolbox.specs)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Complete):
                    complete = piece
                elif (event := self._told(piece, step)) is not None:
                    yield event
        if complete is None:
            raise CutShort("The model's answer ended in the middle.", next_step="Ask again.")
        self._answer = _with_ids(complete.answer, step)
        self._history.add(self._answer)
        self._said.clear()
        self._cards = [self._card(step, index) for index in range(len(self._answer.calls))]
        if self._answer.text.strip():
            yield TurnText(_safe(self._answer.text))
        usage = complete.usage
        self._history.tokens = usage.prompt + usage.completion if usage else None
        estimate = Usage(compaction.size(messages), compaction.size([self._answer]))
        yield self._meter.add(usage, estimate)

    def _told(self, piece: Piece, step: int) -> TurnEvent | None:
        match piece:
            case TextPiece(text=text):
                self._said.append(text)
                return TextTold(clean(text))
            case ReasoningPiece(text=text):
                return TextTold(clean(text), reasoning=True)
            case Waiting(seconds=seconds, reason=reason):
                return ModelWaits(seconds, _safe(reason))
            case CallPiece(index=index, name=name):
                card = self._card(step, index)
                if card not in self._cards and name:
                    self._cards.append(card)
                    return ToolStarted(card, self._toolbox.verb(name))
        return None

    @staticmethod
    def _card(step: int, index: int) -> str:
        return f"{step}.{index}"

    # --- calls ---------------------------------------------------------------------------------------

    async def _carry_out(self) -> AsyncGenerator[TurnEvent, None]:
        """The calls of the answer, one after the other."""
        for call in self._answer.calls:
            self._count_identical(call)
            card = self._cards[0]
            prepared = self._toolbox.prepare(call)
            if isinstance(prepared, Done):
                done = prepared
            else:
                yield ToolStarted(card, prepared.doing)
                if prepared.tool.writes and self._checkpoint is not None:
                    checkpoint, self._checkpoint = self._checkpoint, None
                    yield Checkpointed(await checkpoint())
                done = await self._toolbox.run(prepared)
            self._history.add(ToolResult(call.id, done.answer))
            for event in done.events:
                yield event
            self._cards.pop(0)
            yield ToolEnded(card, done.ok, done.title)
        await in_thread(self._history.save)

    def _count_identical(self, call: ToolCall) -> None:
        """Raises GoesInCircles."""
        this = f"{call.name} {_canonical(call.arguments)}"
        self._identical = self._identical + 1 if this == self._last_call else 1
        self._last_call = this
        if self._identical == IDENTICAL_CALLS:
            raise GoesInCircles(
                f"The model made the same call {IDENTICAL_CALLS} times in a row, so the turn was stopped.",
                next_step="Say it differently, or choose another model.",
            )

    # --- checking ------------------------------------------------------------------------------------

    async def _finish(self) -> AsyncGenerator[TurnEvent, None]:
        """The model has ended. What failed goes back to it, as a last message that it has to answer."""
        if not self._bench.changes.unpushed:
            return
        if self._deploys:
            yield Deploying()
        checked = await self._bench.check()
        push = checked.push
        if push is not None and not push.ok:
            yield DeployFailed(push)
            if self._repairs.again(push):
                yield Repairing(self._repairs.round, ROUNDS)
                self._history.add(Said(request(push)))
            else:
                self._outcome = "failed"
            return
        if checked.advice:
            yield TurnText(_safe("\n".join(("Advice:", *checked.advice))))
        if push is not None:
            self._bench.changes.unpushed = False
            yield Deployed(push)
        else:
            yield DeployOffered(self._no_deploy)


def _with_ids(answer: Answered, step: int) -> Answered:
    """The answer, its calls with ids that are unique in it: some servers give none, or the same twice."""
    ids = [call.id for call in answer.calls]
    if all(ids) and len(set(ids)) == len(ids):
        return answer
    calls = tuple(replace(call, id=f"call_{step}_{n}") for n, call in enumerate(answer.calls))
    return replace(answer, calls=calls)


def _canonical(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments


def _safe(text: str) -> str:
    return redact(clean(text))
