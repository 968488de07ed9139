"""Setting up Convex Auth in a real (emulated) deployment."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from vibe_tui.services.convex.convex_auth import (
    AuthKeysInTheWay,
    AuthState,
    SiteUrlInvalid,
    google_redirect_uri,
    look,
    set_up,
    still_to_do,
)
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.secret import Secret
from vibe_tui.widgets.chat.examples import EXAMPLES

SITE = "http://localhost:8081"


@pytest.fixture
async def empty(api: DeploymentApi) -> AsyncIterator[DeploymentApi]:
    """A deployment without variables, before and after."""

    async def clear() -> None:
        await api.variables.unset([it.name for it in await api.variables.all()])

    await clear()
    yield api
    await clear()


async def values(api: DeploymentApi) -> dict[str, str]:
    return {it.name: it.value.reveal() for it in await api.variables.all()}


async def test_the_keys_are_what_convex_auth_reads(empty: DeploymentApi) -> None:
    assert (await look(empty.variables)).keys == "missing"
    done = await set_up(empty.variables, site_url=f"{SITE}/")
    assert (done.set, done.kept) == (("JWKS", "JWT_PRIVATE_KEY", "SITE_URL"), ())
    found = await values(empty)
    assert found["SITE_URL"] == SITE
    private = found["JWT_PRIVATE_KEY"]
    assert re.fullmatch(r"-----BEGIN PRIVATE KEY-----( [A-Za-z0-9+/=]+)+ -----END PRIVATE KEY-----", private)
    # As npm's jose reads it: without the marks and without any blank, it is the base64 of PKCS #8.
    der = base64.b64decode(re.sub(r"-----(BEGIN|END) PRIVATE KEY-----|\s", "", private), validate=True)
    key = load_der_private_key(der, None)
    assert isinstance(key, RSAPrivateKey)
    assert key.key_size == 2048
    [public] = json.loads(found["JWKS"])["keys"]
    assert set(public) == {"use", "kty", "n", "e"}
    token = jwt.encode({"alg": "RS256"}, {"sub": "user"}, RSAKey.import_key(der))
    assert jwt.decode(token, KeySet.import_key_set(json.loads(found["JWKS"]))).claims["sub"] == "user"
    assert (await look(empty.variables)).complete


async def test_only_what_is_missing_is_made(empty: DeploymentApi) -> None:
    await set_up(empty.variables, site_url=SITE)
    before = await values(empty)
    again = await set_up(empty.variables, site_url="http://localhost:1")
    assert (again.set, await values(empty)) == ((), before)
    await empty.variables.unset(["JWKS", "SITE_URL"])
    assert (await look(empty.variables)).keys == "half"
    done = await set_up(empty.variables, site_url=SITE)
    assert done.set == ("JWKS", "SITE_URL")
    assert await values(empty) == before, "the public key was made from the private one"


async def test_keys_are_replaced_on_the_users_word_only(empty: DeploymentApi) -> None:
    await set_up(empty.variables, site_url=SITE)
    before = await values(empty)
    for broken in ({"JWKS": '{"keys":[]}'}, {"JWKS": "nonsense"}, {"JWT_PRIVATE_KEY": "not a key at all"}):
        await empty.variables.set({name: Secret(value) for name, value in (before | broken).items()})
        assert (await look(empty.variables)).keys == "broken"
        with pytest.raises(AuthKeysInTheWay, match="do not belong together"):
            await set_up(empty.variables, site_url=SITE)
        assert await values(empty) == before | broken
    done = await set_up(empty.variables, site_url=SITE, replace_keys=True)
    assert (done.set, done.kept) == (("JWKS", "JWT_PRIVATE_KEY"), ("SITE_URL",))
    now = await values(empty)
    assert now["JWT_PRIVATE_KEY"] != before["JWT_PRIVATE_KEY"]
    assert (await look(empty.variables)).complete


async def test_a_public_key_alone_is_in_the_way(empty: DeploymentApi) -> None:
    await empty.variables.set({"JWKS": Secret('{"keys":[]}')})
    with pytest.raises(AuthKeysInTheWay):
        await set_up(empty.variables, site_url=SITE)
    assert await values(empty) == {"JWKS": '{"keys":[]}'}


@pytest.mark.parametrize(
    "site", ["", "localhost:8081", "myapp://home", "http://", "http://a/?b=c", "http://[x"]
)
async def test_a_site_url_has_to_be_a_page(empty: DeploymentApi, site: str) -> None:
    with pytest.raises(SiteUrlInvalid):
        await set_up(empty.variables, site_url=site)
    assert await values(empty) == {}


async def test_what_is_left_names_the_exact_redirect_uri(empty: DeploymentApi) -> None:
    done = await set_up(empty.variables, site_url=SITE)
    site_url = "https://happy-otter-123.convex.site"
    uri = "https://happy-otter-123.convex.site/api/auth/callback/google"
    assert google_redirect_uri(f"{site_url}/") == uri
    assert any(step.endswith(uri) for step in still_to_do(done.state, site_url))
    await empty.variables.set({"AUTH_GOOGLE_ID": Secret("id"), "AUTH_GOOGLE_SECRET": Secret("hush-hush")})
    state = await look(empty.variables)
    assert state.google
    assert not any("redirect" in step for step in still_to_do(state, site_url))


def test_what_is_left_names_a_recipe_that_there_is() -> None:
    first, *_ = still_to_do(AuthState("good", SITE, google=True), SITE)
    asked = first.partition("“")[2].partition("”")[0]
    assert asked in EXAMPLES
