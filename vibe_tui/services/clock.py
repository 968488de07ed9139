"""The time as it is stored and shown."""

from __future__ import annotations

import time


def now() -> str:
    """The current time, ISO 8601 in UTC with whole seconds, e.g. "2026-11-23T12:04:09Z"."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
