"""Authorization codes: single use, ten minutes, in memory only (RFC 6749 4.1.2, RFC 7636, RFC 9700)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from vibe_tui.emulator.platform.authorize_request import AuthorizeRequest

LIFETIME = 600.0
"""Seconds."""


class InvalidGrant(Exception):
    """The code is unknown, used, expired or not the caller's.

    revoke: digest of the token that an earlier use of this code gave, now to be revoked; else None.
    """

    def __init__(self, message: str, *, revoke: str | None = None) -> None:
        super().__init__(message)
        self.revoke = revoke


@dataclass(slots=True)
class Grant:
    """What the person at the browser authorised."""

    request: AuthorizeRequest
    team_id: int
    project_id: int | None
    made: float
    used: bool = False
    gave: str | None = field(default=None)
    """Digest of the token that was given for the code."""


class Codes:
    """The grants that are waiting, and those already used, by code."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._grants: dict[str, Grant] = {}

    def issue(self, request: AuthorizeRequest, *, team_id: int, project_id: int | None) -> str:
        oldest = self._clock() - 2 * LIFETIME  # used ones stay a while, so that a second use is noticed
        self._grants = {code: grant for code, grant in self._grants.items() if grant.made > oldest}
        code = secrets.token_urlsafe(32)
        self._grants[code] = Grant(request, team_id, project_id, made=self._clock())
        return code

    def redeem(self, code: str, *, redirect_uri: str, verifier: str | None) -> Grant:
        """Use a code. From here on it is used, whether or not the rest fits. Raises InvalidGrant."""
        grant = self._grants.get(code)
        if grant is None:
            raise InvalidGrant("The code is unknown.")
        if grant.used:
            raise InvalidGrant("The code was used before.", revoke=grant.gave)
        grant.used = True
        if self._clock() - grant.made > LIFETIME:
            raise InvalidGrant("The code has expired.")
        if redirect_uri != grant.request.redirect_uri:
            raise InvalidGrant("The redirect_uri is not the one of the authorization request.")
        challenge = grant.request.challenge
        if (verifier is None) != (challenge is None):
            raise InvalidGrant("A code_verifier belongs to a code_challenge, and the other way round.")
        if verifier is not None and challenge is not None and not _proves(verifier, challenge):
            raise InvalidGrant("The code_verifier does not fit the code_challenge.")
        return grant


def _proves(verifier: str, challenge: str) -> bool:
    hashed = hashlib.sha256(verifier.encode(errors="replace")).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(hashed).rstrip(b"=").decode(), challenge)
