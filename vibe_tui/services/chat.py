"""The chat of one project: its turns, one at a time, and their record on disk."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import re
from collections.abc import Sequence
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path

from vibe_tui.services.assistant.answerer import Answerer, Files
from vibe_tui.services.assistant.events import TurnEnded, TurnEvent
from vibe_tui.services.assistant.ports import TurnPorts
from vibe_tui.services.assistant.turn import NOT_CONNECTED, run_turn
from vibe_tui.services.atomic import write_error
from vibe_tui.services.clock import now
from vibe_tui.services.convex.dev_server import DevServer
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Push
from vibe_tui.services.part import Part
from vibe_tui.services.terminal_text import redact

OFFER = "The dev server is stopped, so nothing was deployed."


class ChatBusy(VibeError):
    code = "chat_busy"


@dataclass(frozen=True, slots=True)
class ChatState:
    assistant: str
    busy: bool = False


class Chat(Part[ChatState, TurnEvent]):
    """Runs turns and tells subscribers their events; every event is also appended to `record`.

    record: a JSONL file, one event a line with the time it happened.
    """

    def __init__(self, answerer: Answerer, files: Files, dev_server: DevServer, record: Path) -> None:
        super().__init__(ChatState(assistant=answerer.name))
        self._answerer = answerer
        self._files = files
        self._dev_server = dev_server
        self._record = record

    async def ask(
        self,
        prompt: str,
        ports: TurnPorts,
        *,
        connected: bool,
        images: Sequence[str] = (),
        deploy_when_stopped: bool = False,
    ) -> TurnEnded:
        """Run one turn; returns its last event. Cancelling it leaves whole files.

        images: as data: URLs, for a model that takes them.
        connected: without a backend the turn ends after the files. With one it deploys when the dev
        server runs, or in any case with `deploy_when_stopped`; otherwise it ends with an offer.
        Raises ChatBusy while another turn runs.
        """
        if self.state.busy:
            raise ChatBusy(
                "The assistant is still working on the last question.", next_step="Wait, or stop it."
            )
        self._become(dataclasses.replace(self.state, busy=True))
        deploys = connected and (deploy_when_stopped or self._dev_server.armed)
        try:
            with ExitStack() as holding:
                holding.enter_context(self._dev_server.hold())

                async def deploy() -> Push:
                    holding.close()  # the turn's files are whole now
                    return await self._dev_server.push()

                turn = run_turn(
                    prompt,
                    answerer=self._answerer,
                    files=self._files,
                    approve=ports.approve_plan,
                    deploy=deploy if deploys else None,
                    no_deploy=OFFER if connected else NOT_CONNECTED,
                )
                ended: TurnEnded | None = None
                async with aclosing(turn) as events:
                    async for event in events:
                        self._emit(event)
                        await asyncio.to_thread(self._remember, event)
                        if isinstance(event, TurnEnded):
                            ended = event
            assert ended is not None
            return ended
        finally:
            self._become(dataclasses.replace(self.state, busy=False))

    def _remember(self, event: TurnEvent) -> None:
        entry = {"at": now(), "event": event_name(event), **dataclasses.asdict(event)}
        line = redact(json.dumps(entry, ensure_ascii=False)) + "\n"
        try:
            self._record.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._record, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(line)
        except OSError as problem:
            raise write_error(self._record, problem) from problem


def event_name(event: object) -> str:
    """An event's class in snake case, as scripts see it: FileWritten -> file_written."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(event).__name__).lower()
