"""The fault matrix of connecting, against a platform whose state the tests can look at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from connecting_setup import App, sign_in_ports
from fake_platform import TEAM, FakePlatform
from fault_server import FaultServer, json_response

from vibe_tui.services import http_failures
from vibe_tui.services.convex import leftovers
from vibe_tui.services.convex.connecting import WrongTeam
from vibe_tui.services.http_errors import (
    ApiError,
    HttpError,
    NotPermitted,
    ProjectQuotaReached,
    ServerTrouble,
    SignedOut,
)
from vibe_tui.services.model import Connected, Failed

CREATE = r"POST /v1/teams/\d+/create_project"
KEY = "POST .*/create_deploy_key"
TOKEN = "POST .*/create_access_token"


@pytest.fixture
async def platform(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[FakePlatform, FaultServer]]:
    monkeypatch.setattr(leftovers, "LOOKS", (0.0, 0.01, 0.01))
    monkeypatch.setattr(http_failures, "ANSWER_LIMIT", 1.0)
    fake = FakePlatform()
    async with FaultServer(fake) as server:
        fake.host = server.host
        yield fake, server


@pytest.fixture
def app(tmp_path: Path, platform: tuple[FakePlatform, FaultServer]) -> App:
    return App(tmp_path / "home", platform[1].host)


def one_of_each(fake: FakePlatform, app: App) -> bool:
    """One project, one deploy key, one team access token, and it is connected with that key."""
    connection = app.provisioning().connection()
    return (
        isinstance(connection, Connected)
        and [connection.project_id] == list(fake.projects)
        and [connection.key_name] == fake.live_keys
        and len(fake.team_tokens) == 1
        and app.provisioning().deploy_key().reveal() == fake.keys[0]["value"]
    )


@pytest.mark.parametrize("kind", ["hang", "reset", "half", "garbage", "close"])
@pytest.mark.parametrize("made", [True, False])
async def test_a_lost_answer_to_create_project_makes_one_project(
    app: App, platform, kind, made: bool
) -> None:
    fake, server = platform
    server.fail(CREATE, kind, json_response({"id": 1}), handled=made)
    await app.connect()
    assert one_of_each(fake, app)
    assert server.count(CREATE) == (1 if made else 2)
    assert server.count("GET .*/projects") == (1 if made else 3)


@pytest.mark.parametrize("made", [True, False])
async def test_trouble_at_create_project_makes_one_project(app: App, platform, made: bool) -> None:
    fake, server = platform
    server.fail(CREATE, "answer", json_response({}, 502), handled=made)
    await app.connect()
    assert one_of_each(fake, app)


async def test_answers_lost_for_good_leave_a_failure_from_which_connecting_goes_on(
    app: App, platform
) -> None:
    fake, server = platform
    server.fail(CREATE, "reset", times=2)
    with pytest.raises(HttpError):
        await app.connect()
    state = app.provisioning().connection()
    assert isinstance(state, Failed) and state.step == "Creating the Convex project" and state.reason
    await app.connect(ports=sign_in_ports(approve=False))  # without another sign-in
    assert one_of_each(fake, app)
    assert len(fake.exchanged) == 1


async def test_a_quota_is_told_in_the_servers_words_and_nothing_is_half_made(app: App, platform) -> None:
    fake, server = platform
    server.fail(
        CREATE, "answer", json_response({"code": "ProjectQuotaReached", "message": "At most 40"}, 400)
    )
    with pytest.raises(ProjectQuotaReached, match="At most 40"):
        await app.connect()
    assert (server.count(CREATE), fake.projects) == (1, {})
    await app.connect(name="another-name")
    assert [row["name"].rpartition("-")[0] for row in fake.projects.values()] == ["another-name"]
    assert one_of_each(fake, app)
    assert server.count("GET .*/projects") == 0  # nothing was looked for: it was certain


async def test_a_refusal_names_the_team_and_another_one_can_be_chosen(app: App, platform) -> None:
    fake, server = platform
    server.fail(CREATE, "answer", json_response({"code": "Forbidden", "message": "Developers only"}, 403))
    with pytest.raises(NotPermitted, match=f"{TEAM}.*Developers only"):
        await app.connect()
    assert server.count(CREATE) == 1
    fake.team_id = 8
    connected = await app.connect()
    assert connected.team_id == 8
    assert len(fake.exchanged) == 2


async def test_a_revoked_sign_in_is_told_and_signing_in_again_resumes_the_step(app: App, platform) -> None:
    fake, server = platform
    server.fail(KEY, "answer", json_response({"code": "Unauthenticated", "message": "revoked"}, 401))
    with pytest.raises(SignedOut) as failed:
        await app.connect()
    assert "Sign in again" in failed.value.next_step
    await app.connect()
    assert one_of_each(fake, app)
    assert (server.count(CREATE), len(fake.exchanged)) == (1, 2)


async def test_a_sign_in_that_was_revoked_meanwhile_is_made_anew_at_once(app: App, platform) -> None:
    fake, server = platform
    server.fail(KEY, "answer", json_response({"code": "Odd", "message": "not today"}, 409))
    with pytest.raises(ApiError):
        await app.connect()
    fake.tokens = [token for token in fake.tokens if token["kind"] != "oauth"]
    await app.connect()
    assert one_of_each(fake, app)
    assert len(fake.exchanged) == 2


async def test_signing_in_to_another_team_does_not_make_a_second_project(app: App, platform) -> None:
    fake, server = platform
    server.fail(KEY, "answer", json_response({}, 401))
    with pytest.raises(SignedOut):
        await app.connect()
    fake.team_id = 8
    with pytest.raises(WrongTeam, match=TEAM):
        await app.connect()
    assert len(fake.projects) == 1
    fake.team_id = 7
    await app.connect()
    assert one_of_each(fake, app)


async def test_a_deploy_key_that_cannot_be_made_is_made_by_the_next_connect(app: App, platform) -> None:
    fake, server = platform
    server.fail(KEY, "answer", json_response({"message": "boom"}, 500), times=3)
    with pytest.raises(ServerTrouble):
        await app.connect()
    state = app.provisioning().connection()
    assert isinstance(state, Failed) and state.step == "Making a key for this project only"
    await app.connect()
    assert one_of_each(fake, app)
    assert server.count(CREATE) == 1


@pytest.mark.parametrize("request_", [KEY, TOKEN])
@pytest.mark.parametrize(("kind", "times"), [("hang", 1), ("half", 1), ("reset", 2), ("reset", 3)])
async def test_lost_answers_leave_one_key_and_one_token(
    app: App, platform, request_, kind, times: int
) -> None:
    fake, server = platform
    server.fail(request_, kind, json_response({"deployKey": "x"}), handled=True, times=times)
    for _ in range(2):
        try:
            await app.connect()
        except HttpError:
            continue
        break
    assert one_of_each(fake, app)


async def test_a_refused_key_with_the_team_token_falls_back_to_the_wide_one(app: App, platform) -> None:
    fake, server = platform
    server.fail(KEY, "answer", json_response({"code": "Forbidden", "message": "no"}, 403))
    connected = await app.connect()
    assert not connected.narrow
    assert [key["maker"] for key in fake.keys] == ["oauth"]


@pytest.mark.parametrize(
    "request_",
    [
        "GET /v1/token_details",
        r"GET /v1/projects/\d+",
        "GET .*/list_access_tokens",
        "GET .*/get_canonical_urls",
    ],
)
@pytest.mark.parametrize("kind", ["reset", "garbage"])
async def test_reading_is_simply_repeated(app: App, platform, request_: str, kind) -> None:
    fake, server = platform
    server.fail(request_, kind)
    await app.connect()
    assert one_of_each(fake, app)


async def test_waits_are_told(app: App, platform) -> None:
    _, server = platform
    server.fail(CREATE, "answer", json_response({}, 429, **{"Retry-After": "1"}))
    waits: list[float] = []
    await app.connect(ports=sign_in_ports(on_wait=lambda seconds, _: waits.append(seconds)))
    assert waits == [1]


@pytest.mark.parametrize("stage", [CREATE, TOKEN, KEY])
@pytest.mark.parametrize("how", ["revoke", "delete-project"])
async def test_a_half_made_connection_can_be_taken_back(app: App, platform, stage: str, how) -> None:
    fake, server = platform
    server.fail(stage, "reset", handled=True, times=1)
    server.fail(stage, "answer", json_response({}, 500), times=9)
    server.fail("GET .*/projects", "answer", json_response({}, 500), times=4)
    with pytest.raises(HttpError):
        await app.connect()
    steps = await app.provisioning().disconnect(how, lambda _: None)
    assert all(step.ok for step in steps)
    assert (fake.live_keys, fake.tokens) == ([], [])
    assert len(fake.projects) == (0 if how == "delete-project" else 1)


@pytest.mark.parametrize("path", [KEY, TOKEN])
async def test_a_name_that_a_late_request_took_is_given_up_and_taken_again(app: App, platform, path) -> None:
    fake, server = platform
    taken = json_response({"code": "DuplicateName", "message": "There is one of this name"}, 409)
    server.fail(path, "answer", taken, handled=True)
    await app.connect()
    assert one_of_each(fake, app)
    assert server.count(path) == 2
