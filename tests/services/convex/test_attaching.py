"""Connecting to a Convex project that was there before: it is used, and never deleted by accident."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from connecting_setup import App, typing
from fake_platform import FakePlatform
from fault_server import FaultServer, json_response

from vibe_tui.services.convex.attaching import DeploymentNotUsable, ProjectNotInTeam
from vibe_tui.services.convex.disconnecting import NameNotTyped
from vibe_tui.services.convex.provisioning import AlreadyConnected
from vibe_tui.services.convex.token_methods import TeamTokenMethod
from vibe_tui.services.http_errors import HttpError
from vibe_tui.services.model import Connected, Connecting

CREATE = "POST .*/create_project"


@pytest.fixture
async def platform() -> AsyncIterator[tuple[FakePlatform, FaultServer]]:
    fake = FakePlatform()
    async with FaultServer(fake) as server:
        fake.host = server.host
        for number in range(5):  # more than a page
            fake.has_project(f"Shop-{number}")
        yield fake, server


@pytest.fixture
def app(tmp_path: Path, platform: tuple[FakePlatform, FaultServer]) -> App:
    return App(tmp_path / "home", platform[1].host)


async def test_a_project_is_found_by_its_slug_on_any_page(app: App, platform) -> None:
    fake, server = platform
    steps: list[Connecting] = []
    connected = await app.connect(attach="shop-4", on_step=steps.append)
    assert (connected.project, connected.attached) == ("shop-4", True)
    assert (server.count(CREATE), len(fake.projects)) == (0, 5)
    assert [key["name"] for key in fake.keys] == [connected.key_name]
    assert "Finding the Convex project" in [step.title for step in steps]
    assert await app.connect(attach="shop-4") == connected


async def test_a_project_is_found_by_its_id(app: App, platform) -> None:
    number = max(platform[0].projects)
    assert (await app.connect(attach=str(number))).project_id == number


async def test_its_own_dev_deployment_is_used_or_made(app: App, platform) -> None:
    fake, _ = platform
    there = fake.has_project("Bakery", type="dev")
    assert (await app.connect(attach="bakery")).deployment == there
    assert fake.deployments.keys() == {there}


async def test_a_deployment_by_its_name(app: App, platform) -> None:
    fake, _ = platform
    staging = fake.has_project("Bakery", type="custom")
    connected = await app.connect(deployment=staging)
    assert (connected.project, connected.deployment) == ("bakery", staging)


async def test_production_is_never_attached(app: App, platform) -> None:
    fake, _ = platform
    production = fake.has_project("Bakery", type="prod")
    with pytest.raises(DeploymentNotUsable, match="prod deployment"):
        await app.connect(deployment=production)
    assert fake.keys == []


@pytest.mark.parametrize("wanted", [{"attach": "shop-1"}, {"attach": "bakery", "team": "acme"}])
async def test_a_deployment_of_another_project_or_team_is_refused(app: App, platform, wanted) -> None:
    fake, _ = platform
    elsewhere = fake.has_project("Bakery", team=8, type="dev")
    with pytest.raises(DeploymentNotUsable, match="bakery"):
        await app.connect(deployment=elsewhere, **wanted)
    with pytest.raises(DeploymentNotUsable, match="no deployment nowhere"):
        await app.connect(deployment="nowhere")
    assert fake.keys == []


async def test_a_project_that_is_not_there_names_those_that_are(app: App, platform) -> None:
    fake, server = platform
    with pytest.raises(ProjectNotInTeam, match="shop-0, shop-1"):
        await app.connect(attach="shp")
    assert (server.count(CREATE), len(fake.exchanged)) == (0, 1)
    # The sign-in still stands, and another can be named, or a new one made.
    assert (await app.connect(attach="shop-1")).project == "shop-1"
    assert len(fake.exchanged) == 1


async def test_after_an_attach_that_failed_a_new_project_can_be_made(app: App, platform) -> None:
    fake, _ = platform
    with pytest.raises(ProjectNotInTeam):
        await app.connect(attach="shp")
    connected = await app.connect()
    assert not connected.attached
    assert len(fake.projects) == 6


async def test_what_was_begun_is_not_turned_into_something_else(app: App, platform) -> None:
    fake, server = platform
    server.fail("POST .*/create_deploy_key", "answer", json_response({"message": "no"}, 409))
    with pytest.raises(HttpError):
        await app.connect(attach="shop-1")
    with pytest.raises(AlreadyConnected, match="shop-1"):
        await app.connect(attach="shop-2")
    assert (await app.connect()).project == "shop-1"
    assert len(fake.projects) == 5


async def test_a_lost_answer_while_making_the_deployment_leaves_one(app: App, platform) -> None:
    fake, server = platform
    server.fail("POST .*/create_deployment", "reset", handled=True)
    await app.connect(attach="shop-1")
    assert len(fake.deployments) == 1


async def test_revoking_takes_back_what_we_made_and_leaves_the_project(app: App, platform) -> None:
    fake, _ = platform
    theirs = fake.has_key(fake.has_project("Bakery", type="dev"))
    await app.connect(attach="bakery")
    steps = await app.provisioning().disconnect("revoke", lambda _: None)
    assert all(step.ok for step in steps)
    assert ([key["value"] for key in fake.keys], fake.tokens) == ([theirs], [])
    assert len(fake.projects) == 6


async def test_it_is_deleted_only_when_its_name_is_typed(app: App, platform) -> None:
    fake, server = platform
    token = fake.has_token("team")
    method = TeamTokenMethod(app.host, app.host)
    connected = await app.connect(method=method, ports=typing(token), attach="shop-1")
    for typed in ("", "shop-2"):
        with pytest.raises(NameNotTyped):
            await app.provisioning().disconnect("delete-project", lambda _: None, typed_name=typed)
    assert server.count("POST .*/delete.*") == 0
    assert app.provisioning().connection() == connected
    assert app.provisioning().attached_project() == "shop-1"
    steps = await app.provisioning().disconnect("delete-project", lambda _: None, typed_name="shop-1")
    assert all(step.ok for step in steps)
    assert connected.project_id not in fake.projects
    assert len(fake.projects) == 4


async def test_status_says_that_it_was_there_before(app: App) -> None:
    await app.connect(attach="shop-1")
    state = app.provisioning().connection()
    assert isinstance(state, Connected) and state.attached
