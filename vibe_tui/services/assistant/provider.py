"""Where a model is reached: an address that speaks OpenAI's Chat Completions, and the key for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from vibe_tui.services.assistant.chat_model import ModelFailed
from vibe_tui.services.errors import VibeError
from vibe_tui.services.secret import Secret

_PLAIN = re.compile(r"[!-~]{1,8192}")
"""What a header takes."""


class KeyUnusable(ModelFailed):
    """The key of a provider cannot be read, or is none."""

    code = "model_key_unusable"


def _no_key() -> Secret | None:
    return None


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
    read_key: Callable[[], Secret | None] = field(default=_no_key, compare=False)
    """Blocking; may raise what the credential store raises."""
    key_from: str = ""
    """Where the key comes from, e.g. "the environment variable OPENAI_API_KEY"; "" without one."""
    quirks: Quirks = field(default_factory=Quirks, compare=False)

    @property
    def local(self) -> bool:
        """Whether it is on this computer."""
        return is_loopback(urlsplit(self.base_url).hostname or "")

    @property
    def needs_key(self) -> bool:
        """Servers on this computer and in private networks mostly ask for none."""
        return self.base_url.startswith("https:")

    def key(self) -> Secret | None:
        """None: it is asked without one. Blocking. Raises KeyUnusable."""
        try:
            key = self.read_key()
        except VibeError as problem:
            raise KeyUnusable(problem.message, next_step=problem.next_step) from problem
        if key is not None and not _PLAIN.fullmatch(key.reveal()):
            raise KeyUnusable(
                f"What {self.key_from} holds is no key.", next_step="Copy it again, whole and by itself."
            )
        return key


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
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False
