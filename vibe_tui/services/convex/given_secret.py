"""Tokens and keys that the user gives us: asked for without showing them, and looked at before use."""

from __future__ import annotations

import re

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


async def given_secret(ports: SignInPorts, what: str) -> Secret:
    """what: "deploy key" and the like. Raises SecretMissing or SecretInvalid."""
    text = (await ports.ask_secret(f"Paste the {what} (it is not shown):")).strip()
    if not text:
        raise SecretMissing(
            f"No {what} was given.", next_step="Type it when asked, or pipe it in: it is read from stdin."
        )
    secret = Secret(text)
    if not _PLAIN.fullmatch(text):
        raise SecretInvalid(f"That is no {what}.", next_step="Copy it again, whole and by itself.")
    return secret


async def given_token(ports: SignInPorts, what: str) -> Secret:
    """As `given_secret`, for an access token; a deploy key in its place is told."""
    secret = await given_secret(ports, what)
    if _DEPLOY_KEY.match(secret.reveal()):
        raise SecretInvalid(
            f"That is a deploy key, not a {what}.", next_step="Connect with it: `--with deploy-key`."
        )
    return secret
