"""Settings: defaults, file, environment, and what is said about a mistake."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from vibe_tui.services.paths import Home, HomeNotWritable
from vibe_tui.services.secret import Secret
from vibe_tui.services.settings import ConvexSettings, Settings, SettingsInvalid, change, load


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def write(home: Home, text: str) -> None:
    home.prepare()
    home.settings.write_text(text)


def test_without_a_file_the_defaults_hold(home: Home) -> None:
    settings = load(home, {})
    assert settings == Settings()
    assert settings.convex.provision_host == "https://api.convex.dev"
    assert settings.convex.dashboard_host == "https://dashboard.convex.dev"
    assert settings.convex.redirect_ports == tuple(range(43110, 43118))
    assert not home.root.exists()


def test_the_file_counts(home: Home) -> None:
    write(
        home,
        'node = "/opt/node"\ncredentials = "file"\n[convex]\nprovision_host = "https://convex.example/"\n'
        'oauth_client_id = "id"\noauth_client_secret = "client-secret"\nredirect_ports = [5000]\n'
        "push_limit = 30\nsign_in_limit = 1.5\n",
    )
    assert load(home, {}) == Settings(
        "/opt/node",
        "file",
        ConvexSettings(
            provision_host="https://convex.example",
            oauth_client_id="id",
            oauth_client_secret=Secret("client-secret"),
            redirect_ports=(5000,),
            push_limit=30,
            sign_in_limit=1.5,
        ),
    )
    assert "client-secret" not in repr(load(home, {}))


def test_the_environment_counts_more(home: Home) -> None:
    write(home, '[convex]\nprovision_host = "https://file.example"\noauth_client_id = "file"\n')
    convex = load(
        home,
        {
            "PROVISION_HOST": "http://127.0.0.1:3999/",
            "DASHBOARD_HOST": "http://localhost:4000",
            "CONVEX_OAUTH_CLIENT_ID": "environment",
            "CONVEX_OAUTH_CLIENT_SECRET": "from-environment",
        },
    ).convex
    assert convex.provision_host == "http://127.0.0.1:3999"
    assert convex.dashboard_host == "http://localhost:4000"
    assert convex.oauth_client_id == "environment"
    assert convex.oauth_client_secret == Secret("from-environment")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nodes = 3", "`nodes`"),
        ("[convex]\nport = 1", "`convex.port`"),
        ("[other]", "`other`"),
        ("node = 3", "`node`"),
        ('credentials = "plain"', "`credentials`"),
        ("convex = 3", "`convex`"),
        ('[convex]\nprovision_host = "api.convex.dev"', "`convex.provision_host`"),
        ('[convex]\nprovision_host = "http://api.example"', "`convex.provision_host`"),
        ('[convex]\ndashboard_host = "https://u:p@x.example"', "`convex.dashboard_host`"),
        ('[convex]\ndashboard_host = "https://x.example:port"', "`convex.dashboard_host`"),
        ("[convex]\nredirect_ports = []", "`convex.redirect_ports`"),
        ("[convex]\nredirect_ports = [80]", "`convex.redirect_ports`"),
        ("[convex]\nredirect_ports = [true]", "`convex.redirect_ports`"),
        ("[convex]\npush_limit = 0", "`convex.push_limit`"),
        ('[convex]\npush_limit = "fast"', "`convex.push_limit`"),
        ("[convex]\nsign_in_limit = nan", "`convex.sign_in_limit`"),
    ],
)
def test_a_mistake_is_named_with_file_key_and_what_is_allowed(home: Home, text: str, named: str) -> None:
    write(home, text)
    with pytest.raises(SettingsInvalid) as caught:
        load(home, {})
    assert str(home.settings) in caught.value.message
    assert named in caught.value.message
    assert caught.value.next_step


def test_a_mistake_in_the_environment_names_the_variable(home: Home) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load(home, {"PROVISION_HOST": "ftp://x"})
    assert "PROVISION_HOST" in caught.value.message


@pytest.mark.parametrize("content", [b"a = [", b"\xff\xfe", b'x = "\x1b[2J"'])
def test_a_file_that_is_not_toml_is_named(home: Home, content: bytes) -> None:
    home.prepare()
    home.settings.write_bytes(content)
    with pytest.raises(SettingsInvalid) as caught:
        load(home, {})
    assert str(home.settings) in caught.value.message
    assert "\x1b" not in caught.value.message
    with pytest.raises(SettingsInvalid):
        change(home, "node", "/opt/node")
    assert home.settings.read_bytes() == content


def test_a_change_keeps_comments_and_other_settings(home: Home) -> None:
    write(home, '# mine\nnode = "/a"  # here\n\n[convex]\n# slow machine\npush_limit = 200\n')
    change(home, "node", "/b")
    change(home, "convex.sign_in_limit", 60)
    change(home, "credentials", "file")
    text = home.settings.read_text()
    assert "# mine" in text
    assert "# here" in text
    assert "# slow machine" in text
    settings = load(home, {})
    assert (settings.node, settings.credentials) == ("/b", "file")
    assert (settings.convex.push_limit, settings.convex.sign_in_limit) == (200, 60)
    change(home, "convex.push_limit", None)
    assert load(home, {}).convex.push_limit == 120
    assert stat.S_IMODE(home.settings.stat().st_mode) == 0o600


def test_a_change_that_is_not_allowed_writes_nothing(home: Home) -> None:
    for key, value in (("convex.push_limit", "x"), ("other", 1), ("other", None)):
        with pytest.raises(SettingsInvalid):
            change(home, key, value)
    assert not home.root.exists()


def test_the_home_comes_from_the_environment(tmp_path: Path) -> None:
    assert Home.from_environment({"VIBE_TUI_HOME": str(tmp_path)}) == Home(tmp_path)
    assert Home.from_environment({"VIBE_TUI_HOME": "relative"}).root.is_absolute()
    assert Home.from_environment({}).root.name == "vibe-tui"


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    home = Home(tmp_path / "file" / "home")
    assert load(home, {}) == Settings()
    with pytest.raises(HomeNotWritable) as caught:
        change(home, "node", "/b")
    assert str(home.root) in caught.value.message
    assert "VIBE_TUI_HOME" in caught.value.next_step
