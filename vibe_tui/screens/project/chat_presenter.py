"""The chat: what the user does in it, and the turns that come of that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from vibe_tui.screens.project.chat_asking import ChatAsking
from vibe_tui.screens.project.chat_commands import BY_NAME, suggestions
from vibe_tui.screens.project.chat_history import ChatHistory
from vibe_tui.screens.project.chat_mentions import Mentions, image_at
from vibe_tui.screens.project.chat_models import ChatModels
from vibe_tui.screens.project.chat_story import ChatStory
from vibe_tui.screens.project.files_presenter import Do
from vibe_tui.screens.prompt import PromptDialog
from vibe_tui.services.assistant.events import TurnEnded, TurnEvent
from vibe_tui.services.assistant.tools.bench import convex_reads
from vibe_tui.services.chat import ChatState
from vibe_tui.services.chat_images import ImageRefused, is_image_name
from vibe_tui.services.checkpoints import Restored
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected, Push
from vibe_tui.services.prompt_history import PromptHistory
from vibe_tui.services.undo import DATA_STAYS, UndoState
from vibe_tui.services.workspace import Workspace
from vibe_tui.widgets.chat import messages
from vibe_tui.widgets.chat.markdown.parse import parse
from vibe_tui.widgets.chat.panel import ChatPanel


class NothingThere(VibeError):
    """There is no prompt to repeat, or no answer to copy."""

    code = "nothing_there"


@dataclass(frozen=True, slots=True)
class ChatPage:
    """How the chat reaches the rest of the page."""

    open_file: Callable[[str, int | None], None]
    perform: Callable[[str], None]
    """An action of the registry."""
    copy: Callable[[str], Coroutine[Any, Any, None]]
    on_written: Callable[[str], None]
    """Told the path of every file a turn writes."""
    on_assistant: Callable[[str], None]
    """Told who answers."""


class ChatPresenter:
    def __init__(self, panel: ChatPanel, do: Do, page: ChatPage, prompts: PromptHistory) -> None:
        self._panel = panel
        self._do = do
        self._page = page
        self._story = ChatStory(panel, page.on_written, self._offer)
        self._asking = ChatAsking(panel, self._story)
        self._history = ChatHistory(panel, self._story, prompts)
        self._workspace: Workspace | None = None
        self._models: ChatModels | None = None
        self._mentions: Mentions | None = None
        self._reviews = False
        self._turn: asyncio.Task[object] | None = None
        self._not_deployed: tuple[object, ...] = ()  # what was last said to be wrong
        panel.know_commands(suggestions())

    def attach(self, workspace: Workspace) -> Callable[[], None]:
        """Talk to the assistant of `workspace`; returns what ends that."""
        self._workspace = workspace
        self._models = ChatModels(lambda: self._panel.app, workspace.models, workspace.chat)
        self._mentions = Mentions(workspace.files.tree)
        self._do(self._begin(workspace))
        ends = (workspace.chat.subscribe(self._take), workspace.undo.subscribe(self._went_back))

        def detach() -> None:
            for end in ends:
                end()

        return detach

    async def _begin(self, workspace: Workspace) -> None:
        if workspace.chat.state.is_model:
            await asyncio.to_thread(parse, "")  # loads the parser, which takes its time
        await self._history.show(workspace.chat)
        assert self._models is not None
        if (obstacle := await self._models.obstacle()) is not None:
            self._panel.add_refusal(obstacle.message, obstacle.next_step)

    def take(self, message: messages.ChatMessage) -> None:
        """Something the user did in the chat."""
        match message:
            case messages.PromptSent():
                self.ask(message)
            case messages.CommandSent(name=name, argument=argument):
                self._command(name, argument)
            case messages.StopRequested():
                self.stop()
            case messages.PlanAnswered(plan_id=plan_id, approved=approved):
                self._asking.answer_plan(plan_id, approved)
            case messages.FilesWanted(query=query) if self._mentions is not None:
                self._do(self._offer_files(self._mentions, query))
            case messages.ImagePasted(path=path) if is_image_name(path.strip("'\"")):
                self._do(self._attach_pasted(path))
            case messages.OlderWanted() if self._workspace is not None:
                self._do(self._history.show_older(self._workspace.chat))
            case messages.CopyRequested(text=text):
                self._do(self._page.copy(text))
            case messages.FileOpened(path=path):
                self._page.open_file(path, None)
            case messages.ProblemChosen(path=path, line=line):
                self._page.open_file(path, line or None)
            case messages.OfferTaken(action_id=action_id):
                self._page.perform(action_id)

    # --- turns ---------------------------------------------------------------------------------------

    def ask(self, prompt: messages.PromptSent) -> None:
        """Begin a turn, or queue the prompt while another one runs."""
        workspace = self._workspace
        if workspace is None:
            self._panel.add_prompt(prompt.text)
            self._panel.add_refusal("The project is not open for writing yet.")
        elif self._busy:
            self._panel.queue(prompt)
        else:
            self._run(self._ask(workspace, prompt))

    async def _ask(self, workspace: Workspace, prompt: messages.PromptSent) -> TurnEnded | None:
        """None: there was no turn."""
        await self._history.shown()
        images = list(prompt.images)
        if self._mentions is not None and workspace.chat.state.takes_images:
            try:
                images += await self._mentions.images(prompt.text)
            except VibeError as problem:
                self._panel.add_prompt(prompt.text)
                self._panel.add_refusal(problem.message, problem.next_step)
                return None
        self._panel.add_prompt(prompt.text, len(images))
        await self._history.keep(prompt.text)
        return await workspace.chat.ask(
            prompt.text,
            self._asking.ports(review_changes=self._reviews),
            connected=isinstance(workspace.backend.state, Connected),
            images=[image.url for image in images],
        )

    @property
    def _busy(self) -> bool:
        return self._turn is not None and not self._turn.done()

    def _run(self, turn: Coroutine[Any, Any, object]) -> None:
        self._turn = asyncio.create_task(turn, name="turn")
        self._panel.busy(True)
        self._do(self._follow(self._turn))

    async def _follow(self, turn: asyncio.Task[object]) -> None:
        try:
            await asyncio.wait({turn})
            if turn.cancelled():
                self._story.stopped()
                return
            ended = turn.result()
        finally:
            self._panel.busy(False)
            if not turn.done():
                turn.cancel()
        if isinstance(ended, TurnEnded):
            self._next(ended)

    def _next(self, ended: TurnEnded) -> None:
        """What was queued goes on by itself, unless something went wrong."""
        if ended.outcome != "failed":
            prompt = self._panel.take_queued()
            if prompt is not None:
                self.ask(prompt)
        elif self._panel.queued:
            self._panel.add_remark("The queued prompts wait until a turn succeeds.")

    def stop(self) -> None:
        if self._turn is not None:
            self._turn.cancel()

    def pushed(self, push: Push) -> None:
        """A push ended. One of a chat turn is told by the turn; another, of an edit, only when it failed."""
        if push.ok:
            if self._not_deployed and not self._busy:
                self._panel.deployed(push.seconds)
            self._not_deployed = ()
        elif push.result == "failed" and (push.reason, push.problems) != self._not_deployed:
            self._not_deployed = (push.reason, push.problems)
            if not self._busy:
                self._story.deploy_failed(push)

    def _take(self, what: ChatState | TurnEvent) -> None:
        if isinstance(what, ChatState):
            self._panel.show_model(what.assistant if what.is_model else "")
            self._page.on_assistant(what.assistant)
        else:
            self._story.happened(what)

    def _went_back(self, what: UndoState | Restored) -> None:
        if isinstance(what, Restored) and what.changed:
            number = len(what.changed)
            files = "1 file is as it was" if number == 1 else f"{number} files are as they were"
            deployed = f" {DATA_STAYS}" if any(map(convex_reads, what.changed)) else ""
            self._panel.add_remark(f"{files} {what.checkpoint.label}.{deployed}")

    def _offer(self, reason: str) -> None:
        workspace = self._workspace
        if workspace is not None and isinstance(workspace.backend.state, Connected):
            self._panel.offer(reason, "Start Dev Server", "toggle_dev_server")
        else:
            self._panel.offer(reason, "Connect Backend", "connect_backend")

    # --- what else there is to do --------------------------------------------------------------------

    def _command(self, name: str, argument: str) -> None:
        command = BY_NAME[name]
        if argument and command.name == "model":
            self._do(self._use_model(argument))
        elif argument and command.name == "image":
            self._do(self.attach_image(argument))
        else:
            self._page.perform(command.action_id)

    def edit_prompt(self) -> None:
        """Take the last prompt back into the field."""
        self._panel.fill(self._last_prompt())

    def retry_prompt(self) -> None:
        """Ask the last prompt again."""
        self.ask(messages.PromptSent(self._last_prompt()))

    def _last_prompt(self) -> str:
        if not self._panel.last_prompt:
            raise NothingThere("Nothing was asked yet.")
        return self._panel.last_prompt

    def review_changes(self) -> None:
        """Ask about every change from the next turn on, or no longer."""
        self._reviews = not self._reviews
        self._panel.show_reviews(self._reviews)

    async def copy_answer(self) -> None:
        if not self._panel.last_answer:
            raise NothingThere("No model has said anything yet.")
        await self._page.copy(self._panel.last_answer)

    async def copy_code(self) -> None:
        if not self._panel.last_code:
            raise NothingThere("The last answer has no code block.")
        await self._page.copy(self._panel.last_code)

    def compact(self) -> None:
        if self._workspace is not None and not self._busy:
            self._run(self._workspace.chat.compact())

    async def clear(self) -> None:
        if self._workspace is not None:
            await self._workspace.chat.clear()
            self._history.forget()
            self._panel.clear()

    async def choose_model(self) -> None:
        if self._models is not None:
            await self._models.choose()

    async def _use_model(self, name: str) -> None:
        if self._models is not None:
            await self._models.use(name)

    # --- files and pictures --------------------------------------------------------------------------

    async def _offer_files(self, mentions: Mentions, query: str) -> None:
        self._panel.offer_files(query, await mentions.find(query))

    async def attach_image(self, path: str = "") -> None:
        """Without a path, ask for it. Call it in a worker. Raises ImageRefused."""
        workspace = self._workspace
        if workspace is None:
            return
        if not workspace.chat.state.takes_images:
            raise ImageRefused(
                f"{workspace.chat.state.assistant} takes no images.",
                next_step="Choose a model that does: /model.",
            )
        if not path:
            dialog = PromptDialog(
                "Attach an image", "The path of a PNG, JPEG, GIF or WebP file:", accept="Attach"
            )
            answer = await self._panel.app.push_screen_wait(dialog)
            path = answer or ""
        if path:
            self._panel.attach_image(await image_at(path, workspace.project.folder))

    async def _attach_pasted(self, path: str) -> None:
        """A picture that was dropped on the terminal goes with the prompt instead of its path."""
        workspace = self._workspace
        if workspace is None or not workspace.chat.state.takes_images:
            return
        try:
            image = await image_at(path, workspace.project.folder)
        except ImageRefused:
            return  # a name in a sentence, then
        self._panel.attach_image(image)
        self._panel.take_out(path)
