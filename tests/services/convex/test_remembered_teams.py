"""A team that was authorised before needs no browser; a wrong one makes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from connecting_setup import PROJECT, App, sign_in_ports
from fake_platform import TEAM, FakePlatform
from fault_server import FaultServer, json_response

from vibe_tui.services.convex.connect import SignInPorts
from vibe_tui.services.convex.oauth import SignInTimedOut
from vibe_tui.services.convex.sign_ins import TeamSignIns
from vibe_tui.services.convex.teams import WrongTeam
from vibe_tui.services.model import Failed

SECOND = replace(PROJECT, id="ba9876543210", name="second")


@pytest.fixture
async def platform() -> AsyncIterator[tuple[FakePlatform, FaultServer]]:
    fake = FakePlatform()
    async with FaultServer(fake) as server:
        fake.host = server.host
        yield fake, server


@pytest.fixture
def first(tmp_path: Path, platform: tuple[FakePlatform, FaultServer]) -> App:
    return App(tmp_path / "home", platform[1].host)


@pytest.fixture
def second(first: App) -> App:
    return replace(first, project=SECOND)


def browser(fake: FakePlatform) -> SignInPorts:
    async def consent(link: str) -> None:
        asked = {name: value[0] for name, value in parse_qs(urlsplit(link).query).items()}
        async with httpx2.AsyncClient(trust_env=False) as client:
            back = f"{asked['redirect_uri']}?code={fake.code_for(asked)}&state={asked['state']}"
            await client.get(back)

    return sign_in_ports(approve=False, open_link=consent)


def no_browser() -> SignInPorts:
    return sign_in_ports(approve=False, limit=0.1)


def remembered(app: App) -> list[str]:
    return TeamSignIns(app.credentials, app.host).teams()


async def test_the_second_project_of_a_team_needs_no_browser(first: App, second: App, platform) -> None:
    fake, _ = platform
    await first.connect(method=first.oauth(), ports=browser(fake))
    assert remembered(first) == [TEAM]
    connected = await second.connect(method=second.oauth(), ports=no_browser(), team=TEAM)
    assert connected.narrow and len(fake.projects) == 2
    assert len(fake.exchanged) == 1


async def test_without_a_team_the_browser_chooses(first: App, second: App, platform) -> None:
    fake, _ = platform
    await first.connect(method=first.oauth(), ports=browser(fake))
    with pytest.raises(SignInTimedOut):
        await second.connect(method=second.oauth(), ports=no_browser())


async def test_a_remembered_sign_in_that_was_revoked_is_forgotten_and_the_browser_opens(
    first: App, second: App, platform
) -> None:
    fake, _ = platform
    await first.connect(method=first.oauth(), ports=browser(fake))
    fake.revoke_everything()
    await second.connect(method=second.oauth(), ports=browser(fake), team=TEAM)
    assert len(fake.exchanged) == 2
    assert TeamSignIns(second.credentials, second.host).get(TEAM) == second.credentials.get(
        f"project/{SECOND.id}/oauth"
    )


async def test_the_sign_in_ends_with_the_last_project_that_uses_it(first: App, second: App, platform) -> None:
    fake, _ = platform
    await first.connect(method=first.oauth(), ports=browser(fake))
    await second.connect(method=second.oauth(), ports=no_browser(), team=TEAM)
    steps = await first.provisioning().disconnect("revoke", lambda _: None)
    assert all(step.ok for step in steps)
    assert "Another project" in {step.title: step.reason for step in steps}["Ending the sign-in"]
    assert (len(fake.oauth_tokens), remembered(first)) == (1, [TEAM])
    await second.provisioning().disconnect("revoke", lambda _: None)
    assert (fake.tokens, fake.live_keys, second.secrets()) == ([], [], [])


async def test_forgetting_the_last_project_forgets_the_team(first: App, platform) -> None:
    await first.connect(method=first.oauth(), ports=browser(platform[0]))
    await first.provisioning().disconnect("forget", lambda _: None)
    assert first.secrets() == []


async def test_teams_of_another_host_are_not_offered(first: App, platform) -> None:
    await first.connect(method=first.oauth(), ports=browser(platform[0]))
    assert TeamSignIns(first.credentials, "https://api.convex.dev").teams() == []


async def test_the_emulator_is_not_remembered(first: App, platform) -> None:
    await first.connect()
    assert first.credentials.refs("team/") == []


async def test_another_team_in_the_browser_makes_nothing_and_says_which_it_was(first: App, platform) -> None:
    fake, server = platform
    with pytest.raises(WrongTeam, match=f"team {TEAM}, not to other") as failed:
        await first.connect(method=first.oauth(), ports=browser(fake), team="other")
    assert "choose other" in failed.value.next_step
    assert (fake.projects, server.count("POST .*/create_.*")) == ({}, 0)
    assert remembered(first) == []
    state = first.provisioning().connection()
    assert isinstance(state, Failed) and TEAM in state.reason
    await first.connect(method=first.oauth(), ports=browser(fake), team=TEAM)
    assert len(fake.projects) == 1


async def test_a_member_who_was_removed_is_told_and_it_resumes_later(first: App, platform) -> None:
    fake, server = platform
    server.fail(
        "POST .*/create_deploy_key", "answer", json_response({"message": "Not a member"}, 403), times=2
    )
    with pytest.raises(Exception, match=f"{TEAM}.*Not a member") as failed:
        await first.connect(method=first.oauth(), ports=browser(fake))
    assert "member" in getattr(failed.value, "next_step", "")
    await first.connect(method=first.oauth(), ports=no_browser())
    assert (len(fake.projects), len(fake.live_keys)) == (1, 1)


async def test_a_wide_key_that_stays_valid_with_a_shared_sign_in_is_told(
    first: App, second: App, platform
) -> None:
    fake, _ = platform
    fake.team_tokens_allowed = False
    await first.connect(method=first.oauth(), ports=browser(fake))
    await second.connect(method=second.oauth(), ports=no_browser(), team=TEAM)
    steps = await first.provisioning().disconnect("revoke", lambda _: None)
    assert "wide key" in {step.title: step.reason for step in steps}["Ending the sign-in"]
