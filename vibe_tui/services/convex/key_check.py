"""Whether a deployment still takes the project's key."""

from __future__ import annotations

import asyncio

from vibe_tui.services.convex.deployment_http import DeploymentHttp, KeyRefused
from vibe_tui.services.http_errors import HttpError
from vibe_tui.services.secret import Secret

LIMIT = 5.0
"""Seconds; whoever does not answer by then has not refused it."""


async def key_problem(url: str, key: Secret) -> KeyRefused | None:
    """The deployment's refusal; None also when it does not answer, which says nothing of the key."""
    try:
        async with asyncio.timeout(LIMIT), DeploymentHttp(url, key) as deployment:
            await deployment.get("/api/v1/get_canonical_urls")
    except KeyRefused as refused:
        return refused
    except (HttpError, TimeoutError):
        return None
    return None
