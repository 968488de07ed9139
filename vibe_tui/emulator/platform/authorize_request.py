"""What a program asks for when it sends the user to the consent page, checked before anything is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

from multidict import MultiMapping

CLIENT_ID = "vibe-tui"
CLIENT_NAME = "vibe-tui"

REDIRECT_PORTS = range(43110, 43118)
REDIRECT_URIS = frozenset(
    f"http://{host}:{port}/callback" for host in ("127.0.0.1", "localhost") for port in REDIRECT_PORTS
)
"""The registered redirect URIs; they must match exactly, as on Convex."""

Scope = Literal["team", "project"]

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_FIELDS = ("client_id", "redirect_uri", "response_type", "state", "code_challenge", "code_challenge_method")


class InvalidRequest(Exception):
    """Shown on the page and never redirected, since the redirect URI itself may be wrong."""


@dataclass(frozen=True, slots=True)
class AuthorizeRequest:
    scope: Scope
    redirect_uri: str
    state: str | None
    challenge: str | None
    """The S256 code challenge; None when the program uses no PKCE, which Convex allows."""

    @classmethod
    def parse(cls, scope: Scope, values: MultiMapping[str]) -> AuthorizeRequest:
        """Raises InvalidRequest with a sentence for the person at the browser."""
        for name in _FIELDS:
            if len(values.getall(name, [])) > 1:
                raise InvalidRequest(f"The parameter {name} was given twice.")
        for name in ("client_id", "redirect_uri", "response_type"):
            if not values.get(name):
                raise InvalidRequest(f"The parameter {name} is missing.")
        if values["client_id"] != CLIENT_ID:
            raise InvalidRequest("This client_id is not registered here.")
        if values["redirect_uri"] not in REDIRECT_URIS:
            raise InvalidRequest("This redirect_uri is not registered for the application.")
        if values["response_type"] != "code":
            raise InvalidRequest("The response_type must be code.")
        state = values.get("state")
        if state is not None and len(state) > 1024:
            raise InvalidRequest("The state is too long.")
        return cls(
            scope=scope, redirect_uri=values["redirect_uri"], state=state, challenge=_challenge(values)
        )

    def fields(self) -> dict[str, str]:
        """The same request as form fields."""
        fields = {"client_id": CLIENT_ID, "redirect_uri": self.redirect_uri, "response_type": "code"}
        if self.state is not None:
            fields["state"] = self.state
        if self.challenge is not None:
            fields |= {"code_challenge": self.challenge, "code_challenge_method": "S256"}
        return fields

    def redirect(self, **answer: str) -> str:
        """Where the browser goes with the answer. As on Convex, its query is overwritten."""
        if self.state is not None:
            answer["state"] = self.state
        return urlunsplit(urlsplit(self.redirect_uri)._replace(query=urlencode(answer)))

    @property
    def origin(self) -> str:
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"


def _challenge(values: MultiMapping[str]) -> str | None:
    challenge = values.get("code_challenge")
    method = values.get("code_challenge_method")
    if challenge is None and method is None:
        return None
    if method != "S256":
        raise InvalidRequest("The code_challenge_method must be S256.")
    if challenge is None or len(challenge) != 43:
        raise InvalidRequest("invalid_request: code_challenge is the wrong length for S256.")
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequest("invalid_request: code_challenge is not base64url.")
    return challenge
