"""When a request to a model is sent again, and after how long."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping

RETRIES = 5
LONGEST_WAIT = 120.0
"""Seconds. Asked to wait longer, we say so and stop."""
PATIENCE = 150.0
"""Seconds of trying, waits not counted, after which a failing request is not sent again."""
_FIRST_WAIT = 1.0
_LONGEST_OWN_WAIT = 30.0


def wait_before(attempt: int, retry_after: float | None) -> float | None:
    """Seconds until the attempt of this number (the first retry is 1); None: longer than we wait.

    Without the server's word about 1, 2, 4, 8, 16 s, with jitter, so that many clients do not come back
    at the same moment.
    """
    if retry_after is not None:
        return retry_after if retry_after <= LONGEST_WAIT else None
    longest = min(_FIRST_WAIT * 2.0 ** (attempt - 1), _LONGEST_OWN_WAIT)
    return longest * random.SystemRandom().uniform(0.5, 1.0)


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds, from Retry-After (a number or an HTTP date: RFC 9110, 10.2.3) or OpenAI's retry-after-ms.

    None when absent or unreadable. headers: with names in any case (httpx2.Headers).
    """
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        seconds = _number(headers.get(name, ""))
        if seconds is not None:
            return seconds * unit
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def spoken(seconds: float) -> str:
    """How long to wait, for people: "20 s", or until when."""
    if seconds <= LONGEST_WAIT:
        return f"{seconds:.0f} s"
    return time.strftime("until %Y-%m-%d %H:%M UTC", time.gmtime(time.time() + min(seconds, 10.0**8)))


def _number(text: str) -> float | None:
    whole, point, fraction = text.strip().partition(".")
    if not (whole.isascii() and whole.isdigit()) or (
        point and not (fraction.isascii() and fraction.isdigit())
    ):
        return None
    return float(f"{whole[:9]}.{fraction[:3] or '0'}")
