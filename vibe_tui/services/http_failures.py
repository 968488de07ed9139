"""What failed requests mean: httpx2's exceptions and Convex's refusals become HttpErrors."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vibe_tui.services.http_errors import (
    ApiError,
    ConnectionLost,
    HostUnreachable,
    HttpError,
    NotFound,
    NotPermitted,
    NotTheApi,
    ProjectQuotaReached,
    RateLimited,
    ServerTrouble,
    SignedOut,
    SsoRequired,
    TimedOut,
    TlsFailed,
)
from vibe_tui.services.terminal_text import clean, redact

if TYPE_CHECKING:
    import httpx2

ANSWER_LIMIT = 20.0
"""Seconds for a whole request, however slowly its answer drips."""


def host_name(url: str) -> str:
    """The host of a URL as users know it, with its port if it has one; never user names or queries."""
    return clean(urlsplit(url).netloc.rpartition("@")[2] or url)


def is_loopback(url: str) -> bool:
    return (urlsplit(url).hostname or "") in ("127.0.0.1", "localhost", "::1")


@asynccontextmanager
async def failures_of(host: str, limit: float | None = None) -> AsyncIterator[None]:
    """Run one request to `host` for at most `limit` seconds (None: `ANSWER_LIMIT`).

    httpx2's failures become HttpErrors.
    """
    import httpx2

    limit = ANSWER_LIMIT if limit is None else limit
    name = host_name(host)
    try:
        async with asyncio.timeout(limit):
            yield
    except (httpx2.ConnectTimeout, httpx2.ConnectError, httpx2.ProxyError) as error:
        raise _no_connection(host, error) from error
    except (httpx2.TimeoutException, TimeoutError) as error:
        raise TimedOut(
            f"{name} did not answer within {limit:.0f} s.", next_step="Try again in a moment."
        ) from error
    except httpx2.RemoteProtocolError as error:
        raise ConnectionLost(
            f"{name} ended the connection without a complete answer.", next_step="Try again in a moment."
        ) from error
    except httpx2.TransportError as error:
        raise ConnectionLost(
            f"The connection to {name} broke before its answer arrived.",
            next_step="Check the network connection, then try again.",
        ) from error
    except (httpx2.InvalidURL, httpx2.DecodingError) as error:
        raise NotTheApi(
            f"{name} cannot be used as the address of the API.", next_step="Check the host in the settings."
        ) from error


def _no_connection(host: str, error: Exception) -> HttpError:
    import socket
    import ssl

    name = host_name(host)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return TlsFailed(
                f"{name} cannot be trusted: {_certificate_problem(cause)}.",
                next_step="If your network replaces certificates, point SSL_CERT_FILE at its own; "
                "otherwise do not go on.",
            )
        if isinstance(cause, ssl.SSLError):
            return TlsFailed(
                f"No secure connection to {name} could be made.",
                next_step="Check that the host speaks https on this port.",
            )
    proxy = _proxy_for(host)
    if proxy:
        return HostUnreachable(
            f"{name} cannot be reached through the proxy {proxy}.",
            next_step="Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.",
        )
    if is_loopback(host):
        return HostUnreachable(
            f"Nothing answers at {name} on this computer.",
            next_step="Start what should listen there, then try again.",
        )
    found = not any(isinstance(cause, socket.gaierror) for cause in _causes(error))
    return HostUnreachable(
        f"{name} cannot be reached." if found else f"There is no address for the host {name}.",
        next_step="Check the network connection and the host, then try again.",
    )


def _causes(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def _certificate_problem(error: Any) -> str:
    """OpenSSL's X509_V_ERR_* numbers, from openssl's x509_vfy.h."""
    known = {
        9: "its certificate is not valid yet (is the clock right?)",
        10: "its certificate has expired",
        18: "its certificate is self-signed",
        19: "its certificate is self-signed",
        20: "its certificate comes from an unknown authority",
        62: "its certificate is for another name",
        64: "its certificate is for another address",
    }
    return known.get(error.verify_code, "its certificate does not verify")


def _proxy_for(host: str) -> str:
    """The proxy that stands before `host` by the environment, without its user and password; or ""."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(host)
    if is_loopback(host) or proxy_bypass(parts.hostname or ""):
        return ""
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
    return host_name(proxy) if proxy else ""


def not_the_api(name: str, how: str) -> NotTheApi:
    return NotTheApi(
        f"{name} answered {how}, so it is not the Convex API.",
        next_step="Check the host in the settings, and whether a proxy or a sign-in page of the network "
        "is in between.",
    )


def wrong_shape(host: str) -> NotTheApi:
    """For whoever reads an answer and does not find in it what the API promises."""
    return not_the_api(host_name(host), "in a form that the API does not use")


def json_of(response: httpx2.Response) -> object:
    if not response.content:
        return None
    try:
        decoded: object = response.json()
    except (ValueError, RecursionError):
        raise not_the_api(host_name(str(response.request.url)), "with something else than JSON") from None
    return decoded


def refusal(response: httpx2.Response) -> HttpError:
    """What an answer that is no success means. Convex's body: `{"code": "CamelCase", "message": "…"}`."""
    name = host_name(str(response.request.url))
    status = response.status_code
    if status < 400:
        return not_the_api(name, "with a redirect")
    if status == 407:
        return HostUnreachable(
            f"The proxy on the way to {name} asks for a user and password.",
            next_step="Put them into HTTPS_PROXY.",
        )
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {}
        if 400 <= status < 500 and status not in (401, 404, 429):
            return not_the_api(name, f"with a page (status {status})")
    api_code = _text(body.get("code"))
    said = _text(body.get("message"))
    return _meaning(name, status, api_code, said, _retry_after(response))


def _meaning(name: str, status: int, api_code: str, said: str, retry_after: float | None) -> HttpError:
    if status == 429:
        wait = "" if retry_after is None else f"; it asks to wait {_spoken(retry_after)}"
        return RateLimited(
            f"{name} had too many requests{wait}.",
            retry_after=retry_after,
            api_code=api_code,
            next_step="Try again after that time." if wait else "Try again in a few minutes.",
        )
    if status >= 500:
        return ServerTrouble(
            f"{name} has a problem of its own (status {status}){_quoted(said)}.",
            status=status,
            api_code=api_code,
            next_step="Try again in a moment.",
        )
    kinds: dict[str, tuple[type[ApiError], str, str]] = {
        "sso": (
            SsoRequired,
            "The team asks for its single sign-on",
            "Sign in to the Convex dashboard through the team's single sign-on, then connect again.",
        ),
        "quota": (
            ProjectQuotaReached,
            "The team has reached its limit of projects",
            "Delete a project in the Convex dashboard, or connect with another team.",
        ),
        "401": (
            SignedOut,
            f"{name} does not accept the sign-in any more",
            "Sign in again: connect once more.",
        ),
        "403": (
            NotPermitted,
            f"{name} does not allow this",
            "Ask an owner of the team, or connect with another team.",
        ),
        "404": (
            NotFound,
            f"{name} does not know what was asked for",
            "It may have been deleted in the dashboard.",
        ),
    }
    if "SSORequired" in api_code + said:
        kind = "sso"
    elif api_code == "ProjectQuotaReached":
        kind = "quota"
    else:
        kind = str(status)
    error, sentence, next_step = kinds.get(
        kind, (ApiError, f"{name} refused the request (status {status})", "")
    )
    return error(f"{sentence}{_quoted(said)}.", status=status, api_code=api_code, next_step=next_step)


def _spoken(seconds: float) -> str:
    if seconds <= 120:
        return f"{seconds:.0f} s"
    return time.strftime("until %Y-%m-%d %H:%M UTC", time.gmtime(time.time() + seconds))


def _quoted(said: str) -> str:
    return f": “{said.rstrip('.')}”" if said else ""


def _text(value: object) -> str:
    """One safe line of what a server said."""
    return redact(" ".join(clean(value).split()))[:300] if isinstance(value, str) else ""


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds, from a number or an HTTP date (RFC 9110, 10.2.3); None when absent or unreadable."""
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
