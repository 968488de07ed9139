"""What the user types or pipes in, without ever keeping a command from ending."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator

_STDIN = 0


async def typed_lines() -> AsyncIterator[str]:
    """The lines of stdin as they come, without their endings; ends with the input.

    Read in a daemon thread, since a read of a terminal cannot be cancelled; and past `sys.stdin`, whose
    lock such a thread would still hold when the interpreter ends.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits for a line any more
            for line in _read_lines():
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line


async def typed_answer(question: str) -> str:
    """Ask on stderr; the line that is typed, without spaces around it, or "" at the end of the input."""
    if question:
        print(question, end=" ", file=sys.stderr, flush=True)
    async for line in typed_lines():
        return line.strip()
    return ""


async def typed_secret(question: str) -> str:
    """As `typed_answer`, without the terminal showing what is typed; without a terminal it asks nothing."""
    if not os.isatty(_STDIN):
        return await typed_answer("")
    with _unseen():
        answer = await typed_answer(question)
    print(file=sys.stderr, flush=True)  # the Enter was not shown either
    return answer


@contextlib.contextmanager
def _unseen() -> Iterator[None]:
    """The terminal shows nothing of what is typed, until the end, however it comes."""
    import termios

    before = termios.tcgetattr(_STDIN)
    silent = termios.tcgetattr(_STDIN)
    silent[3] &= ~termios.ECHO
    try:
        termios.tcsetattr(_STDIN, termios.TCSAFLUSH, silent)
        yield
    finally:
        with contextlib.suppress(termios.error):  # the terminal has gone
            termios.tcsetattr(_STDIN, termios.TCSANOW, before)


def _read_lines() -> Iterator[str]:
    held = b""
    while chunk := _read_some():
        *whole, held = (held + chunk).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
    if held:
        yield held.decode(errors="replace")


def _read_some() -> bytes:
    try:
        return os.read(_STDIN, 4096)
    except OSError:  # closed, or the terminal has gone
        return b""
