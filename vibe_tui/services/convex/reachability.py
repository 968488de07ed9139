"""Whether a deployment answers: one small request with little time, far cheaper than a push that fails."""

from __future__ import annotations

from typing import Literal

from vibe_tui.services.http import client_options
from vibe_tui.services.http_errors import HttpError

LIMIT = 2.0
"""Seconds for the request."""
_OF_A_GATEWAY = (502, 503, 504)

Pulse = Literal["answers", "silent", "gone"]
"""How a deployment is. gone: it is not where the last push found it (it is one of this computer, and ended,
or came back at another port), so that only a push starts or finds it."""


async def answers(*hosts: str) -> bool:
    """Whether each of these servers answers, whatever it says.

    A gateway that speaks for a server behind it does not count.
    """
    import httpx2

    for host in hosts:
        try:
            async with (
                httpx2.AsyncClient(**client_options(host)) as client,
                client.stream("GET", f"{host}/version", timeout=httpx2.Timeout(LIMIT)) as response,
            ):
                if response.status_code in _OF_A_GATEWAY:
                    return False
        except httpx2.HTTPError:
            return False
        except HttpError:  # an answer, though not one that our client takes
            continue
    return True
