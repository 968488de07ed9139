"""Entries in the system keyring, with a time limit: a Secret Service may wait for a dialog for ever."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from vibe_tui.services.credentials import CredentialsUnavailable

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

Answer = TypeVar("Answer")
LIMIT = 3.0
"""Seconds that the keyring has for one answer."""
_REASONS = {
    "NoKeyringError": "this machine has none that works",
    "KeyringLocked": "it is locked",
    "InitError": "it could not be opened",
    "PlainTextKeyring": "the configured one is a plain file",
}


class KeyringEntries:
    """The entries under one service name. Every call raises CredentialsUnavailable when it fails."""

    def __init__(self, service: str) -> None:
        self._service = service

    def check(self) -> None:
        """Write, read and delete an entry: a backend that only exists is not one that works."""
        name, value = f"check {os.urandom(4).hex()}", os.urandom(8).hex()
        self.set(name, value)
        found = self.get(name)
        self.delete(name)
        if found != value:
            raise _unavailable("it did not return what was put into it")

    def get(self, name: str) -> str | None:
        return _within(lambda keyring: keyring.get_password(self._service, name))

    def set(self, name: str, value: str) -> None:
        _within(lambda keyring: keyring.set_password(self._service, name, value))

    def delete(self, name: str) -> None:
        """Does nothing when there is no such entry."""

        def delete(keyring: KeyringBackend) -> None:
            if keyring.get_password(self._service, name) is not None:
                keyring.delete_password(self._service, name)

        _within(delete)


def _within(action: Callable[[KeyringBackend], Answer]) -> Answer:
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(action(_backend()))
        except BaseException as error:  # noqa: BLE001 - it goes to whoever waits for the result
            future.set_exception(error)

    # A daemon: one that hangs must not keep the process alive, as a thread pool would.
    threading.Thread(target=run, name="keyring", daemon=True).start()
    try:
        return future.result(LIMIT)
    except TimeoutError:
        raise _unavailable(f"it did not answer within {LIMIT:g} seconds") from None
    except Exception as error:  # noqa: BLE001 - backends are plug-ins and raise what they like
        # Only what kind of error: its text may hold the value.
        raise _unavailable(_REASONS.get(type(error).__name__, type(error).__name__)) from None


def _backend() -> KeyringBackend:
    import keyring

    backend = keyring.get_keyring()
    if type(backend).__module__.startswith("keyrings.alt"):
        raise PlainTextKeyring  # a file with less care than ours
    return backend


class PlainTextKeyring(Exception):
    """The configured keyring is no keyring of the system."""


def _unavailable(reason: str) -> CredentialsUnavailable:
    return CredentialsUnavailable(
        f"The system keyring cannot be used: {reason}.",
        next_step="Unlock it and try again, or keep new credentials in a file: "
        'set credentials = "file" in settings.toml.',
    )
