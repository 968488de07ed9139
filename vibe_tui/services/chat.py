"""The chat of one project: its turns, one at a time, and their record on disk."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vibe_tui.services.assistant.answerer import Answerer
from vibe_tui.services.assistant.chat_model import Answered, Said
from vibe_tui.services.assistant.checking import Checker
from vibe_tui.services.assistant.compaction import compact
from vibe_tui.services.assistant.events import TurnEnded, TurnEvent
from vibe_tui.services.assistant.history import History
from vibe_tui.services.assistant.model_turn import Assistant, ModelTurn
from vibe_tui.services.assistant.ports import TurnPorts
from vibe_tui.services.assistant.project_secrets import learn_secrets
from vibe_tui.services.assistant.prompts.system import stable_part, system_prompt
from vibe_tui.services.assistant.tools.bench import Bench
from vibe_tui.services.assistant.turn import NOT_CONNECTED, run_turn
from vibe_tui.services.chat_record import ChatRecord, Earlier, event_name
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.dev_server import DevServer
from vibe_tui.services.errors import VibeError
from vibe_tui.services.in_thread import in_thread
from vibe_tui.services.model import Push
from vibe_tui.services.part import Part
from vibe_tui.services.sandbox.base import OnLine, Sandbox
from vibe_tui.services.terminal_text import clean, redact
from vibe_tui.services.working_tree import WorkingTree

__all__ = ["Chat", "ChatBusy", "ChatState", "Earlier", "event_name"]

OFFER = "The dev server is stopped, so nothing was deployed."


class ChatBusy(VibeError):
    code = "chat_busy"


class NotAModel(VibeError):
    """The built-in recipes keep no conversation."""

    code = "not_a_model"


class Checkpoints(Protocol):
    def take(self, title: str) -> str:
        """Keep the tree as it is; the name under which it can be returned to. Blocking."""


@dataclass(frozen=True, slots=True)
class ChatState:
    assistant: str
    """Who answers, by the name that is on the screen."""
    busy: bool = False
    is_model: bool = False
    """False: the built-in recipes."""
    takes_images: bool = False


class Chat(Part[ChatState, TurnEvent]):
    """Runs turns and tells subscribers their events; most are also appended to the record.

    It begins with the built-in recipes; `use` changes who answers.
    """

    def __init__(
        self,
        recipes: Answerer,
        tree: WorkingTree,
        dev_server: DevServer,
        record: Path,
        *,
        sandbox: Sandbox,
        open_deployment: Callable[[], Awaitable[DeploymentApi]],
        on_line: OnLine,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        """record: a JSONL file of the events; the model's conversation is kept beside it.

        open_deployment: the connected deployment's own APIs. on_line: hears the checks of the code.
        """
        super().__init__(ChatState(assistant=recipes.name))
        self._recipes = recipes
        self._assistant: Assistant | None = None
        self._tree = tree
        self._dev_server = dev_server
        self._sandbox = sandbox
        self._open_deployment = open_deployment
        self._on_line = on_line
        self._checkpoints = checkpoints
        self._record = ChatRecord(record)
        self._history = History(record.with_name(f"{record.stem}-messages.jsonl"))
        self._loaded = False

    # --- commands ------------------------------------------------------------------------------------

    def use(self, assistant: Assistant | None) -> None:
        """Who answers from the next turn on; None: the built-in recipes. The conversation stays."""
        self._assistant = assistant
        model = assistant.model if assistant is not None else None
        self._become(
            dataclasses.replace(
                self.state,
                assistant=model.name if model is not None else self._recipes.name,
                is_model=model is not None,
                takes_images=model is not None and model.takes_images,
            )
        )

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
        with self._busy(), _Held(self._dev_server) as held:
            deploy = held.push if connected and (deploy_when_stopped or self._dev_server.armed) else None
            no_deploy = OFFER if connected else NOT_CONNECTED
            if self._assistant is None:
                turn = self._recipes_turn(prompt, ports, deploy, no_deploy)
            else:
                turn = self._model_turn(self._assistant, prompt, images, ports, connected, deploy, no_deploy)
            ended: TurnEnded | None = None
            async with aclosing(turn) as events:
                async for event in events:
                    await self._told(event)
                    if isinstance(event, TurnEnded):
                        ended = event
            assert ended is not None
            return ended

    async def compact(self) -> None:
        """Let the model sum the conversation up. Raises ChatBusy, NotAModel, ModelFailed."""
        if self._assistant is None:
            raise NotAModel("The built-in recipes keep no conversation.", next_step="Choose a model first.")
        with self._busy():
            await self._load()
            steps = compact(self._assistant.model, self._history, stable_part(), at_once=True)
            async with aclosing(steps) as events:
                async for event in events:
                    await self._told(event)

    async def went_back(self, title: str, paths: Sequence[str]) -> None:
        """The files were put back by hand: a model that had changed them must not believe its own words.

        Raises StoreNotWritable or StoreFull.
        """
        await self._load()
        if self._history.messages:
            back = f"The user went back to the files as they were before “{title}”."
            self._history.add(Said(f"[{back} Changed by that: {', '.join(paths)}]"))
            self._history.add(Answered("[Noted.]"))
            await in_thread(self._history.save)

    async def clear(self) -> None:
        """Begin a new conversation; the files stay as they are. Raises ChatBusy."""
        with self._busy():
            self._loaded = True
            await in_thread(lambda: self._history.replace(()))
            await in_thread(self._record.clear)

    async def earlier(self, limit: int, before: int | None = None) -> Earlier:
        """The last events of this conversation, also of earlier sessions, or those before a place in it."""
        return await asyncio.to_thread(self._record.earlier, limit, before)

    # --- turns ---------------------------------------------------------------------------------------

    def _recipes_turn(
        self, prompt: str, ports: TurnPorts, deploy: Callable[[], Awaitable[Push]] | None, no_deploy: str
    ) -> AsyncGenerator[TurnEvent, None]:
        return run_turn(
            prompt,
            answerer=self._recipes,
            files=self._tree,
            approve=ports.approve_plan,
            deploy=deploy,
            no_deploy=no_deploy,
            checkpoint=self._checkpoint(prompt),
        )

    async def _model_turn(
        self,
        assistant: Assistant,
        prompt: str,
        images: Sequence[str],
        ports: TurnPorts,
        connected: bool,
        deploy: Callable[[], Awaitable[Push]] | None,
        no_deploy: str,
    ) -> AsyncGenerator[TurnEvent, None]:
        await self._load()
        await asyncio.to_thread(learn_secrets, self._tree)
        last_push = self._dev_server.state.last_push
        system = await asyncio.to_thread(
            lambda: system_prompt(self._tree, connected=connected, last_push=last_push)
        )
        checker = Checker(self._tree, self._sandbox, deploy, self._on_line)
        bench = Bench(
            self._tree,
            self._sandbox,
            ports,
            self._open_deployment if connected else None,
            checker.check,
        )
        turn = ModelTurn(
            assistant,
            self._history,
            bench,
            system=system,
            checkpoint=self._checkpoint(prompt),
            deploys=deploy is not None,
            no_deploy=no_deploy,
        )
        async with aclosing(turn.run(prompt, images)) as events:
            async for event in events:
                yield event

    def _checkpoint(self, title: str) -> Callable[[], Awaitable[str]] | None:
        checkpoints = self._checkpoints
        if checkpoints is None:
            return None
        return lambda: in_thread(lambda: checkpoints.take(redact(clean(title))))

    # --- inside --------------------------------------------------------------------------------------

    async def _told(self, event: TurnEvent) -> None:
        self._emit(event)
        if self._record.keeps(event):
            await asyncio.to_thread(self._record.append, event)

    async def _load(self) -> None:
        if not self._loaded:
            await asyncio.to_thread(self._history.load)
            self._loaded = True

    def _busy(self) -> ExitStack:
        """Busy until it is left. Raises ChatBusy."""
        if self.state.busy:
            raise ChatBusy(
                "The assistant is still working on the last question.", next_step="Wait, or stop it."
            )
        self._become(dataclasses.replace(self.state, busy=True))
        stack = ExitStack()
        stack.callback(lambda: self._become(dataclasses.replace(self.state, busy=False)))
        return stack


class _Held:
    """The push queue, held while a turn writes, and let go for the pushes of the turn itself."""

    def __init__(self, dev_server: DevServer) -> None:
        self._dev_server = dev_server
        self._hold = ExitStack()

    def __enter__(self) -> _Held:
        self._hold.enter_context(self._dev_server.hold())
        return self

    def __exit__(self, *_: object) -> None:
        self._hold.close()

    async def push(self) -> Push:
        """The turn's files are whole now."""
        self._hold.close()
        try:
            return await self._dev_server.push()
        finally:
            self._hold.enter_context(self._dev_server.hold())
