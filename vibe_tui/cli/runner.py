"""Running a command's coroutine so that Ctrl-C, SIGTERM and SIGHUP end it tidily."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from vibe_tui.cli.output import Output

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_until_done(
    main: Coroutine[Any, Any, int], output: Output, *, on_interrupt: Callable[[], int] | None = None
) -> int:
    """Run `main`; a signal cancels it, its clean-up runs, then `on_interrupt` gives the exit code.

    It is cancelled as well when nobody reads its output any more. A signal that was ignored when we
    started (SIGHUP under nohup) stays ignored.
    """
    return asyncio.run(_guarded(main, output, on_interrupt or output.interrupted))


async def _guarded(main: Coroutine[Any, Any, int], output: Output, on_interrupt: Callable[[], int]) -> int:
    loop = asyncio.get_running_loop()
    work = loop.create_task(main)
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        if not interrupted:  # a second signal must not cut the clean-up short
            interrupted = True
            work.cancel()

    output.on_broken = interrupt
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, interrupt)
    await asyncio.wait({work})
    if work.cancelled() and interrupted:
        return on_interrupt()
    return work.result()
