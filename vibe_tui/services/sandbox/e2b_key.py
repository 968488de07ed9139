"""The key of the user's E2B account: from the environment, or from the credential store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vibe_tui.services.secret import Secret

if TYPE_CHECKING:
    from vibe_tui.services.credentials import Credentials

VARIABLE = "E2B_API_KEY"
_REF = "e2b/api-key"


def api_key(credentials: Credentials, environ: Mapping[str, str]) -> Secret | None:
    """Blocking. Raises CredentialsUnavailable."""
    given = environ.get(VARIABLE, "")
    return Secret(given) if given else credentials.get(_REF)


def keep_key(credentials: Credentials, key: Secret) -> None:
    """Blocking. Raises as Credentials.set."""
    credentials.set(_REF, key)
