"""Connecting with the key of a deployment that is there already: nothing is made, nothing is taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from connecting_setup import App, typing
from fake_platform import TEAM, FakePlatform
from fault_server import FaultServer, Request, Response, json_response

from vibe_tui.services.convex.disconnecting import CannotDelete
from vibe_tui.services.convex.env_file import variables
from vibe_tui.services.convex.given_secret import SecretInvalid, SecretMissing
from vibe_tui.services.convex.key_methods import (
    AddressInvalid,
    DeployKeyMethod,
    GivenKeyRefused,
    SelfHostedMethod,
)
from vibe_tui.services.convex.provisioning import AlreadyConnected
from vibe_tui.services.http_errors import NotTheApi
from vibe_tui.services.model import Connecting, NotConnected

ADMIN_KEY = "my-convex|0123456789abcdef"


@pytest.fixture
async def platform() -> AsyncIterator[tuple[FakePlatform, FaultServer]]:
    fake = FakePlatform()
    async with FaultServer(fake) as server:
        fake.host = server.host
        yield fake, server


@pytest.fixture
def app(tmp_path: Path, platform: tuple[FakePlatform, FaultServer]) -> App:
    return App(tmp_path / "home", platform[1].host)


@pytest.fixture
async def own() -> AsyncIterator[FaultServer]:
    """A backend of the user's own."""

    async def answer(request: Request) -> Response:
        if request.headers.get("authorization") != f"Convex {ADMIN_KEY}":
            return json_response({"code": "BadAdminKey", "message": "no"}, 403)
        return json_response({"convexCloudUrl": server.host, "convexSiteUrl": f"{server.host}/http"})

    async with FaultServer(answer) as server:
        yield server


def deploy_key(app: App) -> DeployKeyMethod:
    return DeployKeyMethod(app.host, app.host)


# --- Deploy keys ----------------------------------------------------------------------------------------


async def test_a_deploy_key_says_itself_what_it_opens(app: App, platform) -> None:
    fake, server = platform
    deployment = fake.has_project("Shop", type="dev")
    key = fake.has_key(deployment)
    steps: list[Connecting] = []
    connected = await app.connect(method=deploy_key(app), ports=typing(key), on_step=steps.append)
    assert [step.step for step in steps] == [1, 2]
    assert app.provisioning().connection() == connected
    assert (connected.backend, connected.team, connected.project) == ("cloud", TEAM, "shop")
    assert (connected.deployment, connected.url) == (deployment, fake.host)
    assert connected.site_url == f"{fake.host}/site"
    assert connected.dashboard_url == f"{app.host}/d/{deployment}"
    assert "yours" in connected.key_reach
    assert app.provisioning().deploy_key().reveal() == key
    assert key not in app.store_text()
    assert not [it for it in server.requests if it.path.startswith("/v1/")]
    assert variables(connected, app.provisioning().deploy_key())["CONVEX_DEPLOY_KEY"] == key


@pytest.mark.parametrize("how", ["forget", "revoke"])
async def test_the_users_key_is_never_revoked(app: App, platform, how) -> None:
    fake, server = platform
    key = fake.has_key(fake.has_project("Shop", type="dev"))
    await app.connect(method=deploy_key(app), ports=typing(key))
    before = len(server.requests)
    steps = await app.provisioning().disconnect(how, lambda _: None)
    assert all(step.ok for step in steps)
    assert [step.reason for step in steps if "yours and stays valid" in step.reason]
    assert (len(server.requests), fake.live_keys) == (before, ["mine"])
    assert app.provisioning().connection() == NotConnected()
    assert app.secrets() == []


async def test_a_key_cannot_delete_the_project_and_it_stays_connected(app: App, platform) -> None:
    fake, _ = platform
    connected = await app.connect(
        method=deploy_key(app), ports=typing(fake.has_key(fake.has_project("Shop", type="dev")))
    )
    with pytest.raises(CannotDelete):
        await app.provisioning().disconnect("delete-project", lambda _: None, typed_name="shop")
    assert app.provisioning().connection() == connected
    assert len(fake.projects) == 1


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("prod:happy-otter-1|0123456789", "production"),
        ("preview:acme:shop|0123456789", "preview"),
        ("project:acme:shop|0123456789", "a project"),
        ("0123456789abcdef", "dev:NAME"),
    ],
)
async def test_keys_that_are_not_for_development_are_sent_nowhere(app: App, platform, key, why) -> None:
    with pytest.raises(SecretInvalid, match=why):
        await app.connect(method=deploy_key(app), ports=typing(key))
    assert platform[1].requests == []
    assert app.provisioning().connection() == NotConnected()


async def test_without_a_key_nothing_happens(app: App, platform) -> None:
    with pytest.raises(SecretMissing):
        await app.connect(method=deploy_key(app), ports=typing())
    assert platform[1].requests == []


async def test_a_revoked_key_is_told_and_changes_nothing(app: App, platform) -> None:
    fake, _ = platform
    deployment = fake.has_project("Shop", type="dev")
    connected = await app.connect(method=deploy_key(app), ports=typing(fake.has_key(deployment)))
    revoked = f"dev:{deployment}|not-known-any-more"
    with pytest.raises(GivenKeyRefused) as failed:
        await app.connect(method=deploy_key(app), ports=typing(revoked))
    assert failed.value.next_step
    assert app.provisioning().connection() == connected


async def test_a_new_key_for_the_same_deployment_replaces_the_old_one(app: App, platform) -> None:
    fake, _ = platform
    deployment = fake.has_project("Shop", type="dev")
    connected = await app.connect(method=deploy_key(app), ports=typing(fake.has_key(deployment)))
    newer = fake.has_key(deployment)
    assert await app.connect(method=deploy_key(app), ports=typing(newer)) == connected
    assert app.provisioning().deploy_key().reveal() == newer
    assert app.secrets() == [newer]


async def test_a_project_with_a_connection_of_ours_asks_for_no_key(app: App, platform) -> None:
    fake, _ = platform
    connected = await app.connect()
    key = fake.has_key(connected.deployment)
    with pytest.raises(AlreadyConnected, match="the emulator"):
        await app.connect(method=deploy_key(app), ports=typing(key))
    assert app.provisioning().connection() == connected


async def test_a_given_key_is_not_taken_for_a_sign_in(app: App, platform) -> None:
    fake, _ = platform
    await app.connect(
        method=deploy_key(app), ports=typing(fake.has_key(fake.has_project("Shop", type="dev")))
    )
    with pytest.raises(AlreadyConnected):
        await app.connect(method=app.oauth())


async def test_answers_that_make_no_sense_leave_it_not_connected(app: App, platform) -> None:
    fake, server = platform
    key = fake.has_key(fake.has_project("Shop", type="dev"))
    server.fail("POST /api/deployment/.*", "answer", json_response({"odd": 1}))
    with pytest.raises(NotTheApi):
        await app.connect(method=deploy_key(app), ports=typing(key))
    assert app.provisioning().connection() == NotConnected()
    await app.connect(method=deploy_key(app), ports=typing(key))


# --- A backend of one's own -----------------------------------------------------------------------------


async def test_a_backend_of_ones_own(app: App, own: FaultServer) -> None:
    connected = await app.connect(method=SelfHostedMethod(f"{own.host}/"), ports=typing(ADMIN_KEY))
    assert (connected.backend, connected.url, connected.site_url) == (
        "self-hosted",
        own.host,
        f"{own.host}/http",
    )
    assert (connected.deployment, connected.team, connected.dashboard_url) == ("my-convex", "", "")
    assert variables(connected, app.provisioning().deploy_key()) == {
        "CONVEX_SELF_HOSTED_URL": own.host,
        "CONVEX_SELF_HOSTED_ADMIN_KEY": ADMIN_KEY,
        "EXPO_PUBLIC_CONVEX_URL": own.host,
        "EXPO_PUBLIC_CONVEX_SITE_URL": f"{own.host}/http",
    }


async def test_a_wrong_admin_key_is_told(app: App, own: FaultServer) -> None:
    with pytest.raises(GivenKeyRefused):
        await app.connect(method=SelfHostedMethod(own.host), ports=typing("my-convex|wrong-one"))
    assert app.provisioning().connection() == NotConnected()


async def test_what_is_no_convex_backend_is_told(app: App) -> None:
    async def answer(_request: Request) -> Response:
        return json_response({}, 404)

    async with FaultServer(answer) as other:
        with pytest.raises(NotTheApi):
            await app.connect(method=SelfHostedMethod(other.host), ports=typing(ADMIN_KEY))


@pytest.mark.parametrize(
    "url",
    [
        "http://convex.example.com",
        "http://8.8.8.8:3210",
        "ftp://127.0.0.1",
        "convex.example.com",
        "https://user:word@convex.example.com",
        "https://convex.example.com/?key=1",
        "https://[broken",
        "http://127.0.0.1:port",
    ],
)
def test_addresses_that_the_key_is_not_sent_to(url: str) -> None:
    with pytest.raises(AddressInvalid) as failed:
        SelfHostedMethod(url)
    assert failed.value.next_step


@pytest.mark.parametrize("url", ["https://c.example.com", "http://127.0.0.1:3210", "http://192.168.1.5:3210"])
def test_addresses_that_it_is_sent_to(url: str) -> None:
    assert SelfHostedMethod(url).kind == "self-hosted"
