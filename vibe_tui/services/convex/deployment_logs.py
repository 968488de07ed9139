"""What a deployment's functions log: the last executions, and those that come.

Source: `/api/stream_function_logs`, a long poll that `npx convex logs` uses: it answers when there is
something after the cursor, and after about a minute in any case.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from time import monotonic

from vibe_tui.services.convex.answers import Answers
from vibe_tui.services.convex.deployment_functions import name_of
from vibe_tui.services.convex.deployment_http import DeploymentHttp
from vibe_tui.services.convex.function_error import read_error
from vibe_tui.services.convex.log_entries import LogEntry, LogLine, level_of
from vibe_tui.services.http_errors import (
    ConnectionLost,
    HostUnreachable,
    RateLimited,
    ServerTrouble,
    TimedOut,
)
from vibe_tui.services.terminal_text import clean

_PATH = "/api/stream_function_logs"
_LONG_POLL = 75.0
"""Seconds; the deployment answers within 60."""
_PROBE = "/api/v1/get_canonical_urls"
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 15.0
_PROBE_LIMIT = 10.0
_PACE = 0.25
"""Seconds from one question to the next at least: what comes meanwhile comes in one batch."""
_PASSING = (HostUnreachable, TimedOut, ConnectionLost, ServerTrouble, RateLimited)


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Executions in the order they ended."""

    entries: tuple[LogEntry, ...]
    cursor: float
    """Where to go on from; milliseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The deployment does not answer; it is asked again after so many seconds."""

    seconds: float
    reason: str


class Logs:
    def __init__(self, http: DeploymentHttp) -> None:
        self._http = http

    async def history(self) -> LogBatch:
        """What the deployment still has, oldest first; Convex keeps the last few hundred.

        Raises HttpError.
        """
        return self._batch(await self._http.get(_PATH, cursor="0"))

    async def follow(self, cursor: float) -> AsyncIterator[LogBatch | Reconnecting]:
        """Everything after the cursor as it comes, for ever; a lost connection is made again.

        cursor: 0 begins with the history. A batch without entries says that the connection is there: at the
        beginning or again. Raises the HttpErrors that waiting does not cure, KeyRefused for one.
        """
        wait, told = _FIRST_WAIT, False
        while True:
            asked = monotonic()
            try:
                if wait > _FIRST_WAIT:  # a long poll would leave open for a minute whether it is back
                    await self._http.poll(_PROBE, {}, answer_within=_PROBE_LIMIT)
                    wait = _FIRST_WAIT
                    yield LogBatch((), cursor)
                answer = await self._http.poll(_PATH, {"cursor": repr(cursor)}, answer_within=_LONG_POLL)
            except _PASSING as error:
                yield Reconnecting(wait, error.message)
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
                continue
            batch = self._batch(answer)
            cursor = batch.cursor
            if batch.entries or not told:
                told = True
                yield batch
            await asyncio.sleep(max(0.0, asked + _PACE - monotonic()))

    def _batch(self, given: object) -> LogBatch:
        answers = self._http.answers
        answer = answers.mapping(given)
        entries = tuple(_entry(answers, item) for item in answers.items(answer.get("entries")))
        return LogBatch(entries, answers.number(answer.get("newCursor")))


def _entry(answers: Answers, given: object) -> LogEntry:
    item = answers.mapping(given)
    error = item.get("error")
    is_progress = item.get("kind") == "Progress"
    return LogEntry(
        time=answers.number(item.get("timestamp")),
        function=clean(_function(answers.text(item.get("identifier")), item)),
        type=clean(answers.text(item.get("udfType"))).lower(),
        lines=tuple(_line(answers, line) for line in answers.items(item.get("logLines", []))),
        running=is_progress,
        seconds=0.0 if is_progress else answers.number(item.get("executionTime")),
        error=read_error(answers.text(error)) if error is not None else None,
        request_id=clean(answers.text(item.get("requestId", ""))),
        cached=item.get("cachedResult") is True,
    )


def _function(identifier: str, item: dict[str, object]) -> str:
    return identifier if item.get("udfType") == "HttpAction" else name_of(identifier)


def _line(answers: Answers, given: object) -> LogLine:
    """Either an object or, from older deployments, a text that begins with its level in brackets."""
    if isinstance(given, str):
        mark, _, rest = given.partition("] ")
        level = level_of(mark.removeprefix("[")) if mark.startswith("[") and rest else None
        return LogLine(level or "LOG", clean(rest if level else given))
    item = answers.mapping(given)
    text = " ".join(answers.text(message) for message in answers.items(item.get("messages")))
    return LogLine(
        level_of(answers.text(item.get("level"))) or "LOG", clean(text), item.get("isTruncated") is True
    )
