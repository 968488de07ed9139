"""Our HTTP in one place: how clients are made, which requests are sent again, what failures mean.

httpx2 is imported when the first client is made, so that commands without a network start fast.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Container
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from vibe_tui import __version__
from vibe_tui.services import http_failures
from vibe_tui.services.http_errors import (
    ApiError,
    ConnectionLost,
    HostUnreachable,
    HttpError,
    RateLimited,
    TimedOut,
)
from vibe_tui.services.http_failures import (
    failures_of,
    host_name,
    json_of,
    not_the_api,
    refusal,
)
from vibe_tui.services.secret import Secret

if TYPE_CHECKING:
    import httpx2

CONNECT_LIMIT = 5.0
"""Seconds to get a connection."""
LARGEST_ANSWER = 1024 * 1024
"""Bytes; no answer comes near it, except those that carry documents."""
LONGEST_WAIT = 60.0
"""Seconds. Asked to wait longer, we say so and stop."""
RETRIES = 3
PATIENCE = 10.0
"""Seconds of trying, waits not counted, after which a failing request is not sent again."""

OnWait = Callable[[float, str], None]
"""Told the seconds until a request is sent again, and why."""

T = TypeVar("T")


def silent(_seconds: float, _reason: str) -> None:
    """An `OnWait` for requests that nobody watches."""


def client_options(
    host: str, *, accept: str = "application/json", largest_answer: int = LARGEST_ANSWER
) -> dict[str, Any]:
    """Keyword arguments for an httpx2 client of `host`, authlib's too.

    Redirects are not followed; proxies come from the environment but never stand before loopback;
    an answer larger than `largest_answer` bytes ends in NotTheApi.
    """
    import ssl

    import httpx2

    # They log whole URLs and the headers of answers: codes and states of sign-ins are in those.
    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return {
        "timeout": httpx2.Timeout(http_failures.ANSWER_LIMIT, connect=CONNECT_LIMIT),
        "follow_redirects": False,
        # Compressed answers could be small on the wire and huge in memory.
        "headers": {
            "User-Agent": f"vibe-tui/{__version__}",
            "Accept": accept,
            "Accept-Encoding": "identity",
        },
        "mounts": dict.fromkeys(("all://127.0.0.1", "all://localhost", "all://[::1]")),
        "event_hooks": {"response": [partial(_limit_body, largest_answer)]},
        # Reading the certificate store takes tens of milliseconds, and plain http needs none.
        "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if host.startswith("http://") else True,
    }


async def _limit_body(largest: int, response: httpx2.Response) -> None:
    import httpx2

    host = host_name(str(response.request.url))
    if response.headers.get("content-encoding", "identity") != "identity":
        raise not_the_api(host, "with a compressed answer")
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    inner: httpx2.AsyncByteStream = response.stream

    class Limited(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            received = 0
            async for chunk in inner:
                received += len(chunk)
                if received > largest:
                    raise not_the_api(host, "with far more data than the API sends")
                yield chunk

        async def aclose(self) -> None:
            await inner.aclose()

    response.stream = Limited()


class Api:
    """A JSON API at one host, called with one credential.

    answers: statuses besides 2xx whose JSON is the answer. largest_answer: in bytes.
    Use it as a context manager: leaving it closes its connections.
    """

    def __init__(
        self,
        host: str,
        credential: Secret,
        *,
        scheme: str = "Bearer",
        on_wait: OnWait = silent,
        answers: Container[int] = (),
        largest_answer: int = LARGEST_ANSWER,
    ) -> None:
        self.host = host.rstrip("/")
        self._credential = credential
        self._scheme = scheme
        self._on_wait = on_wait
        self._answers = answers
        self._largest_answer = largest_answer
        self._client: httpx2.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        import httpx2

        self._client = await asyncio.to_thread(
            lambda: httpx2.AsyncClient(**client_options(self.host, largest_answer=self._largest_answer))
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def get(self, path: str, **query: str) -> object:
        return await self._call("GET", path, True, None, query=query)

    async def poll(self, path: str, query: dict[str, str], *, answer_within: float) -> object:
        """A get that is answered when there is something to tell; a lost one is not sent again.

        answer_within: seconds.
        """
        return await self._call("GET", path, False, answer_within, query=query)

    async def post(
        self,
        path: str,
        body: dict[str, object] | None = None,
        *,
        repeatable: bool,
        answer_within: float | None = None,
    ) -> object:
        """repeatable: asking twice has the same effect as asking once.

        answer_within: seconds; None: `ANSWER_LIMIT`.
        """
        return await self._call("POST", path, repeatable, answer_within, body=body)

    async def _call(
        self,
        method: str,
        path: str,
        repeatable: bool,
        answer_within: float | None,
        *,
        query: dict[str, str] | None = None,
        body: dict[str, object] | None = None,
    ) -> object:
        """The decoded JSON answer; None when it is empty. Raises HttpError."""

        import httpx2

        limit = http_failures.ANSWER_LIMIT if answer_within is None else answer_within

        async def once() -> object:
            assert self._client is not None, "entered"
            async with failures_of(self.host, limit):
                response = await self._client.request(
                    method,
                    self.host + path,
                    params=query or None,
                    json=body,
                    timeout=httpx2.Timeout(limit, connect=CONNECT_LIMIT),
                    headers={"Authorization": f"{self._scheme} {self._credential.reveal()}"},
                )
            if response.is_success or response.status_code in self._answers:
                return json_of(response)
            raise refusal(response)

        def again(error: HttpError) -> bool:
            if isinstance(error, ApiError):
                return isinstance(error, RateLimited) or (repeatable and error.answer_lost)
            return repeatable and isinstance(error, HostUnreachable | TimedOut | ConnectionLost)

        return await with_retries(once, again=again, on_wait=self._on_wait)


async def with_retries(
    send: Callable[[], Awaitable[T]],
    *,
    again: Callable[[HttpError], bool],
    on_wait: OnWait = silent,
    retries: int = RETRIES,
) -> T:
    """Call `send`; after a failure for which `again` holds wait and call it anew, at most `retries` times.

    The wait is what the server asked for, otherwise about 0.5, 1, 2 s (with jitter, so that many
    clients do not come back at the same moment). Raises the last HttpError.
    """
    tried = 0.0
    for attempt in range(retries + 1):
        started = time.monotonic()
        try:
            return await send()
        except HttpError as error:
            tried += time.monotonic() - started
            if attempt == retries or tried > PATIENCE or not again(error):
                raise
            wait = 0.5 * 2**attempt * random.SystemRandom().uniform(0.5, 1.0)
            if isinstance(error, RateLimited) and error.retry_after is not None:
                wait = error.retry_after
            if wait > LONGEST_WAIT:
                raise
            on_wait(wait, error.message)
            await asyncio.sleep(wait)
    raise AssertionError("the last attempt returns or raises")
