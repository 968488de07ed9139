"""Connecting from the page in every way, to a platform whose state can be looked at."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from connecting_setup import ports_nobody_uses
from fake_platform import CLIENT_ID, CLIENT_SECRET, TEAM, FakePlatform
from fault_server import FaultServer, json_response

from tests.flows.seen_page import Page
from vibe_tui.app import VibeApp
from vibe_tui.screens.project.screen import ProjectScreen
from vibe_tui.services.convex.provisioning import Provisioning
from vibe_tui.services.credentials import Credentials
from vibe_tui.services.model import Connected, NotConnected, Project
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
from vibe_tui.services.secret import Secret
from vibe_tui.services.settings import ConvexSettings, Settings
from vibe_tui.services.store import open_store

TWO_TEAMS = [{"id": 7, "name": "Acme", "slug": TEAM}, {"id": 8, "name": "Other", "slug": "other"}]


@dataclass
class Desk:
    """A user, a project without a backend, and Convex."""

    home: Home
    project: Project
    fake: FakePlatform
    server: FaultServer
    user_home: Path
    oauth: bool = False
    """Whether an OAuth application is set up."""
    node: str = ""

    @property
    def settings(self) -> Settings:
        convex = ConvexSettings(
            provision_host=self.server.host,
            dashboard_host=self.server.host,
            redirect_ports=ports_nobody_uses(1),
            oauth_client_id=CLIENT_ID if self.oauth else "",
            oauth_client_secret=Secret(CLIENT_SECRET) if self.oauth else None,
        )
        return Settings(node=self.node, credentials="file", convex=convex)

    @property
    def provisioning(self) -> Provisioning:
        store = open_store(self.home.project_store(self.project.id))
        return Provisioning(self.project, store, Credentials(self.home, "file"))

    @property
    def connection(self) -> object:
        return self.provisioning.connection()

    @property
    def secrets(self) -> list[str]:
        if not self.home.credentials.exists():
            return []
        return [str(it) for it in json.loads(self.home.credentials.read_text())["secrets"].values()]

    def made(self) -> int:
        """How many requests have made something at Convex."""
        return self.server.count("POST .*/create_.*")

    @asynccontextmanager
    async def page(self, size: tuple[int, int] = (80, 24)) -> AsyncIterator[OpenPage]:
        app = VibeApp(
            lambda: ProjectScreen(self.home, self.settings, self.project), crash_folder=self.home.crashes
        )
        async with app.run_test(size=size, notifications=True) as pilot:
            yield OpenPage(Page(pilot), app, self.fake)
            close = app.on_shutdown
            if close is not None:
                await close()
            app.exit()
        assert not list(self.home.crashes.glob("*"))


@dataclass
class OpenPage:
    page: Page
    app: VibeApp
    fake: FakePlatform

    async def open_dialog(self) -> None:
        await self.page.see("Convex: |^.*reading", 20)
        await self.page.press("f8")
        await self.page.see(r"Status +[○✗●]")

    async def choose_way(self, way: str) -> None:
        """In the Where list, with the keys."""
        await self.choose_in("way", way)

    async def choose_in(self, field: str, value: str) -> None:
        """Choose in a list of the form, with the keys."""
        while getattr(self.app.focused, "id", "") != field:
            await self.page.press("tab")
        await self.page.press("enter")
        await self.page.type(value)
        await self.page.press("enter")

    async def connect(self, until: str) -> None:
        await self.page.choose("Connect to Convex", until=until)

    async def consent(self) -> None:
        """In a browser on another computer: the link was copied, the page it ends at does load here."""
        await self.page.see("Open this link and consent")
        link = self.app.clipboard
        asked = {name: value[0] for name, value in parse_qs(urlsplit(link).query).items()}
        back = f"{asked['redirect_uri']}?code={self.fake.code_for(asked)}&state={asked['state']}"
        async with httpx2.AsyncClient(trust_env=False) as client:
            await client.get(back)


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    user_home = tmp_path / "user"
    (tmp_path / "my-app" / "convex").mkdir(parents=True)
    user_home.mkdir()
    monkeypatch.setenv("HOME", str(user_home))
    monkeypatch.setenv("SSH_CONNECTION", "a b c d")  # nobody would see a browser
    for name in ("BROWSER", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    home = Home(tmp_path / "home")
    project = Projects(home).adopt(tmp_path / "my-app")
    fake = FakePlatform()
    async with FaultServer(fake) as server:
        fake.host = server.host
        yield Desk(home, project, fake, server, user_home)


@pytest.fixture
def with_oauth(desk: Desk) -> Desk:
    desk.oauth = True
    return desk


def sign_in_of_the_cli(desk: Desk, token: str) -> None:
    folder = desk.user_home / f".convex-test-{desk.server.port}"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"accessToken": token}))


CONNECTED = r"Status +● Connected"


# --- The ways -------------------------------------------------------------------------------------------


async def test_a_way_that_cannot_work_says_why_and_is_not_tried(desk: Desk) -> None:
    async with desk.page() as at:
        await at.open_dialog()
        assert re.search(r"Where +Emulator on this computer", at.page.text)
        await at.choose_way("Convex, signing")
        await at.page.see("CONVEX_OAUTH_CLIENT_ID")
        await at.page.press("tab", "tab", "enter")
        assert "Connecting" not in at.page.text
    assert desk.connection == NotConnected()


@pytest.mark.slow
async def test_a_team_token_is_never_shown_and_a_wrong_one_is_told_at_once(desk: Desk) -> None:
    token = desk.fake.has_token("team")
    async with desk.page() as at:
        await at.open_dialog()
        await at.choose_way("Convex, with a t")
        await at.page.press("tab", "tab", "ctrl+u")
        await at.connect("1 to 50 printable")
        while getattr(at.app.focused, "id", "") != "name":
            await at.page.press("tab")
        await at.page.type("Bakery")
        await at.page.choose("Try again", until="Paste the team access token")
        await at.page.put("dev:happy-otter-123|0123456789")
        await at.page.see("That is a deploy key, not an access token")
        assert desk.server.requests == []
        await at.page.press("ctrl+u")
        await at.page.put(token)
        await at.page.see("•" * 8)
        assert token not in at.page.text
        await at.page.press("enter")
        await at.page.see(CONNECTED)
        assert re.search(r"Key +opens this deployment only, until 20\d\d-\d\d-\d\d", at.page.text)
        assert token not in at.page.text
    (project,) = desk.fake.projects.values()
    assert project["name"].startswith("Bakery-")


async def test_the_login_of_the_cli_is_asked_for_first(desk: Desk) -> None:
    sign_in_of_the_cli(desk, desk.fake.has_token("personal"))
    async with desk.page() as at:
        await at.open_dialog()
        assert re.search(r"Where +Convex, with the login of its command line", at.page.text)
        await at.connect("Use the login of the Convex command line")
        assert desk.server.requests == []
        await at.page.choose("Use it", until=CONNECTED)
    assert len(desk.fake.projects) == 1


async def test_a_backend_of_ones_own_needs_a_sound_address(desk: Desk) -> None:
    key = desk.fake.has_key(desk.fake.has_project("Shop", type="dev"))
    async with desk.page() as at:
        await at.open_dialog()
        await at.choose_way("A Convex b")
        await at.page.press("tab")
        await at.page.put("http://convex.example.com")
        await at.connect("would cross the network readable")
        while getattr(at.app.focused, "id", "") != "address":
            await at.page.press("tab")
        await at.page.press("ctrl+u")
        await at.page.put(desk.server.host)
        await at.page.choose("Try again", until="Paste the admin key")
        await at.page.put(key)
        await at.page.press("enter")
        await at.page.see(CONNECTED)
        assert "Open in Convex Dashboard" not in at.page.text


# --- The team and the project ---------------------------------------------------------------------------


async def test_the_team_of_a_personal_token_is_chosen_before_anything_is_made(desk: Desk) -> None:
    desk.fake.teams = TWO_TEAMS
    async with desk.page() as at:
        await at.open_dialog()
        await at.choose_way("Convex, with a p")
        await at.connect("Paste the personal access token")
        await at.page.put(desk.fake.has_token("personal"))
        await at.page.press("enter")
        await at.page.see("several teams")
        assert desk.made() == 0
        await asyncio.sleep(0.3)  # what comes sooner is no answer
        await at.page.press("down", "enter")
        await at.page.see(CONNECTED)
    connection = desk.connection
    assert isinstance(connection, Connected) and connection.team_id == 8


async def test_a_team_authorised_before_needs_no_browser(with_oauth: Desk) -> None:
    desk = with_oauth
    async with desk.page() as at:
        await at.open_dialog()
        await at.connect("Open this link")
        await at.consent()
        await at.page.see(CONNECTED)
    folder = desk.project.folder.with_name("second")
    folder.mkdir()
    second = replace(desk, project=Projects(desk.home).adopt(folder))
    async with second.page() as at:
        await at.open_dialog()
        await at.choose_in("team", TEAM)
        await at.connect(CONNECTED)
    assert (len(desk.fake.projects), len(desk.fake.exchanged)) == (2, 1)


async def test_another_team_in_the_browser_makes_nothing_and_the_dialog_says_so(with_oauth: Desk) -> None:
    desk = with_oauth
    Credentials(desk.home, "file").set(f"team/127.0.0.1:{desk.server.port}/other", Secret("ended-long-ago"))
    async with desk.page() as at:
        await at.open_dialog()
        await at.choose_in("team", "other")
        await at.connect("Open this link")
        await at.consent()
        await at.page.see(f"You signed in to the team {TEAM}, not to other")
        assert "Nothing was made" in at.page.text
        await at.page.see("Try again")
    assert (desk.made(), desk.fake.projects) == (0, {})


@pytest.mark.slow
async def test_a_project_that_is_there_is_searched_for_paged_and_attached(with_oauth: Desk) -> None:
    desk = with_oauth
    for number in range(5):
        desk.fake.has_project(f"Shop-{number}")
    bakery = desk.fake.has_project("Bakery", type="custom")
    async with desk.page() as at:
        await at.open_dialog()
        await at.choose_in("project", "One that")
        assert not re.search(r"Name +my-app", at.page.text)
        await at.connect("Open this link")
        await at.consent()
        await at.page.see("Which project of the team acme")
        await at.page.see("shop-1")
        assert "shop-4" not in at.page.text
        await at.page.press("down")
        await at.page.see("shop-3")  # the end of the list loads the next page
        await at.page.press("shift+tab")
        await at.page.type("Bakery")
        await at.page.see(r"(?s)bakery(?!.*shop-)")
        await at.page.press("enter", "enter")
        await at.page.see("Project bakery: which deployment")
        await at.page.see(f"{bakery} +custom")
        assert desk.made() == 0
        await asyncio.sleep(0.3)  # what comes sooner is no answer
        await at.page.press("down", "enter")
        await at.page.see(CONNECTED)
    connection = desk.connection
    assert isinstance(connection, Connected)
    assert (connection.project, connection.deployment, connection.attached) == ("bakery", bakery, True)
    assert len(desk.fake.projects) == 6


@pytest.mark.slow
async def test_giving_up_while_choosing_leaves_nothing_behind(with_oauth: Desk) -> None:
    desk = with_oauth
    desk.fake.has_project("Shop")
    async with desk.page() as at:
        await at.open_dialog()
        await at.choose_in("project", "One that")
        await at.connect("Open this link")
        await at.consent()
        await at.page.see("Which project")
        await at.page.press("escape")
        await at.page.see(r"Status +○ Not connected")
        assert (desk.connection, desk.secrets, desk.fake.tokens) == (NotConnected(), [], [])
        assert (len(desk.fake.projects), desk.made()) == (1, 0)
        # The choice is still there, and none of the projects is an answer, too.
        await at.connect("Open this link")
        await at.consent()
        await at.page.choose("Make a new one", until=CONNECTED)
    assert len(desk.fake.projects) == 2


# --- What goes wrong ------------------------------------------------------------------------------------


async def test_a_wait_that_convex_asks_for_counts_down(desk: Desk) -> None:
    refusal = json_response({"code": "TooMany", "message": "quota of requests"}, 429, **{"Retry-After": "2"})
    desk.server.fail("POST .*/create_project", "answer", refusal)
    async with desk.page() as at:
        await at.open_dialog()
        await at.choose_way("Convex, with a t")
        await at.connect("Paste the team")
        await at.page.put(desk.fake.has_token("team"))
        await at.page.press("enter")
        await at.page.see("asks to wait 2 s")
        for left in (2, 1):
            await at.page.see(f"again in {left}\\s+s")
        await at.page.see(CONNECTED)


async def test_a_refusal_is_a_sentence_with_what_to_do(desk: Desk) -> None:
    quota = json_response({"code": "ProjectQuotaReached", "message": "quota"}, 400)
    desk.server.fail("POST .*/create_project", "answer", quota)
    async with desk.page() as at:
        await at.open_dialog()
        await at.choose_way("Convex, with a t")
        await at.connect("Paste the team")
        await at.page.put(desk.fake.has_token("team"))
        await at.page.press("enter")
        await at.page.see("Delete a project in the Convex dashboard")
        assert "The team has reached its limit of projects" in at.page.text
        assert re.search(r"Where +Convex, with a team access token", at.page.text)
        await at.page.choose("Try again", until="Paste the team")  # perhaps of another team


async def test_a_token_revoked_half_way_is_asked_for_again_and_the_step_resumes(desk: Desk) -> None:
    refusal = json_response({"message": "revoked"}, 401)
    desk.server.fail("POST .*/create_deploy_key", "answer", refusal)
    async with desk.page() as at:
        await at.open_dialog()
        await at.choose_way("Convex, with a t")
        await at.connect("Paste the team")
        await at.page.put(desk.fake.has_token("team"))
        await at.page.press("enter")
        await at.page.see(r"Project +my-app-\w+ \(begun\)")
        desk.fake.revoke_everything()
        await at.page.choose("Sign in again", until="Paste the team")
        await at.page.put(desk.fake.has_token("team"))
        await at.page.press("enter")
        await at.page.see(CONNECTED)
    assert (len(desk.fake.projects), len(desk.fake.live_keys)) == (1, 1)


async def test_a_refused_key_is_replaced_and_everything_else_stays(with_oauth: Desk) -> None:
    desk = with_oauth
    async with desk.page() as at:
        await at.open_dialog()
        await at.connect("Open this link")
        await at.consent()
        await at.page.see(CONNECTED)
        before = desk.connection
        desk.fake.keys.clear()
        desk.fake.revoke_everything()
        await at.page.press("escape")
        await at.open_dialog()
        await at.page.see("Connected, and the key is refused")
        await at.page.choose("Sign in again", until="Open this link")
        await at.page.press("escape")
        await at.page.see(r"Status +[●✗] Connected")
        assert desk.connection == before
        await at.page.choose("Sign in again", until="Open this link")
        await at.consent()
        await at.page.see(CONNECTED)
    assert isinstance(before, Connected)
    after = desk.connection
    assert isinstance(after, Connected)
    assert replace(after, key_expires=before.key_expires) == before
    (key,) = desk.fake.keys
    assert (key["name"], key["maker"]) == (before.key_name, "team")
    assert desk.provisioning.deploy_key() == Secret(key["value"])


@pytest.mark.slow
async def test_what_was_begun_can_be_undone_from_the_dialog(desk: Desk) -> None:
    desk.server.fail("POST .*/create_deploy_key", "answer", json_response({"message": "no"}, 400))
    async with desk.page() as at:
        await at.open_dialog()
        await at.choose_way("Convex, with a t")
        await at.connect("Paste the team")
        await at.page.put(desk.fake.has_token("team"))
        await at.page.press("enter")
        await at.page.choose("Disconnect", until="Disconnect from Convex")
        await at.page.choose("Delete the project", until='Type "')
        name = (await at.page.see('Type "(.*)" to go on'))[1]
        await at.page.type(name)
        await at.page.choose("Delete it", until=r"Status +○ Not connected")
    assert (desk.fake.projects, desk.connection) == ({}, NotConnected())


async def test_the_first_time_the_dialog_says_that_the_tools_are_installed(desk: Desk) -> None:
    node = desk.user_home / "node" / "bin" / "node"
    npm = node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    for file in (node, npm):
        file.parent.mkdir(parents=True)
    npm.touch()
    node.write_text('#!/bin/sh\n[ "$1" = --version ] && echo v22.13.0 && exit\nexec sleep 60\n')
    node.chmod(0o755)
    desk.node = str(node)
    async with desk.page() as at:
        await at.open_dialog()
        await at.choose_way("Emulator")
        await at.connect(re.escape("Installing the Convex tools (once)"))
        await at.page.press("escape")
        await at.page.see(r"Status +○ Not connected")
    assert desk.connection == NotConnected()
