"""Where tokens and keys are kept: the system keyring when it answers, else a file of this user alone.

The file `credentials.json` is the index in both cases: per reference it holds the value, or null when
the value is in the keyring. It never has a copy beside it: a revoked key must be gone.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from vibe_tui.services.atomic import FileLock, sweep, write_atomic
from vibe_tui.services.errors import VibeError
from vibe_tui.services.paths import Home
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import visible

if TYPE_CHECKING:
    from vibe_tui.services.keyring_entries import KeyringEntries

Choice = Literal["auto", "keyring", "file"]


class CredentialsUnavailable(VibeError):
    """The place that holds the credentials cannot be used."""

    code = "credentials_unavailable"


@dataclass
class _Index:
    entries: dict[str, str | None] = field(default_factory=dict)
    """From a reference to its value; None: the value is in the keyring."""
    service: str = ""
    """The name under which the entries of this home stand in the keyring."""


class Credentials:
    """References ("convex/team/acme") and their secrets. Blocking: call it in a thread."""

    def __init__(self, home: Home, choice: Choice = "auto") -> None:
        """choice: where new secrets go; those that were kept elsewhere are still found."""
        self._home = home
        self._path = home.credentials
        self._choice = choice
        self._lock = FileLock(self._path.with_name(f"{self._path.name}.lock"))

    def get(self, ref: str) -> Secret | None:
        """Raises CredentialsUnavailable when the place that holds it does not answer."""
        index = self._load()
        if ref not in index.entries:
            return None
        value = index.entries[ref]
        if value is None:
            value = self._keyring(index).get(ref)
        return None if value is None else Secret(value)

    def set(self, ref: str, secret: Secret) -> None:
        """Raises CredentialsUnavailable, HomeNotWritable, StoreFull, StoreNotWritable or StoreLocked."""
        self._home.prepare()
        with self._lock:
            sweep(self._path)
            index = self._load()
            was_in_keyring = index.entries.get(ref, "") is None
            if self._use_keyring(index):
                self._keyring(index).set(ref, secret.reveal())
                index.entries[ref] = None
                self._save(index)
                return
            index.entries[ref] = secret.reveal()
            self._save(index)
            if was_in_keyring:
                self._keyring(index).delete(ref)

    def delete(self, ref: str) -> bool:
        """Forget a secret; False when there was none. Raises as `set`."""
        if ref not in self._load().entries:
            return False
        with self._lock:
            index = self._load()
            if ref not in index.entries:
                return False
            if index.entries[ref] is None:
                self._keyring(index).delete(ref)
            del index.entries[ref]
            self._save(index)
            return True

    def refs(self, prefix: str) -> list[str]:
        """The references that begin with `prefix`, sorted."""
        return sorted(ref for ref in self._load().entries if ref.startswith(prefix))

    def where(self) -> str:
        """Where a new secret would be kept, for the user to read."""
        if self._use_keyring(self._load()):
            return "the system keyring"
        return f"{visible(str(self._path))}, readable by you only, not encrypted"

    def _use_keyring(self, index: _Index) -> bool:
        if self._choice != "auto":
            return self._choice == "keyring"
        if index.entries:  # stay where the others are
            return None in index.entries.values()
        try:
            self._keyring(index).check()
        except CredentialsUnavailable:
            return False
        return True

    def _keyring(self, index: _Index) -> KeyringEntries:
        from vibe_tui.services.keyring_entries import KeyringEntries

        index.service = index.service or f"vibe-tui {os.urandom(4).hex()}"
        return KeyringEntries(index.service)

    def _load(self) -> _Index:
        raw = self._read()
        if raw is None:
            return _Index()
        try:
            content = json.loads(raw)
            entries, service = content["secrets"], content["service"]
            if all(isinstance(value, str | None) for value in entries.values()) and isinstance(service, str):
                return _Index(entries, service)
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
            pass
        # Nothing of the parser's message: it may quote the file.
        raise self._unusable("is damaged", "Move it away, then sign in again.")

    def _save(self, index: _Index) -> None:
        content = {"_v": 1, "service": index.service, "secrets": index.entries}
        write_atomic(self._path, json.dumps(content, indent=1).encode())

    def _read(self) -> bytes | None:
        """The file's bytes, after making sure that it is a plain file of ours and closed to others."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                state = os.fstat(descriptor)
                if not stat.S_ISREG(state.st_mode):
                    raise self._unusable("is not a plain file", "Move it away.")
                if state.st_uid != os.geteuid():
                    raise self._unusable("belongs to another user", "Make it yours, or move it away.")
                if state.st_mode & 0o077:
                    os.fchmod(descriptor, 0o600)
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if self._path.is_symlink():
                raise self._unusable("is a symbolic link", "Put the file itself in its place.") from error
            reason = error.strerror or str(error)
            raise self._unusable(f"cannot be read: {reason}", "Make it readable for you.") from error

    def _unusable(self, what: str, next_step: str) -> CredentialsUnavailable:
        return CredentialsUnavailable(
            f"The credential file {visible(str(self._path))} {what}.", next_step=next_step
        )
