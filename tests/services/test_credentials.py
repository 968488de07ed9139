"""Credentials: where they are kept, who can read them, and what happens when that place fails."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from vibe_tui.services import keyring_entries
from vibe_tui.services.credentials import Credentials, CredentialsUnavailable
from vibe_tui.services.paths import Home
from vibe_tui.services.secret import Secret

TOKEN = "token-for-tests-" + "a" * 20


class MemoryKeyring(KeyringBackend):
    """A keyring that works, until it is told otherwise."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False
        self.silent: threading.Event | None = None

    def _answer(self) -> None:
        if self.silent is not None:
            self.silent.wait()
        if self.locked:
            raise KeyringLocked

    def get_password(self, service: str, username: str) -> str | None:
        self._answer()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._answer()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._answer()
        del self.entries[service, username]


@pytest.fixture
def memory_keyring() -> Iterator[MemoryKeyring]:
    before, backend = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def revealed(credentials: Credentials, ref: str) -> str | None:
    secret = credentials.get(ref)
    return None if secret is None else secret.reveal()


def test_a_file_keeps_replaces_and_forgets(home: Home) -> None:
    credentials = Credentials(home, "file")
    assert credentials.get("team/a") is None
    assert credentials.delete("team/a") is False
    assert not home.root.exists()  # looking makes nothing
    credentials.set("team/a", Secret(TOKEN))
    credentials.set("team/b", Secret("other" + TOKEN))
    credentials.set("team/a", Secret("newer" + TOKEN))
    assert revealed(Credentials(home, "file"), "team/a") == "newer" + TOKEN
    assert credentials.delete("team/a") is True
    assert credentials.get("team/a") is None
    assert revealed(credentials, "team/b") == "other" + TOKEN
    assert str(home.credentials) in credentials.where()


def test_a_forgotten_secret_is_in_no_file(home: Home) -> None:
    credentials = Credentials(home, "file")
    credentials.set("a", Secret(TOKEN))
    credentials.set("b", Secret("another-token"))
    credentials.delete("a")
    for file in home.root.iterdir():
        assert TOKEN not in file.read_text()


def test_the_file_is_private_whatever_the_umask(home: Home) -> None:
    before = os.umask(0)
    try:
        Credentials(home, "file").set("a", Secret(TOKEN))
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.credentials.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700


def test_a_file_that_others_can_read_is_repaired(home: Home) -> None:
    credentials = Credentials(home, "file")
    credentials.set("a", Secret(TOKEN))
    home.credentials.chmod(0o644)
    assert revealed(credentials, "a") == TOKEN
    assert stat.S_IMODE(home.credentials.stat().st_mode) == 0o600


def test_a_symbolic_link_is_refused(home: Home, tmp_path: Path) -> None:
    Credentials(home, "file").set("a", Secret(TOKEN))
    home.credentials.rename(tmp_path / "elsewhere")
    home.credentials.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CredentialsUnavailable) as caught:
        Credentials(home, "file").get("a")
    assert "symbolic link" in caught.value.message
    with pytest.raises(CredentialsUnavailable):
        Credentials(home, "file").set("b", Secret(TOKEN))


def test_a_pipe_does_not_hang(home: Home) -> None:
    home.prepare()
    os.mkfifo(home.credentials)
    with pytest.raises(CredentialsUnavailable):
        Credentials(home, "file").get("a")


def test_a_file_of_somebody_else_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    Credentials(home, "file").set("a", Secret(TOKEN))
    monkeypatch.setattr(os, "geteuid", lambda: home.credentials.stat().st_uid + 1)  # we become the other
    with pytest.raises(CredentialsUnavailable) as caught:
        Credentials(home, "file").get("a")
    assert "another user" in caught.value.message


@pytest.mark.parametrize("damage", [b"", b"[]", b"{", b"\xff\x00"])
def test_a_damaged_file_is_refused_left_alone_and_not_quoted(home: Home, damage: bytes) -> None:
    home.prepare()
    damage += b'"a": "' + TOKEN.encode()
    home.credentials.write_bytes(damage)
    with pytest.raises(CredentialsUnavailable) as caught:
        Credentials(home, "file").set("b", Secret("other-token"))
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert home.credentials.read_bytes() == damage


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"secrets": [], "service": ""}', '{"secrets": {"a": 1}, "service": ""}']
)
def test_a_file_of_another_kind_is_refused(home: Home, content: str) -> None:
    home.prepare()
    home.credentials.write_text(content)
    with pytest.raises(CredentialsUnavailable):
        Credentials(home, "file").get("a")


def test_processes_do_not_overwrite_each_other(home: Home) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from vibe_tui.services.credentials import Credentials\n"
        "from vibe_tui.services.paths import Home\n"
        "from vibe_tui.services.secret import Secret\n"
        "store = Credentials(Home(Path(sys.argv[1])), 'file')\n"
        "for n in range(25): store.set(f'{sys.argv[2]}/{n}', Secret(f'value-{n}'))\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(home.root), name]) for name in "abcd"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    credentials = Credentials(home, "file")
    for name in "abcd":
        for number in range(25):
            assert revealed(credentials, f"{name}/{number}") == f"value-{number}"


def test_a_keyring_that_works_is_used_and_the_file_holds_no_secret(
    home: Home, memory_keyring: MemoryKeyring
) -> None:
    credentials = Credentials(home)
    assert credentials.where() == "the system keyring"
    credentials.set("a", Secret(TOKEN))
    assert list(memory_keyring.entries.values()) == [TOKEN]  # and the check left nothing
    assert TOKEN not in home.credentials.read_text()
    assert revealed(Credentials(home), "a") == TOKEN
    assert credentials.delete("a") is True
    assert memory_keyring.entries == {}
    assert credentials.get("a") is None


def test_two_homes_share_a_keyring(tmp_path: Path, memory_keyring: MemoryKeyring) -> None:
    one, other = Credentials(Home(tmp_path / "1")), Credentials(Home(tmp_path / "2"))
    one.set("a", Secret("one" + TOKEN))
    other.set("a", Secret("other" + TOKEN))
    other.delete("a")
    assert revealed(one, "a") == "one" + TOKEN


def test_secrets_stay_where_the_first_one_went(home: Home, memory_keyring: MemoryKeyring) -> None:
    memory_keyring.locked = True
    Credentials(home).set("a", Secret(TOKEN))
    memory_keyring.locked = False
    Credentials(home).set("b", Secret(TOKEN))
    assert memory_keyring.entries == {}
    assert set(json.loads(home.credentials.read_text())["secrets"]) == {"a", "b"}


def test_a_changed_choice_finds_what_is_kept_elsewhere(home: Home, memory_keyring: MemoryKeyring) -> None:
    Credentials(home, "keyring").set("a", Secret(TOKEN))
    assert revealed(Credentials(home, "file"), "a") == TOKEN
    Credentials(home, "file").set("a", Secret("newer" + TOKEN))
    assert memory_keyring.entries == {}
    assert revealed(Credentials(home, "keyring"), "a") == "newer" + TOKEN
    Credentials(home, "keyring").set("a", Secret(TOKEN))
    assert TOKEN not in home.credentials.read_text()


def test_a_keyring_that_no_longer_answers_is_named(home: Home, memory_keyring: MemoryKeyring) -> None:
    credentials = Credentials(home)
    credentials.set("a", Secret(TOKEN))
    memory_keyring.locked = True
    with pytest.raises(CredentialsUnavailable) as caught:
        credentials.get("a")
    assert "locked" in caught.value.message
    assert "settings.toml" in caught.value.next_step
    with pytest.raises(CredentialsUnavailable):
        credentials.set("b", Secret(TOKEN))


def test_a_keyring_that_hangs_is_given_up(
    home: Home, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keyring_entries.LIMIT == 3
    monkeypatch.setattr(keyring_entries, "LIMIT", 0.3)
    memory_keyring.silent = threading.Event()
    start = time.monotonic()
    Credentials(home).set("a", Secret(TOKEN))
    assert time.monotonic() - start < 2.5
    assert revealed(Credentials(home), "a") == TOKEN
    assert "not encrypted" in Credentials(home).where()
    memory_keyring.silent.set()


def test_no_keyring_at_all_is_an_error_only_when_it_was_asked_for(home: Home) -> None:
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
    try:
        with pytest.raises(CredentialsUnavailable):
            Credentials(home, "keyring").set("a", Secret(TOKEN))
        Credentials(home, "auto").set("a", Secret(TOKEN))
        assert revealed(Credentials(home, "keyring"), "a") == TOKEN
    finally:
        keyring.set_keyring(before)
