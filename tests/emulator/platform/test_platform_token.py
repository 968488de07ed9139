"""`POST /oauth/token`: single use, PKCE, the client's secret, the errors of RFC 6749 5.2."""

from __future__ import annotations

import pytest

from tests.emulator.platform.platform_client import REDIRECT, PlatformClient, challenge_of
from vibe_tui.emulator.platform.authorize_request import AuthorizeRequest
from vibe_tui.emulator.platform.codes import LIFETIME, Codes, InvalidGrant

VERIFIER = "v" * 64


async def test_the_answer_has_two_fields_and_is_not_kept(platform: PlatformClient) -> None:
    code = await platform.code(challenge=challenge_of(VERIFIER))
    answer = await platform.exchange(code, code_verifier=VERIFIER)
    assert answer.status == 200
    assert set(answer.body) == {"access_token", "token_type"}
    assert answer.body["token_type"] == "bearer"
    assert answer.body["access_token"].startswith("team:personal|")
    assert answer.headers["Cache-Control"] == "no-store"


async def test_without_pkce_the_secret_is_enough_as_on_convex(platform: PlatformClient) -> None:
    answer = await platform.exchange(await platform.code())
    assert answer.status == 200


async def test_a_second_use_is_refused_and_revokes_the_token(platform: PlatformClient) -> None:
    code = await platform.code()
    token = (await platform.exchange(code)).body["access_token"]
    assert (await platform.api("GET", "/token_details", token)).status == 200
    again = await platform.exchange(code)
    assert (again.status, again.body["error"]) == (400, "invalid_grant")
    assert (await platform.api("GET", "/token_details", token)).status == 401


@pytest.mark.parametrize("verifier", ["w" * 64, None, ""])
async def test_a_wrong_verifier_is_refused_and_uses_the_code_up(
    platform: PlatformClient, verifier: str | None
) -> None:
    code = await platform.code(challenge=challenge_of(VERIFIER))
    wrong = await platform.exchange(code, code_verifier=verifier)
    assert (wrong.status, wrong.body["error"]) == (400, "invalid_grant")
    right = await platform.exchange(code, code_verifier=VERIFIER)
    assert (right.status, right.body["error"]) == (400, "invalid_grant")


async def test_a_verifier_without_a_challenge_is_refused(platform: PlatformClient) -> None:
    answer = await platform.exchange(await platform.code(), code_verifier=VERIFIER)
    assert answer.body["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": None}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": "gruß"}, 401, "invalid_client"),
        ({"client_id": "somebody-else"}, 401, "invalid_client"),
        ({"client_id": None}, 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "unsupported_grant_type"),
        ({"code": None}, 400, "invalid_request"),
        ({"redirect_uri": None}, 400, "invalid_request"),
        ({"redirect_uri": "http://127.0.0.1:43111/callback"}, 400, "invalid_grant"),
        ({"code": "never-issued"}, 400, "invalid_grant"),
    ],
)
async def test_refusals(
    platform: PlatformClient, changes: dict[str, str | None], status: int, error: str
) -> None:
    answer = await platform.exchange(await platform.code(), **changes)
    assert (answer.status, answer.body["error"]) == (status, error)
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_wrong_secret_does_not_use_the_code_up(platform: PlatformClient) -> None:
    code = await platform.code()
    assert (await platform.exchange(code, client_secret="wrong")).status == 401
    assert (await platform.exchange(code)).status == 200


async def test_json_and_broken_forms_are_refused(platform: PlatformClient) -> None:
    url = f"{platform.url}/oauth/token"
    async with platform.session.post(url, json={"grant_type": "authorization_code"}) as response:
        assert (response.status, (await response.json())["error"]) == (400, "invalid_request")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with platform.session.post(url, data=b"code=\xff\xfe", headers=headers) as response:
        assert response.status == 400
    twice = b"client_id=a&client_id=b"
    async with platform.session.post(url, data=twice, headers=headers) as response:
        assert (response.status, (await response.json())["error"]) == (400, "invalid_request")


def test_a_code_is_valid_for_ten_minutes() -> None:
    now = 1000.0
    codes = Codes(clock=lambda: now)
    request = AuthorizeRequest("team", REDIRECT, None, None)
    in_time, late = (codes.issue(request, team_id=1, project_id=None) for _ in range(2))
    now += LIFETIME - 1
    assert codes.redeem(in_time, redirect_uri=REDIRECT, verifier=None).team_id == 1
    now += 2
    with pytest.raises(InvalidGrant, match="expired"):
        codes.redeem(late, redirect_uri=REDIRECT, verifier=None)
