"""The openai SDK's client as we use it: no retries and no environment of its own, and our headers only.

The SDK takes 0.6 s to import, so call `prepare` in a thread; nothing here loads it before that.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from vibe_tui import __version__
from vibe_tui.services.http import client_options

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

    from vibe_tui.services.assistant.provider import Provider
    from vibe_tui.services.secret import Secret

LARGEST_STREAM = 256 * 1024 * 1024
"""Bytes of one answer on the wire; a token takes some hundred."""
_KEPT = {
    "host",
    "accept",
    "accept-encoding",
    "connection",
    "content-type",
    "content-length",
    "transfer-encoding",
    "user-agent",
}
_KEPT_BY_OPENAI = {"openai-organization", "openai-project"}
_OPENAI = "api.openai.com"


@dataclass(frozen=True, slots=True)
class TimeOuts:
    """Seconds."""

    connect: float = 10.0
    read: float = 120.0
    """Between two parts of the answer, and before the first."""
    silence: float = 600.0
    """As `read`, when the server sends signs of life in between, but nothing of the answer."""
    after_end: float = 5.0
    """For what may come after the finish reason: the tokens that were used."""


LOCAL_TIME_OUTS = TimeOuts(read=300.0)
"""A model on this computer may have to be loaded first, and reads slowly."""


class ClientMaker:
    """Makes clients for one provider; each is for one request, so that a broken one cannot be met again.

    The key is read once.
    """

    def __init__(self, provider: Provider, time_outs: TimeOuts) -> None:
        self._provider = provider
        self._time_outs = time_outs
        self._options: dict[str, Any] = {}

    def prepare(self) -> None:
        """Load the SDK and the certificate store, and read the key. Blocking. Raises ModelFailed."""
        import ssl

        import httpx2
        import openai  # noqa: F401

        if self._options:
            return
        logging.getLogger("openai").setLevel(logging.WARNING)  # OPENAI_LOG=debug logs what is said
        options = client_options(self._provider.base_url, largest_answer=LARGEST_STREAM)
        limits = self._time_outs
        options["timeout"] = httpx2.Timeout(connect=limits.connect, read=limits.read, write=30.0, pool=10.0)
        options["event_hooks"]["request"] = [partial(_our_headers_only, self._provider.key())]
        if options["verify"] is True:
            options["verify"] = httpx2.create_ssl_context()
        assert isinstance(options["verify"], ssl.SSLContext)
        self._options = options

    def make(self) -> AsyncOpenAI:
        """A client; leaving it as a context manager closes its connection. `prepare` came first."""
        import httpx2
        from openai import AsyncOpenAI

        return AsyncOpenAI(
            base_url=self._provider.base_url,
            api_key="set-by-us",  # the key itself goes from our store to the header, past the SDK
            max_retries=0,
            http_client=httpx2.AsyncClient(**self._options),
        )


async def _our_headers_only(key: Secret | None, request: httpx2.Request) -> None:
    """The SDK reads OPENAI_CUSTOM_HEADERS and others for whatever host, and tells of the computer."""
    openai = request.url.host == _OPENAI
    kept = _KEPT | _KEPT_BY_OPENAI if openai else _KEPT
    for name in set(request.headers) - kept:
        del request.headers[name]
    request.headers["User-Agent"] = f"vibe-tui/{__version__}"
    request.headers["Accept-Encoding"] = "identity"
    if key is not None:
        request.headers["Authorization"] = f"Bearer {key.reveal()}"
