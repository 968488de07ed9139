"""Where a model is reached: an address that speaks OpenAI's Chat Completions, and the key for it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from vibe_tui.services.secret import Secret


@dataclass(slots=True)
class Quirks:
    """What a provider turned out not to take; learned once, and remembered while we run."""

    no_usage: bool = False
    """It refuses to be asked for the tokens that were used."""
    usage_taken: bool = False
    """It has taken a request that asked for them."""


@dataclass(frozen=True, slots=True)
class Provider:
    name: str
    """E.g. "openai"; what the user calls it."""
    base_url: str
    """Up to the version, without a slash at its end: https://api.openai.com/v1"""
    key: Secret | None = None
    key_from: str = ""
    """Where the key comes from, e.g. "the environment variable OPENAI_API_KEY"; "" without one."""
    quirks: Quirks = field(default_factory=Quirks, compare=False)

    @property
    def local(self) -> bool:
        """Whether it is on this computer."""
        return is_loopback(urlsplit(self.base_url).hostname or "")


def base_url_of(text: str) -> str:
    """`text` as a base URL. Raises ValueError with what is allowed.

    A key goes in clear over plain http, so that is for this computer and private networks alone.
    """
    allowed = (
        "an address such as https://api.openai.com/v1; plain http only for this computer and for addresses "
        "of private networks"
    )
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        _ = parts.port  # raises when it is no number
    except ValueError:
        raise ValueError(allowed) from None
    whole = host and not (parts.username or parts.query or parts.fragment)
    private = parts.scheme == "http" and (is_loopback(host) or _is_private(host))
    if not whole or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(allowed)
    if parts.scheme != "https" and not private:
        raise ValueError(allowed)
    return text.rstrip("/")


def is_loopback(host: str) -> bool:
    return host in ("127.0.0.1", "localhost", "::1")


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False
