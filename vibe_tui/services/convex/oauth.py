"""Signing in: the OAuth authorization-code flow with PKCE, for a program without a web server.

Source: RFC 6749 4.1, RFC 7636, RFC 8252; Convex's platform-apis/oauth-applications documentation. The
scope is in the authorize URL's path; the token endpoint wants the client's secret in the form; its
answer has neither an expiry nor a refresh token. Nothing here may log the link, the query of the
redirect, the code, the verifier or the token.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from vibe_tui.services.convex.callback_listener import (
    Callback,
    CallbackListener,
    CallbackPortsBusy,
    CallbackRefused,
    parse_pasted,
    redirect_uri,
)
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http import OnWait, client_options, with_retries
from vibe_tui.services.http_errors import ApiError, HttpError, RateLimited
from vibe_tui.services.http_failures import failures_of, host_name, not_the_api, refusal
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import clean, redact

if TYPE_CHECKING:
    import httpx2

    from vibe_tui.services.convex.connect import Platform

LARGEST_TOKEN = 8192


class SignInDeclined(VibeError):
    """The user pressed Cancel on the consent page."""

    code = "sign_in_declined"


class SignInTimedOut(VibeError):
    """Nobody came back from the browser in time."""

    code = "sign_in_timed_out"


class SignInFailed(VibeError):
    """The authorization server did not give a token."""

    code = "sign_in_failed"


async def sign_in(
    platform: Platform,
    *,
    ports: Sequence[int],
    open_link: Callable[[str], Awaitable[None]],
    pasted: AsyncIterator[str] | None,
    limit: float,
    scope_path: Literal["team", "project"] = "team",
    on_problem: Callable[[VibeError], None],
    on_wait: OnWait,
) -> Secret:
    """Have the user sign in and return the access token.

    The ways back race: the redirect to our listener, an address pasted by the user, the time limit,
    the cancellation of this task. `open_link` gets the link once and runs beside them. A refused
    paste and busy ports go to `on_problem` while another way is left; with no way left they are raised.

    Raises SignInDeclined, SignInTimedOut, SignInFailed, CallbackPortsBusy, CallbackRefused (its
    WrongState too, when no more pastes can come), HttpError.
    """
    state = secrets.token_urlsafe(32)  # no Secret: the link that shows it must not be redacted
    async with AsyncExitStack() as stack:
        listener: CallbackListener | None = None
        try:
            listener = await stack.enter_async_context(await CallbackListener.open(ports, state))
        except CallbackPortsBusy as busy:
            if pasted is None:
                raise
            on_problem(busy)
        back = listener.redirect_uri if listener else redirect_uri(ports[0])
        client = await stack.enter_async_context(await asyncio.to_thread(_client, platform, back))
        verifier = _new_verifier()
        link, _ = client.create_authorization_url(
            f"{platform.dashboard_host}/oauth/authorize/{scope_path}",
            state=state,
            code_verifier=verifier.reveal(),
        )
        # authlib leaves the challenge out without a word when it is told too little.
        assert "code_challenge=" in link and "code_challenge_method=S256" in link
        try:
            async with asyncio.timeout(limit):
                callback = await _first(
                    open_link(link),
                    listener.answer() if listener else None,
                    _from_pastes(pasted, back, state, on_problem, alone=listener is None) if pasted else None,
                )
        except TimeoutError:
            raise SignInTimedOut(
                f"Nobody came back from the browser within {limit:.0f} s.",
                next_step="Connect again and open the new link.",
            ) from None
        if callback.code is None:
            raise _declined(callback.error)
        return await _exchange(client, platform, callback.code, verifier, on_wait)


async def _first(
    opening: Awaitable[None], redirect: Awaitable[Callback] | None, paste: Awaitable[Callback] | None
) -> Callback:
    """The callback that comes first. A failure of any of them ends the wait."""

    async def opened() -> Callback:
        await opening
        return await _never()  # the link is out; others bring the answer

    ways = [asyncio.ensure_future(way) for way in (opened(), redirect, paste) if way is not None]
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        # The redirect that a failing opener still caused counts.
        ended = sorted(done, key=lambda way: way.exception() is not None)
        return ended[0].result()
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _from_pastes(
    pasted: AsyncIterator[str],
    back: str,
    state: str,
    on_problem: Callable[[VibeError], None],
    *,
    alone: bool,
) -> Callback:
    refused: CallbackRefused | None = None
    async for text in pasted:
        if not text.strip():
            continue
        try:
            return parse_pasted(text, back, state)
        except CallbackRefused as error:
            refused = error
            on_problem(error)
    # Nothing more can be pasted. Whoever pasted something wrong waits for nothing else.
    if refused:
        raise refused
    if alone:
        raise CallbackPortsBusy(
            "There is no way back from the browser: the ports are taken and nothing was pasted.",
            next_step="Free one of the ports, or paste the address the browser ends at.",
        )
    return await _never()


async def _never() -> NoReturn:
    await asyncio.get_running_loop().create_future()
    raise AssertionError("nobody sets it")


def _declined(error: str) -> VibeError:
    if error == "access_denied":
        return SignInDeclined("You declined the sign-in.", next_step="Connect again when you want to go on.")
    return SignInFailed(
        f"The sign-in was refused: {redact(error)}.",
        next_step="Check the OAuth application, then connect again.",
    )


def _new_verifier() -> Secret:
    from authlib.common.security import generate_token  # type: ignore[import-untyped]

    return Secret(generate_token(64))


def _client(platform: Platform, back: str) -> Any:
    """An authlib client; it has no useful types."""
    from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]

    client = AsyncOAuth2Client(
        platform.client_id,
        platform.client_secret.reveal(),
        token_endpoint_auth_method="client_secret_post",  # noqa: S106  # a method's name
        redirect_uri=back,
        code_challenge_method="S256",
        **client_options(platform.provision_host),
    )
    client.register_compliance_hook("access_token_response", _refuse_what_authlib_would_take)
    return client


def _refuse_what_authlib_would_take(response: httpx2.Response) -> httpx2.Response:
    """authlib reads any JSON object as a token, whatever the status; OAuth's own errors stay its task."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if response.is_success:
        if not isinstance(body, dict):
            raise not_the_api(host_name(str(response.request.url)), "with something else than JSON")
        return response
    if response.status_code < 429 and isinstance(body, dict) and isinstance(body.get("error"), str):
        return response
    raise refusal(response)


async def _exchange(
    client: Any, platform: Platform, code: Secret, verifier: Secret, on_wait: OnWait
) -> Secret:
    """Change the code for the token.

    A code works once: it is sent again only after 429 and 503, which say that it was not looked at.
    """
    from authlib.integrations.httpx_client import OAuthError

    host = platform.provision_host

    async def once() -> Any:
        async with failures_of(host):
            return await client.fetch_token(
                f"{host}/oauth/token",
                grant_type="authorization_code",
                code=code.reveal(),
                code_verifier=verifier.reveal(),
            )

    def untouched(error: HttpError) -> bool:
        return isinstance(error, RateLimited) or (isinstance(error, ApiError) and error.status == 503)

    try:
        answer = await with_retries(once, again=untouched, on_wait=on_wait, retries=2)
    except OAuthError as error:
        raise _refused(host_name(host), str(error.error), str(error.description or "")) from None
    return _token_of(answer, host_name(host))


def _refused(name: str, error: str, description: str) -> SignInFailed:
    if error == "invalid_grant":
        return SignInFailed(
            f"{name} does not take the code: it was used before, or is too old.",
            next_step="Connect again and open the new link.",
        )
    if error in ("invalid_client", "unauthorized_client"):
        return SignInFailed(
            f"{name} does not accept the client id and secret.",
            next_step="Check CONVEX_OAUTH_CLIENT_ID and CONVEX_OAUTH_CLIENT_SECRET.",
        )
    said = redact(" ".join(clean(f"{error} {description}").split()))[:300]
    return SignInFailed(f"{name} refused the sign-in: {said}.", next_step="Connect again.")


def _token_of(answer: dict[str, object], name: str) -> Secret:
    token, kind = answer.get("access_token"), answer.get("token_type")
    if (
        not isinstance(token, str)
        or not 0 < len(token) <= LARGEST_TOKEN
        or not token.isascii()
        or not token.isprintable()
        or " " in token
        or str(kind).lower() != "bearer"
    ):
        raise not_the_api(name, "without a token")
    return Secret(token)
