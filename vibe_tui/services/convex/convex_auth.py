"""The variables that Convex Auth (npm @convex-dev/auth) needs in a deployment, and what the user must do.

Source: Convex Auth's documentation. "Manual Setup" (https://labs.convex.dev/auth/setup/manual): SITE_URL, and
an RS256 pair: JWT_PRIVATE_KEY (PKCS #8 PEM, with spaces for newlines) and JWKS (`{"keys": [{"use": "sig"…`).
"OAuth", "Google" (https://labs.convex.dev/auth/config/oauth/google): AUTH_GOOGLE_ID, AUTH_GOOGLE_SECRET, and
the redirect URI on the deployment's site URL.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from vibe_tui.services.convex.deployment_env import Variable, Variables
from vibe_tui.services.errors import VibeError
from vibe_tui.services.secret import Secret

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

PRIVATE_KEY, PUBLIC_KEYS, SITE_URL = "JWT_PRIVATE_KEY", "JWKS", "SITE_URL"
GOOGLE = ("AUTH_GOOGLE_ID", "AUTH_GOOGLE_SECRET")
DEFAULT_SITE_URL = "http://localhost:8081"
"""Where Expo serves an app's web build while it is developed."""
PACKAGES = "npx expo install @convex-dev/auth @auth/core expo-secure-store expo-web-browser expo-linking"
RECIPE = "Add authentication with Google"
"""What the built-in recipes understand, without a model."""
_BITS = 2048
_PEM = re.compile(r"(-----BEGIN [A-Z ]+-----)(.*)(-----END [A-Z ]+-----)", re.S)

Keys = Literal["missing", "half", "good", "broken"]
"""missing: none. half: the private one alone, from which the public one is made. good: a pair. broken: what
is there does not belong together, or cannot be read."""


class SiteUrlInvalid(VibeError):
    code = "site_url_invalid"


class AuthKeysInTheWay(VibeError):
    """There are keys already, which only the user's word replaces."""

    code = "auth_keys_in_the_way"


@dataclass(frozen=True, slots=True)
class AuthState:
    """How far Convex Auth is set up in a deployment."""

    keys: Keys
    site_url: str
    """Where sign-ins return to; "" when it is not set. Untrusted."""
    google: bool
    """Whether Google's client id and secret are set."""

    @property
    def complete(self) -> bool:
        """Nothing that we can make is missing."""
        return self.keys == "good" and bool(self.site_url)


@dataclass(frozen=True, slots=True)
class AuthSetUp:
    """What setting up did."""

    set: tuple[str, ...]
    """The variables that were set."""
    kept: tuple[str, ...]
    """Those that were there and stayed."""
    state: AuthState
    """As it is now."""


def auth_state(variables: Iterable[Variable]) -> AuthState:
    """What a deployment's variables say. It blocks: a key is read."""
    return _state({variable.name: variable.value for variable in variables})


async def look(variables: Variables) -> AuthState:
    """Raises HttpError."""
    return await asyncio.to_thread(auth_state, await variables.all())


async def set_up(variables: Variables, *, site_url: str, replace_keys: bool = False) -> AuthSetUp:
    """Make what is missing and set it, all at once; the private key goes to the deployment and nowhere else.

    site_url: where the app is served; used when none is set. replace_keys: make new keys though there are
    some, which signs everybody out. Raises AuthKeysInTheWay, SiteUrlInvalid and HttpError.
    """
    values = {variable.name: variable.value for variable in await variables.all()}
    state = await asyncio.to_thread(_state, values)
    if state.keys == "broken" and not replace_keys:
        raise AuthKeysInTheWay(
            f"{PRIVATE_KEY} and {PUBLIC_KEYS} of the deployment do not belong together.",
            next_step="Replace them by new keys. Everybody who is signed in is then signed out.",
        )
    new: dict[str, Secret] = {}
    if not state.site_url:
        new[SITE_URL] = Secret(_checked(site_url))
    if state.keys == "half" and not replace_keys:
        new[PUBLIC_KEYS] = Secret(await asyncio.to_thread(_public_of, values[PRIVATE_KEY]))
    elif state.keys != "good" or replace_keys:
        new |= await asyncio.to_thread(_new_pair)
    if new:
        await variables.set(new)
    kept = tuple(name for name in (PRIVATE_KEY, PUBLIC_KEYS, SITE_URL) if name not in new)
    now = AuthState("good", state.site_url or new[SITE_URL].reveal(), state.google)
    return AuthSetUp(tuple(sorted(new)), kept, now)


def google_redirect_uri(deployment_site_url: str) -> str:
    """What the OAuth client at Google has to name, exactly. deployment_site_url: as Health tells it."""
    return f"{deployment_site_url.rstrip('/')}/api/auth/callback/google"


def still_to_do(state: AuthState, deployment_site_url: str) -> tuple[str, ...]:
    """What the user must do for signing in with Google, step by step."""
    steps = [
        f"Ask in the chat: “{RECIPE}”. It writes the functions, the tables and the screens.",
        f"Install them in the app's folder: {PACKAGES}",
    ]
    if not state.google:
        steps += [
            "Create an OAuth client (“Web application”) at https://console.cloud.google.com/auth/clients "
            f"with this redirect URI: {google_redirect_uri(deployment_site_url)}",
            f"Set {' and '.join(GOOGLE)} to its client id and secret.",
        ]
    return tuple(steps)


def _checked(site_url: str) -> str:
    try:
        parts = urlsplit(site_url.strip())
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query + parts.fragment
    except ValueError:
        good = False
    if not good or not site_url.isprintable():
        raise SiteUrlInvalid(
            f"{SITE_URL} has to be the address of a web page, such as {DEFAULT_SITE_URL}.",
            next_step="Give the address at which the app is served.",
        )
    return site_url.strip().rstrip("/")


# --- Keys: all of this blocks -----------------------------------------------------------------------------


def _state(values: Mapping[str, Secret]) -> AuthState:
    site_url = values[SITE_URL].reveal() if SITE_URL in values else ""
    google = all(name in values for name in GOOGLE)
    return AuthState(_keys(values.get(PRIVATE_KEY), values.get(PUBLIC_KEYS)), site_url, google)


def _keys(private: Secret | None, public: Secret | None) -> Keys:
    if private is None:
        return "missing" if public is None else "broken"
    key = _read(private)
    if key is None:
        return "broken"
    if public is None:
        return "half"
    try:
        listed = json.loads(public.reveal())["keys"]
        numbers = {(str(one["n"]), str(one["e"])) for one in listed}
    except (ValueError, KeyError, TypeError, RecursionError):
        return "broken"
    mine = key.as_dict(private=False)
    return "good" if (str(mine["n"]), str(mine["e"])) in numbers else "broken"


def _read(private: Secret) -> RSAKey | None:
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    found = _PEM.search(private.reveal())
    if found is None:
        return None
    body = "\n".join(found[2].split())
    try:
        return RSAKey.import_key(f"{found[1]}\n{body}\n{found[3]}\n")
    except (ValueError, TypeError, JoseError):
        return None


def _new_pair() -> dict[str, Secret]:
    from joserfc.jwk import RSAKey

    key = RSAKey.generate_key(_BITS, private=True, auto_kid=False)
    return {
        PRIVATE_KEY: Secret(key.as_pem(private=True).decode().strip().replace("\n", " ")),
        PUBLIC_KEYS: Secret(_public(key)),
    }


def _public_of(private: Secret) -> str:
    key = _read(private)
    assert key is not None, "it was read when the state was found out"
    return _public(key)


def _public(key: RSAKey) -> str:
    numbers = key.as_dict(private=False)
    one = {"use": "sig", "kty": "RSA", "n": numbers["n"], "e": numbers["e"]}
    return json.dumps({"keys": [one]}, separators=(",", ":"))
