"""A refused key is made anew: one live key at the end, whatever cut it off, and nothing else changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from connecting_setup import App, sign_in_ports, typing
from fake_platform import FakePlatform
from fault_server import FaultServer, Request, json_response

from vibe_tui.services.convex.connect import Target
from vibe_tui.services.convex.key_check import key_problem
from vibe_tui.services.convex.key_methods import DeployKeyMethod
from vibe_tui.services.convex.oauth import SignInTimedOut
from vibe_tui.services.http_errors import HttpError
from vibe_tui.services.model import Connected, Failed
from vibe_tui.services.secret import Secret


@pytest.fixture
async def platform() -> AsyncIterator[tuple[FakePlatform, FaultServer]]:
    fake = FakePlatform()
    async with FaultServer(fake) as server:
        fake.host = server.host
        yield fake, server


@pytest.fixture
def app(tmp_path: Path, platform: tuple[FakePlatform, FaultServer]) -> App:
    return App(tmp_path / "home", platform[1].host)


async def renew(app: App, **more: object) -> Connected:
    return await app.provisioning().connect(
        app.emulator(),
        target=Target("my-app"),
        on_step=lambda _: None,
        sign_in=sign_in_ports(**more),
        new_key=True,
    )


def alike(one: Connected, other: Connected) -> bool:
    return replace(one, key_expires=other.key_expires) == other


async def test_only_the_key_is_made_anew(app: App, platform) -> None:
    fake, server = platform
    before = await app.connect()
    old = app.provisioning().deploy_key()
    fake.keys.clear()
    assert await key_problem(before.url, old) is not None
    after = await renew(app)
    assert alike(after, before)
    key = app.provisioning().deploy_key()
    assert key != old and await key_problem(after.url, key) is None
    assert (len(fake.projects), fake.live_keys, len(fake.team_tokens)) == (1, [before.key_name], 1)
    assert len(fake.exchanged) == 1  # the sign-in still stood
    assert server.count("POST .*/create_project") == 1


async def test_an_ended_sign_in_is_asked_for_and_without_it_all_stays(app: App, platform) -> None:
    fake, _ = platform
    before = await app.connect()
    key = app.provisioning().deploy_key()
    fake.revoke_everything()
    with pytest.raises(SignInTimedOut):
        await renew(app, approve=False, limit=0.1)
    assert app.provisioning().connection() == before
    assert app.provisioning().deploy_key() == key
    assert alike(await renew(app), before)
    assert len(fake.exchanged) == 2


async def test_a_refusal_half_way_is_recorded_and_connecting_finishes_it(app: App, platform) -> None:
    fake, server = platform
    before = await app.connect()
    server.fail("POST .*/create_deploy_key", "answer", json_response({"message": "no"}, 400))
    with pytest.raises(HttpError):
        await renew(app)
    state = app.provisioning().connection()
    assert isinstance(state, Failed) and state.code == "api_error"
    assert alike(await app.connect(), before)
    assert fake.live_keys == [before.key_name]


async def test_cut_off_anywhere_it_ends_with_one_live_key(app: App, platform) -> None:
    fake, server = platform
    before = await app.connect()
    for cut in range(1, 40):
        seen = 0
        task = asyncio.create_task(renew(app))

        async def watch(
            phase: str, request: Request, task: asyncio.Task[Connected] = task, at: int = cut
        ) -> None:
            nonlocal seen
            seen += 1
            if seen == at:
                task.cancel()
                await asyncio.sleep(0)

        server.watch = watch
        await asyncio.wait({task})
        server.watch = None
        after = await app.connect()
        assert alike(after, before)
        assert (fake.live_keys, len(fake.projects)) == ([before.key_name], 1)
        assert app.provisioning().deploy_key() == Secret(fake.keys[0]["value"])
        assert len(fake.team_tokens) == 1
        if not task.cancelled():
            break
    assert cut > 10 and not task.cancelled()


async def test_a_users_own_key_is_replaced_by_another(app: App, platform) -> None:
    fake, _ = platform
    deployment = fake.has_project("Shop", type="dev")
    method = DeployKeyMethod(app.host, app.host)
    before = await app.connect(method=method, ports=typing(fake.has_key(deployment)))
    fake.keys.clear()
    newer = fake.has_key(deployment)
    after = await app.provisioning().connect(
        method, target=Target(""), on_step=lambda _: None, sign_in=typing(newer), new_key=True
    )
    assert after == before
    assert app.provisioning().deploy_key() == Secret(newer)
