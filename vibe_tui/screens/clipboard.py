"""Copying to the clipboard of whoever sits in front of the terminal, be it local, over SSH or in tmux."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from textual.app import App

from vibe_tui.services.process import base_environment
from vibe_tui.services.terminal_text import clean

_LIMIT = 2.0


async def copy(app: App[Any], text: str) -> None:
    """Send cleaned text by every way that can reach a clipboard; there is no receipt.

    OSC 52 asks the terminal itself. tmux ignores that from programs by default, but takes it from its own
    command, which also passes it on to the terminal outside.
    """
    text = clean(text)
    app.copy_to_clipboard(text)
    if os.environ.get("TMUX"):
        await _load_tmux_buffer(text)


async def _load_tmux_buffer(text: str) -> None:
    try:
        process = await asyncio.create_subprocess_exec(
            "tmux",
            "load-buffer",
            "-w",
            "-",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=base_environment({"TMUX": os.environ["TMUX"]}),
            start_new_session=True,
        )
    except OSError:
        return  # no tmux program on PATH: the escape sequence has to do
    try:
        await asyncio.wait_for(process.communicate(text.encode()), _LIMIT)
    except TimeoutError:
        process.kill()
        await process.wait()
