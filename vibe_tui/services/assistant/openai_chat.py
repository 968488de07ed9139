"""A model behind OpenAI's Chat Completions API, as many servers speak it, each in its own way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

from vibe_tui.services.assistant.accumulator import Accumulator
from vibe_tui.services.assistant.chat_model import (
    Complete,
    CutShort,
    Message,
    Piece,
    ToolSpec,
    Waiting,
)
from vibe_tui.services.assistant.model_errors import (
    AnswerStopped,
    AnswerTooLong,
    AttemptFailed,
    ModelTrouble,
    RequestRefused,
)
from vibe_tui.services.assistant.model_facts import likely_takes_images, likely_window
from vibe_tui.services.assistant.openai_client import LOCAL_TIME_OUTS, ClientMaker, TimeOuts
from vibe_tui.services.assistant.openai_messages import message_parameters, tool_parameters
from vibe_tui.services.assistant.plain_calls import has_plain_call
from vibe_tui.services.assistant.refusals import connection_failure, no_tools, not_a_stream, refusal
from vibe_tui.services.assistant.retries import PATIENCE, RETRIES, wait_before
from vibe_tui.services.http_errors import HttpError
from vibe_tui.services.http_failures import host_name
from vibe_tui.services.terminal_text import clean

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream
    from openai.types import ReasoningEffort
    from openai.types.chat import (
        ChatCompletionChunk,
        ChatCompletionMessageParam,
        ChatCompletionToolParam,
    )

    from vibe_tui.services.assistant.provider import Provider

LONGEST_ANSWER = 4_000_000
"""Characters of text, reasoning and arguments together: several times what models can say."""


class OpenAiChat:
    """A ChatModel. Each request has a connection of its own, so there is nothing to close."""

    def __init__(
        self,
        provider: Provider,
        model: str,
        *,
        reasoning_effort: str = "",
        window: int = 0,
        takes_images: bool | None = None,
        time_outs: TimeOuts | None = None,
    ) -> None:
        """reasoning_effort: "" leaves it to the provider. window, takes_images: as the provider tells."""
        self.name = f"{clean(model)} ({provider.name})"
        self.window = window or likely_window(model, local=provider.local)
        self.takes_images = likely_takes_images(model) if takes_images is None else takes_images
        self.model = model
        self.provider = provider
        self._reasoning_effort = reasoning_effort
        self._time_outs = time_outs or (LOCAL_TIME_OUTS if provider.local else TimeOuts())
        self._maker = ClientMaker(provider, self._time_outs)
        self._host = host_name(provider.base_url)

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> AsyncGenerator[Piece, None]:
        """See ChatModel.stream. Nothing is sent again once the first piece has come."""
        await asyncio.to_thread(self._maker.prepare)
        tried, attempt = 0.0, 0
        while True:
            attempt += 1
            started = time.monotonic()
            try:
                async with aclosing(self._attempt(messages, tools)) as pieces:
                    async for piece in pieces:
                        yield piece
                return
            except AttemptFailed as failed:
                tried += time.monotonic() - started
                wait = wait_before(attempt, failed.retry_after)
                if wait is None or not failed.again or attempt > RETRIES or tried > PATIENCE:
                    raise failed.problem from failed
                reason = failed.problem.message
            yield Waiting(wait, reason)
            await asyncio.sleep(wait)

    async def _attempt(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> AsyncGenerator[Piece, None]:
        """One request. Raises AttemptFailed before the first piece, and only then."""
        so_far = Accumulator()
        async with self._maker.make() as client, await self._open(client, messages, tools) as stream:
            chunks = aiter(stream)
            while (chunk := await self._next(chunks, so_far)) is not None:
                for piece in so_far.add(chunk):
                    yield piece
                if so_far.characters > LONGEST_ANSWER:
                    raise AnswerTooLong(
                        f"{self.name} went on and on; the answer was stopped.",
                        next_step="Ask again, or choose another model.",
                    )
            content_type = stream.response.headers.get("content-type", "")
        if not so_far.begun and not so_far.finish and "event-stream" not in content_type:
            raise AttemptFailed(not_a_stream(self.provider, content_type))
        yield self._complete(so_far, [tool.name for tool in tools])

    async def _open(
        self, client: AsyncOpenAI, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> AsyncStream[ChatCompletionChunk]:
        """Send the request; a server that may dislike to be asked for the usage is asked without, once."""
        quirks = self.provider.quirks
        ask_usage = not quirks.no_usage
        try:
            stream = await self._send(client, messages, tools, ask_usage=ask_usage)
        except AttemptFailed as failed:
            if not ask_usage or quirks.usage_taken or not isinstance(failed.problem, RequestRefused):
                raise
            stream = await self._send(client, messages, tools, ask_usage=False)
            quirks.no_usage = True
        else:
            quirks.usage_taken = ask_usage
        return stream

    async def _send(
        self,
        client: AsyncOpenAI,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        *,
        ask_usage: bool,
    ) -> AsyncStream[ChatCompletionChunk]:
        import httpx2
        from openai import APIError, omit

        offered = cast("list[ChatCompletionToolParam]", tool_parameters(tools))
        try:
            async with asyncio.timeout(self._time_outs.silence):
                return await client.chat.completions.create(
                    model=self.model,
                    messages=cast("list[ChatCompletionMessageParam]", message_parameters(messages)),
                    tools=offered or omit,
                    reasoning_effort=cast("ReasoningEffort", self._reasoning_effort) or omit,
                    stream=True,
                    stream_options={"include_usage": True} if ask_usage else omit,
                )
        except (APIError, HttpError, httpx2.HTTPError, TimeoutError) as error:
            raise await self._failure(error, tools=bool(tools)) from error

    async def _next(
        self, chunks: AsyncIterator[ChatCompletionChunk], so_far: Accumulator
    ) -> ChatCompletionChunk | None:
        """The next chunk; None at the end of the answer."""
        import httpx2
        from openai import APIError

        limit = self._time_outs.after_end if so_far.finish else self._time_outs.silence
        try:
            async with asyncio.timeout(limit):
                return await anext(chunks, None)
        # ValueError, RecursionError: a line of the stream is not the JSON it should be.
        except (APIError, HttpError, httpx2.HTTPError, TimeoutError, ValueError, RecursionError) as error:
            if so_far.finish:
                return None  # only the usage is missing
            failed = await self._failure(error, tools=False)
            if not so_far.begun:
                raise failed from error
            raise self._cut_short(failed.problem.message) from error

    async def _failure(self, error: Exception, *, tools: bool) -> AttemptFailed:
        from openai import APIConnectionError, APIError, APIStatusError

        if isinstance(error, APIStatusError):
            headers = error.response.headers
            return refusal(self.provider, self.model, error.status_code, error.body, headers, tools=tools)
        if isinstance(error, APIConnectionError):
            return await connection_failure(self.provider, error.__cause__ or error, self._time_outs.read)
        if isinstance(error, APIError):  # inside of a stream that began with 200
            code = error.code or ""
            status = int(code) if code.isdigit() and 400 <= int(code) < 600 else 500
            return refusal(self.provider, self.model, status, error.body, {}, tools=tools)
        if isinstance(error, TimeoutError):
            return await connection_failure(self.provider, error, self._time_outs.silence)
        if isinstance(error, ValueError | RecursionError):
            return AttemptFailed(not_a_stream(self.provider, ""))
        return await connection_failure(self.provider, error, self._time_outs.read)

    def _complete(self, so_far: Accumulator, tools: Sequence[str]) -> Complete:
        match so_far.finish:
            case "" if not so_far.begun:
                raise AttemptFailed(self._cut_short(f"{self._host} ended it before it began."), again=True)
            case "":
                raise self._cut_short(f"{self._host} ended the connection in the middle.")
            case "length":
                raise self._cut_short("It reached the greatest length that the provider allows.")
            case "content_filter":
                raise AnswerStopped(
                    f"A filter of {self._host} stopped the answer.", next_step="Ask in other words."
                )
            case "error":
                raise ModelTrouble(
                    f"{self._host} failed in the middle of the answer.", next_step="Try again in a moment."
                )
        answer = so_far.answer()
        if tools and not answer.calls and has_plain_call(answer.text, tools):
            raise no_tools(self.model)
        return Complete(answer, so_far.usage)

    def _cut_short(self, why: str) -> CutShort:
        return CutShort(
            f"The answer was cut short, so no call in it is carried out. {why}",
            next_step="Ask again.",
        )
