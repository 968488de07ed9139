"""Tokens and keys that the user gives us: asked for without showing them, and looked at before use."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from vibe_tui.services.convex.connect import SignInPorts
from vibe_tui.services.errors import VibeError
from vibe_tui.services.secret import Secret

_PLAIN = re.compile(r"[A-Za-z0-9_.:/|=+@,-]{8,8192}")
"""What every reader of `.env.local` and every header takes alike."""
_DEPLOY_KEY = re.compile(r"(dev|prod|preview|custom):[^|]*\|")


class SecretMissing(VibeError):
    """Nothing was typed or piped where a token or key was asked for."""

    code = "secret_missing"


class SecretInvalid(VibeError):
    """What was given cannot be what was asked for."""

    code = "secret_invalid"


def _any(_text: str) -> None:
    """Takes everything."""


@dataclass(frozen=True, slots=True)
class SecretKind:
    """A secret that a way to connect asks the user for."""

    name: str
    """What the user calls it, e.g. "deploy key"."""
    more: Callable[[str], None] = _any
    """Raises SecretInvalid for a text that has the right form and yet is not this kind."""

    def check(self, text: str) -> None:
        """Raises SecretInvalid when `text`, without blanks around it, cannot be one. Sends it nowhere."""
        if not _PLAIN.fullmatch(text):
            raise SecretInvalid(f"That is no {self.name}.", next_step="Copy it again, whole and by itself.")
        self.more(text)


def _no_deploy_key(text: str) -> None:
    if _DEPLOY_KEY.match(text):
        raise SecretInvalid(
            "That is a deploy key, not an access token.",
            next_step="Connect with it: choose the deploy key (`--with deploy-key`).",
        )


TEAM_TOKEN = SecretKind("team access token", _no_deploy_key)
PERSONAL_TOKEN = SecretKind("personal access token", _no_deploy_key)
ADMIN_KEY = SecretKind("admin key")


async def given_secret(ports: SignInPorts, kind: SecretKind) -> Secret:
    """Raises SecretMissing or SecretInvalid."""
    text = (await ports.ask_secret(f"Paste the {kind.name} (it is not shown):")).strip()
    if not text:
        raise SecretMissing(
            f"No {kind.name} was given.",
            next_step="Type it when asked, or pipe it in: it is read from stdin.",
        )
    secret = Secret(text)
    kind.check(text)
    return secret
