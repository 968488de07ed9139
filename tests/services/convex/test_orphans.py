"""What nobody remembers is found by our names, told, and deleted on demand; what is in use never."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from connecting_setup import App
from fake_platform import FakePlatform
from fault_server import FaultServer

from vibe_tui.services.convex import orphans as module
from vibe_tui.services.convex.orphans import OrphanInUse, OrphanReport, orphans
from vibe_tui.services.convex.sign_ins import TeamSignIns
from vibe_tui.services.doctor import left_behind
from vibe_tui.services.projects import Projects
from vibe_tui.services.secret import Secret
from vibe_tui.services.settings import ConvexSettings, Settings


@pytest.fixture
async def platform() -> AsyncIterator[tuple[FakePlatform, FaultServer]]:
    fake = FakePlatform()
    async with FaultServer(fake) as server:
        fake.host = server.host
        yield fake, server


@pytest.fixture
def app(tmp_path: Path, platform: tuple[FakePlatform, FaultServer]) -> App:
    """A project of the home, which connects with a token of the user's."""
    fake, server = platform
    project = Projects(App(tmp_path / "home", "").home).create("my-app", tmp_path / "my-app")
    return App(tmp_path / "home", server.host, project=project, token=fake.has_token("team"))


def settings(app: App) -> Settings:
    return Settings(credentials="file", convex=ConvexSettings(provision_host=app.host))


async def found(app: App) -> OrphanReport:
    async with orphans(app.home, settings(app)) as search:
        return await search.find()


def names(report: OrphanReport) -> set[str]:
    return {it.name for it in report.orphans}


async def test_what_a_project_here_uses_is_none(app: App, platform) -> None:
    await app.connect()
    assert await found(app) == OrphanReport()


async def test_what_others_left_is_found_by_its_name_alone(app: App, platform) -> None:
    fake, server = platform
    connected = await app.connect()
    shop = fake.has_project("Shop", type="dev")
    fake.has_project("shop-2024")
    fake.has_project("lost-0a1b2c3d", type="dev")
    user = {"maker": "user", "value": "dev:x|y"}
    fake.keys += [
        {"deployment": shop, "name": "vibe-tui-aaaaaaaaaaaa-00000000", **user},
        {"deployment": shop, "name": "vibe-tui-of-mine", **user},
        {"deployment": connected.deployment, "name": "vibe-tui-bbbbbbbbbbbb-production", **user},
        {"deployment": connected.deployment, "name": f"vibe-tui-{app.project.id}-production", **user},
    ]
    for name in ("vibe-tui aaaaaaaaaaaa", "vibe-tui tests"):
        fake.tokens.append({"kind": "team", "name": name, "value": name, "team": fake.team_id})
    before = len(server.requests)
    report = await found(app)
    assert {request.method for request in server.requests[before:]} == {"GET"}, "looking changes nothing"
    assert names(report) == {
        "lost-0a1b2c3d",
        "vibe-tui-aaaaaaaaaaaa-00000000",
        "vibe-tui-bbbbbbbbbbbb-production",
        "vibe-tui aaaaaaaaaaaa",
    }
    assert {it.made[:10] for it in report.orphans} == {"1970-01-01"}
    assert report.not_asked == ()
    check = left_behind(report)
    assert (check.ok, check.required) == (False, False)
    assert check.detail.startswith("4 that no project here remembers")


async def test_each_is_deleted_on_demand(app: App, platform) -> None:
    fake, _ = platform
    await app.connect()
    shop = fake.has_project("Shop", type="dev")
    fake.has_project("lost-0a1b2c3d", type="dev")
    key = {"deployment": shop, "name": "vibe-tui-aaaaaaaaaaaa-00000000", "maker": "user", "value": "dev:x|y"}
    fake.keys.append(key)
    token = {"kind": "team", "name": "vibe-tui aaaaaaaaaaaa", "value": "v", "team": fake.team_id}
    fake.tokens.append(token)
    async with orphans(app.home, settings(app)) as search:
        for orphan in (await search.find()).orphans:
            await search.delete(orphan)
            await search.delete(orphan)  # gone is gone
    assert (key in fake.keys, token in fake.tokens) == (False, False)
    assert {row["name"].partition("-")[0] for row in fake.projects.values()} == {"Shop", "my"}
    assert await found(app) == OrphanReport()


async def test_what_comes_into_use_between_looking_and_deleting_stays(app: App, platform) -> None:
    fake, _ = platform
    await app.connect()
    other = Projects(app.home).create("other", app.root.parent / "other")
    async with orphans(app.home, settings(app)) as search:
        fake.has_project("other-00000000")
        (orphan,) = (await search.find()).orphans
        await replace(app, project=other, wants={"attach": "other-00000000"}).connect()
        with pytest.raises(OrphanInUse):
            await search.delete(orphan)
    assert "other-00000000" in {row["name"] for row in fake.projects.values()}


async def test_what_was_forgotten_is_found_with_a_team_s_remembered_sign_in(app: App, platform) -> None:
    fake, server = platform
    await app.connect()
    await app.provisioning().disconnect("forget", lambda _: None)
    assert await found(app) == OrphanReport(), "no sign-in is left to look with"
    TeamSignIns(app.credentials, server.host).remember("acme", Secret(fake.has_token("team")))
    report = await found(app)
    assert [it.kind for it in report.orphans] == ["project"]
    assert (report.orphans[0].name.rpartition("-")[0], report.orphans[0].team) == ("my-app", "acme")


async def test_a_platform_that_cannot_be_asked_is_told_in_time(
    app: App, platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, server = platform
    await app.connect()
    monkeypatch.setattr(module, "LIMIT", 0.3)
    server.fail("GET /v1/teams/.*", "hang")
    began = time.monotonic()
    (sentence,) = (await found(app)).not_asked
    assert time.monotonic() - began < 3
    assert "took longer" in sentence
    fake.revoke_everything()
    (sentence,) = (await found(app)).not_asked
    assert "could not be asked" in sentence
    assert "could not be asked" in left_behind(await found(app)).detail


async def test_a_record_that_cannot_be_read_makes_no_orphans(app: App, platform) -> None:
    await app.connect()
    other = Projects(app.home).create("other", app.root.parent / "other")
    unreadable = replace(app, project=other)
    await unreadable.connect(name="other")
    Projects(app.home).document(other.id).table("connection").update({"surprise": 1})
    report = await found(app)
    assert report.orphans == ()
    assert other.id in report.not_asked[0]


async def test_without_a_sign_in_nobody_is_asked(app: App, platform) -> None:
    assert await found(app) == OrphanReport()
    assert platform[1].requests == []
