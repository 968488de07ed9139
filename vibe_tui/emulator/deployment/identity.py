"""Who is signed in: ID tokens of the app's users, checked against the providers of auth.config.ts."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import aiohttp

from vibe_tui.emulator.deployment.errors import Refusal

_FETCH_LIMIT = 10
_KEYS_KEPT = 300.0
_LEEWAY = 5
_ATTRIBUTES = {
    "iss": "issuer",
    "sub": "subject",
    "name": "name",
    "given_name": "givenName",
    "family_name": "familyName",
    "nickname": "nickname",
    "preferred_username": "preferredUsername",
    "profile": "profileUrl",
    "picture": "pictureUrl",
    "email": "email",
    "email_verified": "emailVerified",
    "gender": "gender",
    "birthdate": "birthday",
    "zoneinfo": "timezone",
    "locale": "language",
    "phone_number": "phoneNumber",
    "phone_number_verified": "phoneNumberVerified",
    "address": "address",
    "updated_at": "updatedAt",
}
_NOT_CLAIMED = ("aud", "exp", "iat", "nbf", "jti", "azp")


def _unauthenticated(message: str) -> Refusal:
    return Refusal("InvalidAuthHeader", message, 401)


class Identities:
    """providers: the live code's list, read at each check."""

    def __init__(self, providers: Callable[[], list[dict[str, Any]]]) -> None:
        self._providers = providers
        self._keys: dict[str, tuple[float, Any]] = {}

    async def check(self, token: str) -> dict[str, Any]:
        """The UserIdentity attributes of a valid token. Raises Refusal (401)."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        claims = _unverified_claims(token)
        provider = self._provider(claims)
        try:
            keys = KeySet.import_key_set(await self._key_set(provider))
            algorithms = [provider["algorithm"]] if "algorithm" in provider else ["RS256", "ES256", "EdDSA"]
            decoded = jwt.decode(token, keys, algorithms=algorithms)
            jwt.JWTClaimsRegistry(leeway=_LEEWAY, exp={"essential": True}).validate(decoded.claims)
        except (JoseError, ValueError) as error:
            raise _unauthenticated(f"Could not verify the ID token: {error}") from error
        return identity_of(decoded.claims)

    def _provider(self, claims: dict[str, Any]) -> dict[str, Any]:
        issuer = str(claims.get("iss", "")).rstrip("/")
        audience = claims.get("aud", [])
        audiences = audience if isinstance(audience, list) else [audience]
        for provider in self._providers():
            domain = str(provider.get("issuer") or provider.get("domain") or "").rstrip("/")
            if "://" not in domain:
                domain = f"https://{domain}"
            application = provider.get("applicationID")
            if domain == issuer and (application is None or application in audiences):
                return provider
        raise _unauthenticated(
            "No auth provider found matching the given token. Check auth.config.ts: its providers have to "
            f"include issuer {issuer!r} and the token's audience."
        )

    async def _key_set(self, provider: dict[str, Any]) -> Any:
        name = json.dumps(provider, sort_keys=True)
        kept = self._keys.get(name)
        if kept is not None and time.monotonic() - kept[0] < _KEYS_KEPT:
            return kept[1]
        if provider.get("type") == "customJwt":
            keys = await _fetch(provider["jwks"])
        else:
            domain = str(provider["domain"]).rstrip("/")
            base = domain if "://" in domain else f"https://{domain}"
            keys = await _fetch((await _fetch(f"{base}/.well-known/openid-configuration"))["jwks_uri"])
        self._keys[name] = (time.monotonic(), keys)
        return keys


def _unverified_claims(token: str) -> dict[str, Any]:
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError) as error:
        raise _unauthenticated("Could not parse the ID token as a JWT.") from error
    if not isinstance(claims, dict):
        raise _unauthenticated("Could not parse the ID token as a JWT.")
    return claims


async def _fetch(url: str) -> Any:
    """JSON from a provider. Raises Refusal."""
    if url.startswith("data:"):
        return _data_url(url)
    timeout = aiohttp.ClientTimeout(total=_FETCH_LIMIT)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, raise_for_status=True) as response,
        ):
            return await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise _unauthenticated(f"The auth provider did not answer at {url}.") from error


def _data_url(url: str) -> Any:
    head, _, body = url.partition(",")
    try:
        return json.loads(base64.b64decode(body) if head.endswith(";base64") else body)
    except ValueError as error:
        raise _unauthenticated("The `jwks` data URL of auth.config.ts is not JSON.") from error


def identity_of(claims: dict[str, Any]) -> dict[str, Any]:
    """Convex's UserIdentity attributes; claims of the provider's own keep their names."""
    identity = {
        _ATTRIBUTES.get(name, name): value
        for name, value in claims.items()
        if name not in _NOT_CLAIMED and value is not None
    }
    identity["tokenIdentifier"] = f"{claims.get('iss')}|{claims.get('sub')}"
    return identity
