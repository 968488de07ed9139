from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from connecting_setup import App, ports_nobody_uses
from fake_platform import FakePlatform
from fault_server import FaultServer

from vibe_tui.services.model import Connected, Connecting, Failed, NotConnected


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


async def test_without_team_access_tokens_the_key_is_wide_and_says_so(app: App, platform) -> None:
    fake, _ = platform
    fake.team_tokens_allowed = False
    connected = await app.connect()
    assert not connected.narrow
    assert [key["maker"] for key in fake.keys] == ["oauth"]
