"""Sandboxes of ours that no project here uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.services.sandbox.folder_cloud import FolderCloud
from vibe_tui.services.model import Project
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects, StillHasSandbox
from vibe_tui.services.sandbox.leftovers import Leftovers, NotALeftover
from vibe_tui.services.sandbox.price import hourly
from vibe_tui.services.sandbox.sandbox_record import Kept, SandboxRecord


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def project(home: Home, tmp_path: Path) -> Project:
    return Projects(home).new_from_template("app", tmp_path / "app", sandbox="e2b")


@pytest.fixture
def cloud(tmp_path: Path) -> FolderCloud:
    return FolderCloud(tmp_path / "cloud")


def record(home: Home, project: Project) -> SandboxRecord:
    return SandboxRecord(Projects(home).document(project.id))


async def test_what_a_project_uses_is_not_left_over(home: Home, project: Project, cloud: FolderCloud) -> None:
    used = await cloud.create(project.id, "1", 60)
    lost = await cloud.create(project.id, "2", 60)
    strange = await cloud.create("another computer's", "3", 60)
    record(home, project).made(used.id)
    found = await Leftovers(cloud, home).all()
    assert {(one.info.id, one.project, one.can_be_adopted) for one in found} == {
        (lost.id, project, False),
        (strange.id, None, False),
    }


async def test_adopting_one(home: Home, project: Project, cloud: FolderCloud) -> None:
    lost = await cloud.create(project.id, "1", 60)
    leftovers = Leftovers(cloud, home)
    assert (await leftovers.adopt(lost.id)) == project
    assert record(home, project).read() == Kept(lost.id)
    assert await leftovers.all() == []
    with pytest.raises(NotALeftover):
        await leftovers.kill(lost.id)


async def test_pausing_and_ending_one(home: Home, project: Project, cloud: FolderCloud) -> None:
    strange = await cloud.create("another computer's", "1", 60)
    leftovers = Leftovers(cloud, home)
    with pytest.raises(NotALeftover):
        await leftovers.adopt(strange.id)
    await leftovers.pause(strange.id)
    assert cloud.infos[strange.id].state == "paused"
    await leftovers.kill(strange.id)
    assert not cloud.infos


async def test_a_project_with_a_sandbox_is_not_forgotten(home: Home, project: Project) -> None:
    record(home, project).made("sbx1")
    with pytest.raises(StillHasSandbox):
        Projects(home).forget(project.id)
    record(home, project).forget()
    Projects(home).forget(project.id)


def test_the_price_of_the_default_sandbox() -> None:
    assert hourly(2, 512) == pytest.approx(0.109, abs=0.0005)
    assert hourly(0, 512) is None
