"""Running a command's coroutine so that Ctrl-C, SIGTERM and SIGHUP end it tidily."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_until_done(main: Coroutine[Any, Any, int], *, on_interrupt: Callable[[], int]) -> int:
    """Run `main`; a signal cancels it, its clean-up runs, then `on_interrupt` gives the exit code.

    A signal that was ignored when we started (SIGHUP under nohup) stays ignored.
    """
    return asyncio.run(_guarded(main, on_interrupt))


async def _guarded(main: Coroutine[Any, Any, int], on_interrupt: Callable[[], int]) -> int:
    loop = asyncio.get_running_loop()
    work = loop.create_task(main)
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        if not interrupted:  # a second signal must not cut the clean-up short
            interrupted = True
            work.cancel()

    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, interrupt)
    await asyncio.wait({work})
    if work.cancelled() and interrupted:
        return on_interrupt()
    return work.result()
