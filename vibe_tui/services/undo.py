"""Undo: the project's files go back to a checkpoint, and what is deployed follows them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from vibe_tui.services.assistant.events import TurnEnded, TurnEvent
from vibe_tui.services.assistant.tools.bench import convex_reads
from vibe_tui.services.chat import OFFER, Chat, ChatBusy, ChatState
from vibe_tui.services.checkpoints import Checkpoint, Checkpoints, Restored
from vibe_tui.services.checkpoints_restore import FileChange
from vibe_tui.services.convex.dev_server import DevServer
from vibe_tui.services.errors import VibeError
from vibe_tui.services.in_thread import in_thread
from vibe_tui.services.model import Push
from vibe_tui.services.part import Part

DATA_STAYS = "Data in the deployment is not rolled back."


class NothingToUndo(VibeError):
    """No turn changed files, or all that did are undone."""

    code = "nothing_to_undo"


@dataclass(frozen=True, slots=True)
class UndoState:
    busy: bool = False
    """Files are being put back, or deployed after that."""


@dataclass(frozen=True, slots=True)
class Undone:
    restored: Restored
    push: Push | None
    """None: no push was due."""
    not_pushed: str = ""
    """Why one that was due was left to the user."""


class Undo(Part[UndoState, Restored]):
    """Returns to checkpoints; tells subscribers when it did. Everything may raise what Checkpoints does."""

    def __init__(
        self, checkpoints: Checkpoints, dev_server: DevServer, chat: Chat, note: Callable[[str], object]
    ) -> None:
        """note: told when tidying up after a turn fails."""
        super().__init__(UndoState())
        self._checkpoints = checkpoints
        self._dev_server = dev_server
        self._chat = chat
        self._note = note
        self._tidying: asyncio.Task[None] | None = None
        self._unsubscribe = chat.subscribe(self._turned)

    async def all(self) -> list[Checkpoint]:
        """The newest first."""
        return await asyncio.to_thread(self._checkpoints.all)

    async def diff(self, id: str) -> list[FileChange]:
        """What happened to the files since the checkpoint: what returning to it would take back."""
        return await asyncio.to_thread(self._checkpoints.diff, id)

    async def last_turn(self) -> Checkpoint:
        """The checkpoint before the last turn that changed files and is not undone. Raises NothingToUndo."""
        found = await asyncio.to_thread(self._checkpoints.last_turn)
        if found is None:
            raise NothingToUndo(
                "There is no chat turn to undo.",
                next_step="History has every state of the files that is kept.",
            )
        return found

    async def restore(self, id: str, *, connected: bool, deploy_when_stopped: bool = False) -> Undone:
        """Make the files as they were at the checkpoint; deploy them if that changed what Convex reads.

        It deploys when the dev server runs, or in any case with `deploy_when_stopped`.
        Raises ChatBusy while a turn runs.
        """
        if self._chat.state.busy:
            raise ChatBusy(
                "The assistant is still changing files.", next_step="Wait until it has ended, or stop it."
            )
        self._become(UndoState(busy=True))
        try:
            with self._dev_server.hold():
                restored = await in_thread(lambda: self._checkpoints.restore(id))
            self._emit(restored)
            if restored.changed:
                await self._chat.went_back(restored.checkpoint.title, restored.changed)
            if not connected or not any(map(convex_reads, restored.changed)):
                return Undone(restored, None)
            if not self._dev_server.armed and not deploy_when_stopped:
                return Undone(restored, None, OFFER)
            return Undone(restored, await self._dev_server.push())
        finally:
            self._become(UndoState())

    async def close(self) -> None:
        self._unsubscribe()
        if self._tidying is not None:
            await asyncio.wait({self._tidying})

    def _turned(self, what: ChatState | TurnEvent) -> None:
        if isinstance(what, TurnEnded) and (self._tidying is None or self._tidying.done()):
            self._tidying = asyncio.create_task(self._tidy(), name="tidy checkpoints")

    async def _tidy(self) -> None:
        try:
            await asyncio.to_thread(self._checkpoints.tidy)
        except VibeError as problem:
            self._note(problem.message)
