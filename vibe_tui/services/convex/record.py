"""The journal of a saga while it runs: written before each step, and left whole by a cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from vibe_tui.services.convex.journal import Journal, JournalFile, SecretRefs, connecting
from vibe_tui.services.model import Connecting
from vibe_tui.services.secret import Secret

if TYPE_CHECKING:
    from vibe_tui.services.credentials import Credentials

T = TypeVar("T")


class Record:
    """What one saga has noted, and the secrets it has kept."""

    def __init__(
        self,
        journal: Journal,
        file: JournalFile,
        credentials: Credentials,
        refs: SecretRefs,
        on_step: Callable[[Connecting], None],
    ) -> None:
        self.journal = journal
        self._file = file
        self._credentials = credentials
        self._refs = refs
        self.show = on_step
        """Show a step of which nothing needs to be noted."""

    async def enter(self, journal: Journal) -> None:
        """Record a stage, then show its step."""
        await self.note(journal)
        self.show(connecting(journal.stage))

    async def note(self, journal: Journal) -> None:
        self.journal = await in_full(lambda: self._file.write(journal))

    async def sign_in(self) -> Secret | None:
        return await asyncio.to_thread(self._credentials.get, self._refs.sign_in)

    async def keep_sign_in(self, token: Secret) -> None:
        await in_full(lambda: self._credentials.set(self._refs.sign_in, token))

    async def keep_team_token(self, token: Secret) -> None:
        await in_full(lambda: self._credentials.set(self._refs.team_token, token))

    async def deploy_key(self) -> Secret | None:
        return await asyncio.to_thread(self._credentials.get, self._refs.deploy_key)

    async def keep_deploy_key(self, key: Secret) -> None:
        await in_full(lambda: self._credentials.set(self._refs.deploy_key, key))


async def in_full(write: Callable[[], T]) -> T:
    """Write in a thread; whoever cancels us finds it written, and nothing is written after that."""
    writing = asyncio.ensure_future(asyncio.to_thread(write))
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait({writing})
        raise
