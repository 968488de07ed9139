"""Which ways to connect are offered first on a computer, and which cannot work there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from connecting_setup import Running
from fake_platform import CLIENT_ID, CLIENT_SECRET

from vibe_tui.cli.parser import METHODS
from vibe_tui.services.convex import ways
from vibe_tui.services.convex.local_backend_host import LocalBackendHost
from vibe_tui.services.credentials import Credentials
from vibe_tui.services.paths import Home
from vibe_tui.services.secret import Secret
from vibe_tui.services.settings import ConvexSettings

HOST = "http://127.0.0.1:9"


@pytest.fixture
def user(tmp_path: Path) -> Path:
    (tmp_path / "user").mkdir()
    return tmp_path / "user"


def offers(user: Path, **convex: object) -> list[ways.Offer]:
    async def start() -> Running:
        return Running(HOST)

    home = Home(user.parent / "home")
    settings = ConvexSettings(provision_host=HOST, dashboard_host=HOST, **convex)  # type: ignore[arg-type]
    host = LocalBackendHost(home, "0" * 12, Credentials(home, "file"), {"HOME": str(user), "PATH": ""})
    return list(ways.offers(ways.Here(settings, start, user, host)))


def working(user: Path, **convex: object) -> list[str]:
    return [offer.name for offer in offers(user, **convex) if not offer.obstacle]


def test_without_anything_the_emulator_leads_and_the_rest_needs_a_secret(user: Path) -> None:
    assert working(user) == ["emulator", "team-token", "personal-token", "deploy-key", "self-hosted"]
    assert {offer.name for offer in offers(user)} == set(METHODS)


def test_an_oauth_application_leads(user: Path) -> None:
    assert working(user, oauth_client_id=CLIENT_ID, oauth_client_secret=Secret(CLIENT_SECRET))[0] == "oauth"


def test_the_login_of_the_cli_leads_before_the_emulator(user: Path) -> None:
    (user / ".convex-test-9").mkdir()
    (user / ".convex-test-9" / "config.json").write_text(json.dumps({"accessToken": "not-much-of-a-token"}))
    assert working(user)[:2] == ["cli-login", "emulator"]


def test_what_cannot_work_comes_last_and_says_why(user: Path) -> None:
    found = offers(user)
    last = [offer for offer in found if offer.obstacle]
    assert {"oauth", "cli-login"} <= {offer.name for offer in last}
    assert found[-len(last) :] == last
    for offer in last:
        assert offer.obstacle is not None and offer.obstacle.message and offer.obstacle.next_step


def test_each_says_in_a_line_what_it_needs(user: Path) -> None:
    for offer in offers(user):
        assert offer.needs and "\n" not in offer.needs and len(offer.needs) < 90
