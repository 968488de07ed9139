from __future__ import annotations

import asyncio
import hashlib
import logging
import socket
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from connecting_setup import lines, ports_nobody_uses
from fake_platform import CLIENT_ID, CLIENT_SECRET, FakePlatform
from fault_server import FaultServer, Response, html_response, json_response

from vibe_tui.services import http_failures
from vibe_tui.services.convex.callback_listener import CallbackPortsBusy, CallbackRefused, WrongState
from vibe_tui.services.convex.connect import Platform
from vibe_tui.services.convex.consent import ConsentFailed, approve
from vibe_tui.services.convex.oauth import SignInDeclined, SignInFailed, SignInTimedOut, sign_in
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http_errors import (
    ConnectionLost,
    HostUnreachable,
    NotTheApi,
    RateLimited,
    ServerTrouble,
    TimedOut,
)
from vibe_tui.services.secret import Secret

Open = Callable[[str], Awaitable[None]]


class World:
    """A platform, and sign-ins to it."""

    def __init__(self, fake: FakePlatform, server: FaultServer) -> None:
        self.fake = fake
        self.server = server
        self.ports = ports_nobody_uses(2)
        self.problems: list[VibeError] = []
        self.waits: list[float] = []
        self.links: list[str] = []

    def platform(self, host: str = "") -> Platform:
        return Platform(
            "emulator", host or self.server.host, self.server.host, CLIENT_ID, Secret(CLIENT_SECRET)
        )

    async def consent(self, link: str) -> None:
        self.links.append(link)
        await approve(self.platform(), link)

    async def show(self, link: str) -> None:
        self.links.append(link)

    async def sign_in(
        self,
        open_link: Open | None = None,
        *,
        host: str = "",
        pasted: AsyncIterator[str] | None = None,
        limit: float = 20,
    ) -> Secret:
        return await sign_in(
            self.platform(host),
            ports=self.ports,
            open_link=open_link or self.consent,
            pasted=pasted,
            limit=limit,
            on_problem=self.problems.append,
            on_wait=lambda seconds, _: self.waits.append(seconds),
        )

    def address_for(self, link: str) -> str:
        """Where the browser would end after consenting."""
        asked = {name: value[0] for name, value in parse_qs(urlsplit(link).query).items()}
        code = self.fake.code_for(asked)
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    async def pastes(self, *changes: Callable[[str], str]) -> AsyncIterator[str]:
        """What the user pastes once the link was shown: the address, as each change makes of it."""
        while not self.links:
            await asyncio.sleep(0.01)
        for change in changes:
            yield change(self.address_for(self.links[-1]))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    fake = FakePlatform()
    async with FaultServer(fake) as server:
        yield World(fake, server)


def listening(ports: tuple[int, ...]) -> list[int]:
    open_ports = []
    for port in ports:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                open_ports.append(port)
    return open_ports


def same(address: str) -> str:
    return address


async def test_signs_in_and_closes_the_listener(world: World) -> None:
    token = await world.sign_in()
    assert [token.reveal()] == world.fake.oauth_tokens
    assert listening(world.ports) == []


async def test_the_link_and_the_exchange_belong_together(world: World) -> None:
    await world.sign_in()
    (link,) = world.links
    asked = {name: value[0] for name, value in parse_qs(urlsplit(link).query).items()}
    (form,) = world.fake.exchanged
    digest = urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
    assert asked["code_challenge"] == digest.decode()
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert 43 <= len(form["code_verifier"]) <= 128
    assert asked["redirect_uri"] == form["redirect_uri"] == f"http://127.0.0.1:{world.ports[0]}/callback"
    assert len(asked["state"]) >= 43
    assert (form["client_id"], form["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
    assert "code_verifier" not in asked and CLIENT_SECRET not in link


async def test_each_sign_in_has_its_own_state_and_verifier(world: World) -> None:
    await world.sign_in()
    await world.sign_in()
    states = {parse_qs(urlsplit(link).query)["state"][0] for link in world.links}
    assert len(states) == len({form["code_verifier"] for form in world.fake.exchanged}) == 2


async def test_two_at_once_come_back_to_different_ports(world: World) -> None:
    one, two = await asyncio.gather(world.sign_in(), world.sign_in())
    assert one != two
    assert len({form["redirect_uri"] for form in world.fake.exchanged}) == 2


async def test_no_secret_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = await world.sign_in()
    (form,) = world.fake.exchanged
    for secret in (token.reveal(), form["code"], form["code_verifier"], CLIENT_SECRET):
        assert secret not in caplog.text


async def test_declining_is_told(world: World) -> None:
    async def decline(link: str) -> None:
        address = world.address_for(link).replace("code=", "error=access_denied&x=")
        async with httpx2.AsyncClient(trust_env=False) as browser:
            await browser.get(address)

    with pytest.raises(SignInDeclined):
        await world.sign_in(decline)
    assert listening(world.ports) == []


async def test_nobody_comes_back(world: World) -> None:
    with pytest.raises(SignInTimedOut):
        await world.sign_in(world.show, limit=0.2)
    assert listening(world.ports) == []


async def test_cancelling_ends_it_at_once(world: World) -> None:
    task = asyncio.create_task(world.sign_in(world.show))
    while not world.links:
        await asyncio.sleep(0.01)
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 1
    assert listening(world.ports) == []


async def test_cancelling_during_the_exchange_ends_it_at_once(world: World) -> None:
    world.server.fail("POST /oauth/token", "hang")
    task = asyncio.create_task(world.sign_in())
    while not world.server.count("POST /oauth/token"):
        await asyncio.sleep(0.01)
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 1


# --- Paste-back -----------------------------------------------------------------------------------------


async def test_a_pasted_address_signs_in(world: World) -> None:
    token = await world.sign_in(
        world.show, pasted=world.pastes(lambda address: f" {address[:50]}\n{address[50:]} ")
    )
    assert [token.reveal()] == world.fake.oauth_tokens


async def test_a_refused_paste_is_told_and_the_next_one_counts(world: World) -> None:
    pasted = world.pastes(lambda address: address.partition("code=")[2], same)
    await world.sign_in(world.show, pasted=pasted)
    assert [type(problem) for problem in world.problems] == [CallbackRefused]


async def test_a_paste_with_another_state_ends_it_when_no_more_can_come(world: World) -> None:
    with pytest.raises(WrongState):
        await world.sign_in(world.show, pasted=world.pastes(lambda address: f"{address}x"))
    assert world.fake.exchanged == []


async def test_an_ended_input_does_not_end_the_wait_for_the_browser(world: World) -> None:
    async def later(link: str) -> None:
        await asyncio.sleep(0.2)
        await world.consent(link)

    assert await world.sign_in(later, pasted=lines("", "\n"))


async def test_with_all_ports_busy_pasting_still_works(world: World) -> None:
    with (
        socket.create_server(("127.0.0.1", world.ports[0])),
        socket.create_server(("127.0.0.1", world.ports[1])),
    ):
        await world.sign_in(world.show, pasted=world.pastes(same))
        (problem,) = world.problems
        assert isinstance(problem, CallbackPortsBusy)
        assert all(str(port) in problem.message for port in world.ports)
        assert world.fake.exchanged[0]["redirect_uri"] == f"http://127.0.0.1:{world.ports[0]}/callback"


async def test_with_all_ports_busy_and_no_way_to_paste_it_ends(world: World) -> None:
    with (
        socket.create_server(("127.0.0.1", world.ports[0])),
        socket.create_server(("127.0.0.1", world.ports[1])),
    ):
        with pytest.raises(CallbackPortsBusy):
            await world.sign_in(world.show)
        with pytest.raises(CallbackPortsBusy):
            await world.sign_in(world.show, pasted=lines())
    assert world.fake.exchanged == []


# --- The token endpoint ---------------------------------------------------------------------------------


async def test_the_token_host_is_not_there(world: World) -> None:
    (port,) = ports_nobody_uses(1)
    started = time.monotonic()
    with pytest.raises(HostUnreachable, match=f"127.0.0.1:{port}"):
        await world.sign_in(host=f"http://127.0.0.1:{port}")
    assert time.monotonic() - started < 6
    assert listening(world.ports) == []


@pytest.mark.parametrize(
    ("kind", "error"),
    [("hang", TimedOut), ("drip", TimedOut), ("reset", ConnectionLost), ("half", ConnectionLost)],
)
async def test_a_lost_answer_ends_it_and_the_code_is_not_sent_again(
    world: World, kind, error, monkeypatch
) -> None:
    monkeypatch.setattr(http_failures, "ANSWER_LIMIT", 0.5)
    answer = json_response({"access_token": "team:acme|x", "token_type": "bearer"})
    world.server.fail("POST /oauth/token", kind, answer)
    with pytest.raises(error) as failed:
        await world.sign_in()
    assert failed.value.next_step
    assert world.server.count("POST /oauth/token") == 1


async def test_a_busy_endpoint_is_asked_again_when_it_says(world: World) -> None:
    world.server.fail("POST /oauth/token", "answer", json_response({}, 429, **{"Retry-After": "1"}))
    assert await world.sign_in()
    assert world.waits == [1]


async def test_a_long_wait_ends_it(world: World) -> None:
    world.server.fail("POST /oauth/token", "answer", json_response({}, 429, **{"Retry-After": "99999"}))
    with pytest.raises(RateLimited, match="until"):
        await world.sign_in()


async def test_an_endpoint_that_was_not_ready_is_asked_again_twice(world: World) -> None:
    world.server.fail("POST /oauth/token", "answer", html_response("<html>busy</html>", 503), times=2)
    assert await world.sign_in()
    world.server.fail("POST /oauth/token", "answer", html_response("<html>busy</html>", 503), times=3)
    with pytest.raises(ServerTrouble):
        await world.sign_in()


@pytest.mark.parametrize(
    "answer",
    [
        html_response("<html>Welcome to the hotel</html>"),
        json_response({}),
        json_response([]),
        json_response({"access_token": "", "token_type": "bearer"}),
        json_response({"access_token": 7, "token_type": "bearer"}),
        json_response({"access_token": "a\nb", "token_type": "bearer"}),
        json_response({"access_token": "abc"}),
        json_response({"access_token": "abc", "token_type": "mac"}),
        Response(200, b"\xff\xfe", {"Content-Type": "application/json; charset=utf-16"}),
        Response(200, b'{"access_token": "' + b"x" * 2_000_000 + b'", "token_type": "bearer"}'),
    ],
)
async def test_an_answer_without_a_token_is_none(world: World, answer: Response) -> None:
    world.server.fail("POST /oauth/token", "answer", answer)
    with pytest.raises(NotTheApi):
        await world.sign_in()
    assert world.server.count("POST /oauth/token") == 1


async def test_redirects_of_the_token_endpoint_are_not_followed(world: World) -> None:
    redirect = Response(307, headers={"Location": f"{world.server.host}/elsewhere"})
    world.server.fail("POST /oauth/token", "answer", redirect)
    with pytest.raises(NotTheApi):
        await world.sign_in()
    assert world.server.count(".* /elsewhere") == 0


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (json_response({"error": "invalid_grant"}, 400), "used before"),
        (json_response({"error": "invalid_client"}, 401), "client id and secret"),
        (json_response({"error": "odd", "error_description": "the\x1b[2J moon"}, 400), "odd the moon"),
    ],
)
async def test_refusals_say_why(world: World, answer: Response, says: str) -> None:
    world.server.fail("POST /oauth/token", "answer", answer)
    with pytest.raises(SignInFailed, match=says) as failed:
        await world.sign_in()
    assert failed.value.next_step


async def test_a_code_is_exchanged_once_however_often_it_is_delivered(world: World) -> None:
    statuses: list[int] = []

    async def twice(link: str) -> None:
        address = world.address_for(link)
        async with httpx2.AsyncClient(trust_env=False) as browser:
            answers = [await browser.get(address) for _ in range(2)]
            statuses.extend(answer.status_code for answer in answers)

    await world.sign_in(twice)
    assert len(world.fake.exchanged) == 1
    assert statuses == [200, 410] or statuses == []  # the second may find the listener closed


# --- Consenting in the user's place ---------------------------------------------------------------------


async def test_only_the_emulator_is_consented_to(world: World) -> None:
    cloud = Platform("cloud", world.server.host, world.server.host, CLIENT_ID, Secret(CLIENT_SECRET))
    elsewhere = Platform(
        "emulator", world.server.host, "https://convex.invalid", CLIENT_ID, Secret(CLIENT_SECRET)
    )
    for platform in (cloud, elsewhere):
        with pytest.raises(ConsentFailed):
            await approve(platform, f"{platform.dashboard_host}/oauth/authorize/team")
    assert world.server.requests == []


@pytest.mark.parametrize(
    "page",
    [
        html_response("<h1>Not here</h1>", 400),
        html_response("<h1>No form</h1>"),
        html_response('<form method="post" action="https://evil.invalid/"></form>'),
    ],
)
async def test_an_unknown_page_is_not_consented_to(world: World, page: Response) -> None:
    world.server.fail("GET /oauth/authorize/team", "answer", page)
    with pytest.raises(ConsentFailed):
        await world.sign_in()
    assert world.server.count("POST .*") == 0


async def test_a_consent_that_leads_elsewhere_is_not_followed(world: World) -> None:
    away = Response(302, headers={"Location": "https://evil.invalid/callback"})
    world.server.fail("POST /oauth/authorize/team", "answer", away)
    with pytest.raises(ConsentFailed):
        await world.sign_in()
