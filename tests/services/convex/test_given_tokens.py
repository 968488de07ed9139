"""Connecting to Convex cloud with a token that the user has: nothing of theirs is ever taken back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from connecting_setup import App, sign_in_ports, typing
from fake_platform import TEAM, FakePlatform
from fault_server import FaultServer, json_response

from vibe_tui.services.convex.given_secret import SecretInvalid, SecretMissing
from vibe_tui.services.convex.teams import TeamNotChosen, WrongTeam
from vibe_tui.services.convex.token_methods import (
    CliLoginMethod,
    CliLoginMissing,
    CliLoginRefused,
    PersonalTokenMethod,
    TeamTokenMethod,
)
from vibe_tui.services.http_errors import SignedOut
from vibe_tui.services.model import Failed, NotConnected

TWO_TEAMS = [{"id": 7, "name": "Acme", "slug": TEAM}, {"id": 8, "name": "Other", "slug": "other"}]


@pytest.fixture
async def platform() -> AsyncIterator[tuple[FakePlatform, FaultServer]]:
    fake = FakePlatform()
    async with FaultServer(fake) as server:
        fake.host = server.host
        yield fake, server


@pytest.fixture
def app(tmp_path: Path, platform: tuple[FakePlatform, FaultServer]) -> App:
    return App(tmp_path / "home", platform[1].host)


def team_token(app: App) -> TeamTokenMethod:
    return TeamTokenMethod(app.host, app.host)


def personal_token(app: App) -> PersonalTokenMethod:
    return PersonalTokenMethod(app.host, app.host)


async def test_a_team_token_makes_a_project_and_a_narrow_key(app: App, platform) -> None:
    fake, server = platform
    token = fake.has_token("team")
    connected = await app.connect(method=team_token(app), ports=typing(f" {token} "))
    assert (connected.backend, connected.narrow, connected.team) == ("cloud", True, TEAM)
    (key,) = fake.keys
    assert (key["name"], key["maker"]) == (connected.key_name, "team")
    assert server.count("POST .*/create_access_token") == 0
    assert not [it for it in (token, key["value"]) if it in app.store_text()]


async def test_disconnecting_takes_our_key_back_and_leaves_the_users_token(app: App, platform) -> None:
    fake, _ = platform
    token = fake.has_token("team")
    await app.connect(method=team_token(app), ports=typing(token))
    steps = await app.provisioning().disconnect("revoke", lambda _: None)
    assert all(step.ok for step in steps)
    assert "is yours and stays valid" in {step.title: step.reason for step in steps}["Ending the sign-in"]
    assert (fake.live_keys, [it["value"] for it in fake.tokens]) == ([], [token])
    assert app.secrets() == []


async def test_the_project_can_be_deleted_with_the_users_token(app: App, platform) -> None:
    fake, _ = platform
    token = fake.has_token("team")
    await app.connect(method=team_token(app), ports=typing(token))
    steps = await app.provisioning().disconnect("delete-project", lambda _: None)
    assert all(step.ok for step in steps)
    assert (fake.projects, len(fake.tokens)) == ({}, 1)


async def test_a_revoked_token_is_asked_for_again_and_the_step_resumes(app: App, platform) -> None:
    fake, server = platform
    token = fake.has_token("team")
    server.fail("POST .*/create_deploy_key", "answer", json_response({"message": "revoked"}, 401))
    with pytest.raises(SignedOut):
        await app.connect(method=team_token(app), ports=typing(token))
    state = app.provisioning().connection()
    assert isinstance(state, Failed)
    fake.revoke_everything()
    await app.connect(method=team_token(app), ports=typing(fake.has_token("team")))
    assert (len(fake.projects), len(fake.live_keys)) == (1, 1)


async def test_a_begun_oauth_connect_is_finished_with_a_token(app: App, platform) -> None:
    """The key is narrow then, and what the grant left is not taken for the user's."""
    fake, server = platform
    token = fake.has_token("team")
    server.fail("POST .*/create_deploy_key", "answer", json_response({"message": "revoked"}, 401))
    with pytest.raises(SignedOut):
        await app.connect(method=personal_token(app), ports=typing(fake.has_token("personal")))
    connected = await app.connect(method=team_token(app), ports=typing(token))
    assert connected.narrow and (len(fake.projects), len(fake.live_keys)) == (1, 1)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", SecretMissing),
        ("short", SecretInvalid),
        ("two words here", SecretInvalid),
        ("x" * 9000, SecretInvalid),
    ],
)
async def test_what_is_no_token_is_told_and_sent_nowhere(app: App, platform, typed: str, error) -> None:
    with pytest.raises(error) as failed:
        await app.connect(method=team_token(app), ports=typing(typed))
    assert failed.value.next_step
    assert not typed or typed not in str(failed.value)
    assert platform[1].requests == []


async def test_a_deploy_key_in_place_of_a_token_names_its_own_way(app: App, platform) -> None:
    with pytest.raises(SecretInvalid) as failed:
        await app.connect(method=team_token(app), ports=typing("dev:happy-otter-1|0123456789"))
    assert "--with deploy-key" in failed.value.next_step


# --- The team -------------------------------------------------------------------------------------------


async def test_a_personal_token_of_one_team_needs_no_choice(app: App, platform) -> None:
    fake, _ = platform
    connected = await app.connect(method=personal_token(app), ports=typing(fake.has_token("personal")))
    assert (connected.team_id, connected.narrow) == (7, True)


async def test_a_personal_token_of_several_teams_asks_which_and_is_not_asked_for_twice(
    app: App, platform
) -> None:
    fake, _ = platform
    fake.teams = TWO_TEAMS
    with pytest.raises(TeamNotChosen, match="acme, other"):
        await app.connect(method=personal_token(app), ports=typing(fake.has_token("personal")))
    assert fake.projects == {}
    connected = await app.connect(method=personal_token(app), ports=typing(), team="other")
    assert connected.team_id == 8


async def test_a_team_that_the_token_does_not_open_makes_nothing(app: App, platform) -> None:
    fake, _ = platform
    with pytest.raises(WrongTeam, match=TEAM):
        await app.connect(
            method=personal_token(app), ports=typing(fake.has_token("personal")), team="elsewhere"
        )
    with pytest.raises(WrongTeam, match="acme, not to elsewhere"):
        await app.connect(method=team_token(app), ports=typing(fake.has_token("team")), team="elsewhere")
    assert fake.projects == {}
    await app.connect(method=team_token(app), ports=typing(fake.has_token("team")), team=TEAM)
    assert len(fake.projects) == 1


# --- The login of the CLI -------------------------------------------------------------------------------


def cli_login(app: App, home: Path, content: str = "") -> CliLoginMethod:
    folder = home / f".convex-test-{app.host.rpartition(':')[2]}"
    if content:
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(content)
    return CliLoginMethod(app.host, app.host, home)


async def test_the_login_of_the_cli_is_used_when_the_user_agrees(app: App, platform, tmp_path: Path) -> None:
    fake, _ = platform
    asked: list[str] = []

    async def agree(question: str) -> bool:
        asked.append(question)
        return True

    token = fake.has_token("personal")
    method = cli_login(app, tmp_path, json.dumps({"accessToken": token}))
    connected = await app.connect(method=method, ports=sign_in_ports(approve=False, agree=agree))
    assert connected.narrow and len(asked) == 1
    await app.provisioning().disconnect("revoke", lambda _: None)
    assert [it["value"] for it in fake.tokens] == [token]
    assert app.secrets() == []


async def test_without_the_users_word_the_login_is_not_used(app: App, platform, tmp_path: Path) -> None:
    fake, server = platform
    method = cli_login(app, tmp_path, json.dumps({"accessToken": fake.has_token("personal")}))
    with pytest.raises(CliLoginRefused):
        await app.connect(method=method, ports=sign_in_ports(approve=False))
    assert server.requests == []
    assert app.secrets() == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"accessToken": 1}', '{"accessToken": "a\\nb"}'])
async def test_without_a_login_it_says_how_to_get_one(app: App, tmp_path: Path, content: str) -> None:
    with pytest.raises(CliLoginMissing) as failed:
        await app.connect(method=cli_login(app, tmp_path, content))
    assert "npx convex login" in failed.value.next_step
    assert app.provisioning().connection() == NotConnected()


async def test_the_login_for_convex_goes_to_no_other_host(tmp_path: Path) -> None:
    (tmp_path / ".convex").mkdir()
    (tmp_path / ".convex" / "config.json").write_text('{"accessToken": "not-much-of-a-token"}')
    await CliLoginMethod("https://api.convex.dev", "https://d.example", tmp_path).platform()
    for other in ("https://convex.example.com", "http://127.0.0.1:1", "http://localhost:3210"):
        with pytest.raises(CliLoginMissing):
            await CliLoginMethod(other, other, tmp_path).platform()
