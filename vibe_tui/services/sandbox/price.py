"""What a sandbox costs while it runs, by E2B's public rates of August 2026.

Source: e2b.dev/docs/faq/calculate-sandbox-price.

They may change, and a plan may have others: it is shown as "about". A paused sandbox is not billed.
"""

from __future__ import annotations

_CPU_HOUR = 0.0504
_GIB_HOUR = 0.0162


def hourly(cpus: int, memory_mb: int) -> float | None:
    """US dollars an hour; None when its size is not known."""
    return cpus * _CPU_HOUR + memory_mb / 1024 * _GIB_HOUR if cpus and memory_mb else None
