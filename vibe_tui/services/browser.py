"""Opening a link in the user's browser, without letting the browser touch our terminal.

The standard library's `webbrowser` gives its programs our stdout and waits for some of them as long as
they run; so the same few programs are started here, detached.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

LIMIT = 3.0
"""Seconds for an opener to report a failure; one that still runs then is the browser itself."""

_LINUX_OPENERS = (("xdg-open",), ("gio", "open"), ("x-www-browser",))


async def open_browser(url: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Open `url` (https, or http on loopback); True when a program took it.

    `$BROWSER` is honoured as xdg-open and Python do: commands separated by `:`, `%s` stands for the
    link. Without it a desktop on this machine is needed: over SSH nobody would see the window.
    """
    return await asyncio.to_thread(_open, url, environ)


def _open(url: str, environ: Mapping[str, str]) -> bool:
    return _allowed(url) and any(_started(argv, environ) for argv in _openers(url, environ))


def _allowed(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # an address in brackets that is none
        return False
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and loopback))


def _openers(url: str, environ: Mapping[str, str]) -> Iterator[list[str]]:
    chosen = environ.get("BROWSER", "")
    if chosen:
        for command in filter(None, chosen.split(os.pathsep)):
            try:
                words = shlex.split(command)
            except ValueError:  # unbalanced quotes
                continue
            yield [word.replace("%s", url) for word in words] + ([] if "%s" in command else [url])
        return
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return
    if sys.platform == "darwin":
        yield ["open", url]
    elif environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        yield from ([*opener, url] for opener in _LINUX_OPENERS)


def _started(argv: list[str], environ: Mapping[str, str]) -> bool:
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,  # the user's browser outlives us
        )
    except OSError:
        return False
    try:
        return process.wait(LIMIT) == 0
    except subprocess.TimeoutExpired:
        threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no zombie
        return True
