"""A sandbox in a cloud cannot reach what answers on this computer only."""

from __future__ import annotations

from urllib.parse import urlsplit

from vibe_tui.services.errors import VibeError

HERE_ONLY = ("emulator", "local-backend")
"""Backends, and ways to connect, whose deployment runs on this computer."""


class OutOfReach(VibeError):
    code = "out_of_reach"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} runs on this computer, where a sandbox at E2B cannot reach it.",
            next_step="Use Convex cloud or a self-hosted backend (`vibe-tui connect --with oauth` or "
            "`--with self-hosted`), or move the project back: `vibe-tui sandbox move --to local`.",
        )


_NAMES = {"emulator": "The emulated Convex", "local-backend": "Convex's local backend"}


def out_of_reach(way: str, url: str = "") -> OutOfReach | None:
    """Why a sandbox in a cloud cannot use this backend; None: it can, as far as we know.

    way: a backend's kind or the name of a way to connect. url: where its deployment answers.
    """
    if way in HERE_ONLY:
        return OutOfReach(_NAMES[way])
    if url and is_loopback(url):
        return OutOfReach("The Convex deployment")
    return None


def is_loopback(url: str) -> bool:
    """Whether the address means this computer to whoever uses it."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")
