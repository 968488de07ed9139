"""What can go wrong between us and an HTTP API, as failures a user can act on.

Each class says whether the server may have carried the request out although we did not get its
answer (`answer_lost`): whoever creates something must then look before asking again.
"""

from __future__ import annotations

from typing import ClassVar

from vibe_tui.services.errors import VibeError


class HttpError(VibeError):
    """A request to another host failed."""

    code = "http"
    answer_lost: ClassVar[bool] = False
    """True: the request may have been carried out."""


class HostUnreachable(HttpError):
    """No connection could be made, so nothing was sent."""

    code = "host_unreachable"


class TlsFailed(HttpError):
    """The host could not prove who it is, so nothing was sent."""

    code = "tls_failed"


class TimedOut(HttpError):
    """The host took the request and did not answer in time."""

    code = "timed_out"
    answer_lost = True


class ConnectionLost(HttpError):
    """The connection broke after the request was sent."""

    code = "connection_lost"
    answer_lost = True


class NotTheApi(HttpError):
    """Something answered that does not speak the API: a portal, a proxy's page, another program."""

    code = "not_the_api"
    answer_lost = True


class ApiError(HttpError):
    """The API refused the request with `{"code", "message"}`.

    status: the HTTP status; api_code: the API's own name of the problem, "" when it gave none.
    """

    code = "api_error"

    def __init__(self, message: str, *, status: int, api_code: str = "", next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.status = status
        self.api_code = api_code


class SignedOut(ApiError):
    """401: the token is unknown, revoked or expired."""

    code = "signed_out"


class NotPermitted(ApiError):
    """403: the token is good, but not for this."""

    code = "not_permitted"


class NotFound(ApiError):
    """404: what the request named is not there."""

    code = "not_found"


class ProjectQuotaReached(ApiError):
    """The team may have no more projects."""

    code = "project_quota_reached"


class SsoRequired(ApiError):
    """The team accepts only sign-ins made through its single sign-on."""

    code = "sso_required"


class RateLimited(ApiError):
    """429: asked too often. `retry_after` is in seconds; None when the API did not say."""

    code = "rate_limited"

    def __init__(
        self, message: str, *, retry_after: float | None, api_code: str = "", next_step: str = ""
    ) -> None:
        super().__init__(message, status=429, api_code=api_code, next_step=next_step)
        self.retry_after = retry_after


class ServerTrouble(ApiError):
    """5xx: the API failed; how far it got is unknown."""

    code = "server_trouble"
    answer_lost = True
