"""The consent page: what it refuses, what it says, and where it sends the browser."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.emulator.platform.platform_client import REDIRECT, Form, PlatformClient


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"client_id": None}, "client_id is missing"),
        ({"client_id": "somebody-else"}, "client_id is not registered"),
        ({"redirect_uri": None}, "redirect_uri is missing"),
        ({"redirect_uri": "http://127.0.0.1:43110/callback/"}, "redirect_uri is not registered"),
        ({"redirect_uri": "http://127.0.0.1:43118/callback"}, "redirect_uri is not registered"),
        ({"redirect_uri": "http://127.0.0.1:43110/callback?to=x"}, "redirect_uri is not registered"),
        ({"redirect_uri": "https://evil.example/callback"}, "redirect_uri is not registered"),
        ({"response_type": None}, "response_type is missing"),
        ({"response_type": "token"}, "response_type must be code"),
        ({"code_challenge": "x" * 42, "code_challenge_method": "S256"}, "wrong length for S256"),
        ({"code_challenge": "x" * 44, "code_challenge_method": "S256"}, "wrong length for S256"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "must be S256"),
        ({"code_challenge": "x" * 43}, "must be S256"),
        ({"code_challenge": "+" * 43, "code_challenge_method": "S256"}, "not base64url"),
        ({"code_challenge_method": "S256"}, "wrong length for S256"),
        ({"state": "s" * 2000}, "state is too long"),
    ],
)
async def test_invalid_requests_are_shown_and_not_redirected(
    platform: PlatformClient, changes: dict[str, str | None], says: str
) -> None:
    answer = await platform.consent(**changes)
    assert answer.status == 400
    assert says in answer.body
    assert "<form" not in answer.body
    assert "Location" not in answer.headers


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("port", range(43110, 43118))
async def test_the_registered_redirect_uris_are_a_fixed_list(
    platform: PlatformClient, host: str, port: int
) -> None:
    answer = await platform.consent(redirect_uri=f"http://{host}:{port}/callback")
    assert answer.status == 200
    assert f"form-action 'self' http://{host}:{port};" in answer.headers["Content-Security-Policy"]


async def test_a_parameter_given_twice_is_refused(platform: PlatformClient) -> None:
    query = f"client_id=vibe-tui&redirect_uri={REDIRECT}&response_type=code&state=a&state=b"
    answer = await platform.browse(f"/oauth/authorize/team?{query}")
    assert answer.status == 400
    assert "state was given twice" in answer.body


async def test_the_page_says_that_it_is_the_emulator_and_cannot_be_framed(platform: PlatformClient) -> None:
    page = await platform.consent()
    assert "Emulated Convex on this computer, not Convex cloud" in page.body
    assert "vibe-tui" in page.body
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    cookie = page.headers["Set-Cookie"]
    assert "SameSite=Strict" in cookie
    assert "HttpOnly" in cookie
    form = Form(page.body)
    assert form.decisions == ["authorize", "cancel"]
    assert form.options["team"] == ["personal"]
    assert "script" not in form.tags


async def test_what_the_request_says_is_escaped(platform: PlatformClient) -> None:
    nasty = '"><script>alert(1)</script>'
    page = await platform.consent(state=nasty)
    form = Form(page.body)
    assert form.fields["state"] == nasty
    assert "script" not in form.tags


async def test_names_of_teams_and_projects_are_escaped(platform: PlatformClient) -> None:
    token = await platform.token()
    nasty = '</option><script>alert("x")</script>'
    await platform.ok("POST", "/teams/create_team", token, {"name": nasty, "defaultRegion": "aws-us-east-1"})
    await platform.ok("POST", "/teams/1/create_project", token, {"projectName": nasty})
    page = await platform.consent("project")
    form = Form(page.body)
    assert "script" not in form.tags
    assert len(form.options["project"]) == 2
    assert len(form.options["team"]) == 2


async def test_cancel_tells_the_program(platform: PlatformClient) -> None:
    form = Form((await platform.consent()).body)
    answer = await platform.submit(form, "cancel")
    assert answer.status == 302
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query == {"error": ["access_denied"], "state": ["the-state"]}
    assert "Nothing was authorised" in answer.body


async def test_a_form_without_its_token_or_with_another_request_authorises_nothing(
    platform: PlatformClient,
) -> None:
    form = Form((await platform.consent()).body)
    for change in (
        {"csrf": ""},
        {"csrf": "0" * 64},
        {"state": "another"},
        {"redirect_uri": "http://127.0.0.1:43111/callback"},
    ):
        answer = await platform.submit(form, **change)
        assert answer.status == 400, change
        assert "Location" not in answer.headers


async def test_a_form_from_another_browser_or_site_authorises_nothing(platform: PlatformClient) -> None:
    form = Form((await platform.consent()).body)
    url = platform.url + form.action
    data = {**form.fields, "decision": "authorize"}
    async with platform.session.post(url, data=data, headers={"Origin": "http://evil.example"}) as response:
        assert response.status == 400
    platform.session.cookie_jar.clear()
    async with platform.session.post(url, data=data) as response:
        assert response.status == 400


async def test_two_tabs_of_one_browser_both_work(platform: PlatformClient) -> None:
    first = Form((await platform.consent(state="one")).body)
    second = Form((await platform.consent(state="two")).body)
    for form in (first, second):
        assert (await platform.submit(form)).status == 302


async def test_a_team_or_project_that_does_not_exist_is_refused(platform: PlatformClient) -> None:
    form = Form((await platform.consent()).body)
    assert (await platform.submit(form, team="nobody")).status == 400
    form = Form((await platform.consent("project")).body)
    assert (await platform.submit(form, project="999")).status == 400
    assert (await platform.submit(form, project="new", new_project="  ")).status == 400
    assert (await platform.submit(form, decision="perhaps")).status == 400


async def test_a_chosen_team_is_the_tokens_team(platform: PlatformClient) -> None:
    token = await platform.token()
    body = {"name": "Friends & Co", "defaultRegion": "aws-us-east-1"}
    team = await platform.ok("POST", "/teams/create_team", token, body)
    other = await platform.token(team="friends-co")
    assert other.startswith("team:friends-co|")
    assert (await platform.ok("GET", "/token_details", other))["teamId"] == team["id"]


async def test_project_scope_makes_or_takes_a_project(platform: PlatformClient) -> None:
    token = await platform.token("project", new_project="My First")
    assert token.startswith("project:personal:my-first|")
    details = await platform.ok("GET", "/token_details", token)
    again = await platform.token("project", project=str(details["projectId"]))
    assert again.startswith("project:personal:my-first|")
    assert (await platform.ok("GET", "/token_details", again))["projectId"] == details["projectId"]
