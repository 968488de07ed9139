"""What a project remembers of its sandbox in the cloud, in its own document."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vibe_tui.services.store import Store

_TABLE = "cloud_sandbox"


@dataclass(frozen=True, slots=True)
class Kept:
    id: str = ""
    """Of the sandbox; "": there is none, or its creation was cut off."""
    attempt: str = ""
    """Of a creation that was begun: repeating it makes no second sandbox. "" when none is under way."""


class SandboxRecord:
    """Blocking: call it in a thread. Writing raises StoreLocked, StoreFull or StoreNotWritable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self) -> Kept:
        found = self._store.table(_TABLE).all()
        return Kept(str(found[0].get("id", "")), str(found[0].get("attempt", ""))) if found else Kept()

    def begin(self) -> str:
        """Note that a sandbox is about to be made, and give the attempt's name."""
        kept = self.read()
        if not kept.attempt:
            kept = replace(kept, attempt=os.urandom(12).hex())
            self._write(kept)
        return kept.attempt

    def made(self, id: str) -> None:
        """Note the sandbox before anything is done with it."""
        self._write(Kept(id))

    def forget(self) -> None:
        """It is no more."""
        self._write(Kept())

    def _write(self, kept: Kept) -> None:
        with self._store.transaction():
            self._store.drop_table(_TABLE)
            self._store.table(_TABLE).insert(asdict(kept))
