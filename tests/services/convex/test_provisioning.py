from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from connecting_setup import APP_ID, App, sign_in_ports
from fake_platform import FakePlatform
from fault_server import FaultServer, json_response

from vibe_tui.services.convex.connect import OAuthMethod, OAuthNotConfigured
from vibe_tui.services.convex.consent import approve
from vibe_tui.services.convex.disconnecting import DisconnectStep
from vibe_tui.services.convex.journal import JournalUnreadable
from vibe_tui.services.convex.oauth import SignInTimedOut
from vibe_tui.services.convex.provisioning import AlreadyConnected, DisconnectUnfinished, KeyMissing
from vibe_tui.services.errors import UsageError
from vibe_tui.services.model import Connecting, Failed, NotConnected
from vibe_tui.services.store import open_store


@pytest.fixture
async def platform() -> AsyncIterator[tuple[FakePlatform, FaultServer]]:
    fake = FakePlatform()
    async with FaultServer(fake) as server:
        fake.host = server.host
        yield fake, server


@pytest.fixture
def app(tmp_path: Path, platform: tuple[FakePlatform, FaultServer]) -> App:
    return App(tmp_path / "home", platform[1].host)


async def test_connects_with_a_narrow_key_and_stores_no_secret_in_the_journal(app: App, platform) -> None:
    fake, _ = platform
    steps: list[Connecting] = []
    connected = await app.connect(name="my-app", on_step=steps.append)
    assert app.provisioning().connection() == connected
    assert [step.step for step in steps] == sorted(step.step for step in steps)
    assert {step.step for step in steps} == {1, 2, 3, 4, 5}
    (project,) = fake.projects.values()
    assert project["name"].startswith("my-app-")
    assert (connected.team, connected.project) == ("acme", project["slug"])
    assert connected.narrow and connected.backend == "emulator"
    assert (connected.url, connected.site_url) == (fake.host, f"{fake.host}/site")
    (key,) = fake.keys
    assert (key["name"], key["maker"]) == (connected.key_name, "team")
    assert app.provisioning().deploy_key().reveal() == key["value"]
    stored = app.store_text()
    assert not [it for it in (key["value"], *fake.oauth_tokens) if it in stored]


async def test_the_team_access_token_is_named_for_the_app_and_expires(app: App, platform) -> None:
    fake, _ = platform
    await app.connect()
    (token,) = [it for it in fake.tokens if it["kind"] == "team"]
    assert token["name"] == f"vibe-tui {app.project.id}"
    assert token["expiresAt"] > 1_700_000_000_000


async def test_connecting_again_changes_nothing(app: App, platform) -> None:
    _, server = platform
    first = await app.connect()
    before = len(server.requests)
    assert await app.connect() == first
    assert len(server.requests) == before


async def test_before_anything_it_is_not_connected(app: App) -> None:
    assert app.provisioning().connection() == NotConnected()
    assert app.provisioning().backend() is None


async def test_without_team_access_tokens_the_key_is_wide_and_says_so(app: App, platform) -> None:
    fake, _ = platform
    fake.team_tokens_allowed = False
    connected = await app.connect()
    assert not connected.narrow
    assert [key["maker"] for key in fake.keys] == ["oauth"]


async def test_a_project_without_a_deployment_gets_one(app: App, platform) -> None:
    fake, _ = platform
    fake.deployments_made = False
    connected = await app.connect()
    assert list(fake.deployments) == [connected.deployment]


async def test_convex_cloud_by_oauth_with_the_settings_of_the_user(app: App, platform) -> None:
    fake, server = platform

    async def consent(link: str) -> None:
        async with httpx2.AsyncClient(trust_env=False) as browser:
            asked = {name: value[0] for name, value in parse_qs(urlsplit(link).query).items()}
            code = fake.code_for(asked)
            await browser.get(f"{asked['redirect_uri']}?code={code}&state={asked['state']}")

    fake.host = "https://happy-otter-1.eu-west-1.convex.cloud"
    connected = await app.connect(method=app.oauth(), ports=sign_in_ports(approve=False, open_link=consent))
    assert connected.backend == "cloud"
    assert connected.site_url == "https://happy-otter-1.eu-west-1.convex.site"
    assert connected.dashboard_url == f"{server.host}/d/{connected.deployment}"


async def test_oauth_without_an_application_says_what_to_set(app: App) -> None:
    with pytest.raises(OAuthNotConfigured) as failed:
        await app.connect(method=OAuthMethod(app.host, app.host, "", None))
    for name in ("CONVEX_OAUTH_CLIENT_ID", "CONVEX_OAUTH_CLIENT_SECRET", "--with emulator"):
        assert name in failed.value.next_step
    assert app.provisioning().connection() == NotConnected()


async def test_nobody_consents_for_the_user_at_convex_cloud(app: App, platform) -> None:
    with pytest.raises(UsageError):
        await app.connect(method=app.oauth())
    assert platform[1].requests == []


async def test_a_connected_project_is_not_connected_elsewhere(app: App) -> None:
    connected = await app.connect()
    with pytest.raises(AlreadyConnected, match="the emulator"):
        await app.connect(method=app.oauth())
    assert app.provisioning().connection() == connected


async def test_a_declined_sign_in_can_be_repeated_with_another_method(app: App, platform) -> None:
    fake, _ = platform
    with pytest.raises(SignInTimedOut):
        await app.connect(ports=sign_in_ports(approve=False, limit=0.1))
    state = app.provisioning().connection()
    assert isinstance(state, Failed) and state.step == "Signing in" and state.next_step

    async def consent(link: str) -> None:
        platform_there = await app.emulator().platform()
        await approve(platform_there, link)

    await app.connect(method=app.oauth(), ports=sign_in_ports(approve=False, open_link=consent))
    assert len(fake.projects) == 1


async def test_the_emulator_may_move_to_another_port(app: App, platform) -> None:
    fake, _ = platform
    connected = await app.connect()
    async with FaultServer(fake) as elsewhere:
        at = {connected.deployment: (f"{elsewhere.host}/a", f"{elsewhere.host}/b")}
        app.provisioning().emulator_is_at(elsewhere.host, at)
        moved = app.provisioning().connection()
        assert moved == replace(
            connected,
            url=f"{elsewhere.host}/a",
            site_url=f"{elsewhere.host}/b",
            provision_host=elsewhere.host,
            dashboard_host=elsewhere.host,
        )
        steps = await app.provisioning().disconnect("revoke", lambda _: None)
        assert all(step.ok for step in steps)
        assert elsewhere.count("POST .*") == 3


async def test_a_lost_credential_store_says_what_to_do(app: App) -> None:
    await app.connect()
    app.home.credentials.unlink()
    with pytest.raises(KeyMissing) as failed:
        app.provisioning().deploy_key()
    assert "disconnect --forget" in failed.value.next_step


async def test_a_record_of_another_version_is_told_and_can_be_forgotten(app: App) -> None:
    await app.connect()
    open_store(app.home.project_store(APP_ID)).table("connection").update({"stage": "levitating"})
    with pytest.raises(JournalUnreadable):
        app.provisioning().connection()
    await app.provisioning().disconnect("forget", lambda _: None)
    assert app.provisioning().connection() == NotConnected()
    assert app.credentials.get(f"project/{APP_ID}/deploy-key") is None


# --- Disconnecting --------------------------------------------------------------------------------------


async def test_forget_leaves_convex_alone_and_says_what_stays(app: App, platform) -> None:
    fake, server = platform
    connected = await app.connect()
    before = len(server.requests)
    (step,) = await app.provisioning().disconnect("forget", lambda _: None)
    assert step.ok and connected.key_name in step.reason and connected.project in step.reason
    assert len(server.requests) == before
    assert fake.live_keys and fake.projects
    assert app.provisioning().connection() == NotConnected()
    assert app.secrets() == []


async def test_revoke_takes_every_key_back_and_keeps_the_project(app: App, platform) -> None:
    fake, _ = platform
    await app.connect()
    seen: list[DisconnectStep] = []
    steps = await app.provisioning().disconnect("revoke", seen.append)
    assert steps == seen and all(step.ok for step in steps)
    assert (fake.live_keys, fake.tokens) == ([], [])
    assert len(fake.projects) == 1
    assert app.provisioning().connection() == NotConnected()
    assert app.secrets() == []


async def test_delete_project_takes_everything_back(app: App, platform) -> None:
    fake, _ = platform
    await app.connect()
    steps = await app.provisioning().disconnect("delete-project", lambda _: None)
    assert all(step.ok for step in steps)
    assert (fake.projects, fake.live_keys, fake.tokens) == ({}, [], [])


async def test_what_is_gone_already_is_no_failure(app: App, platform) -> None:
    fake, _ = platform
    await app.connect()
    fake.projects.clear()
    fake.deployments.clear()
    fake.keys.clear()
    steps = await app.provisioning().disconnect("delete-project", lambda _: None)
    assert all(step.ok for step in steps)
    assert app.provisioning().connection() == NotConnected()


async def test_a_sign_in_that_convex_does_not_end_is_told_and_no_obstacle(app: App, platform) -> None:
    fake, _ = platform
    fake.grants_end = False
    await app.connect()
    steps = await app.provisioning().disconnect("revoke", lambda _: None)
    assert all(step.ok for step in steps)
    assert "team's settings" in {step.title: step.reason for step in steps}["Ending the sign-in"]
    assert app.provisioning().connection() == NotConnected()


async def test_a_failing_step_is_told_and_the_same_call_finishes_the_rest(app: App, platform) -> None:
    fake, server = platform
    await app.connect()
    server.fail("POST .*/delete_deploy_key", "answer", json_response({"message": "no"}, 403))
    steps = await app.provisioning().disconnect("revoke", lambda _: None)
    assert [step.ok for step in steps] == [False, True]
    state = app.provisioning().connection()
    assert isinstance(state, Failed) and "disconnect --revoke" in state.next_step
    assert app.provisioning().backend() == "emulator"
    with pytest.raises(DisconnectUnfinished):
        await app.connect()
    steps = await app.provisioning().disconnect("revoke", lambda _: None)
    assert all(step.ok for step in steps)
    assert (fake.live_keys, fake.tokens) == ([], [])
    assert app.provisioning().connection() == NotConnected()


async def test_with_a_revoked_sign_in_the_team_token_still_takes_things_back(app: App, platform) -> None:
    fake, _ = platform
    await app.connect()
    fake.tokens = [token for token in fake.tokens if token["kind"] == "team"]
    await app.provisioning().disconnect("revoke", lambda _: None)
    assert (fake.live_keys, fake.team_tokens) == ([], [])


async def test_with_nothing_that_convex_accepts_it_says_how_to_leave(app: App, platform) -> None:
    fake, _ = platform
    await app.connect()
    fake.revoke_everything()
    steps = await app.provisioning().disconnect("revoke", lambda _: None)
    assert not any(step.ok for step in steps)
    state = app.provisioning().connection()
    assert isinstance(state, Failed) and "disconnect --forget" in state.next_step
    await app.provisioning().disconnect("forget", lambda _: None)
    assert app.provisioning().connection() == NotConnected()


async def test_what_was_never_connected_can_be_disconnected(app: App, platform) -> None:
    steps = await app.provisioning().disconnect("revoke", lambda _: None)
    assert all(step.ok for step in steps)
    assert platform[1].requests == []


async def test_connecting_after_forgetting_leaves_one_team_access_token(app: App, platform) -> None:
    fake, _ = platform
    await app.connect()
    await app.provisioning().disconnect("forget", lambda _: None)
    await app.connect()
    assert len(fake.team_tokens) == 1
