"""The chat panel."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import ClassVar, Self

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button

from vibe_tui.widgets.chat import messages
from vibe_tui.widgets.chat.busy_row import BusyRow
from vibe_tui.widgets.chat.completions import Completions, Suggestion
from vibe_tui.widgets.chat.composer import Composer
from vibe_tui.widgets.chat.examples import EXAMPLES, ExampleChosen
from vibe_tui.widgets.chat.foot import ChatFoot
from vibe_tui.widgets.chat.messages import Image
from vibe_tui.widgets.chat.plan_card import PlanCard
from vibe_tui.widgets.chat.story import Outcome, Story
from vibe_tui.widgets.chat.tray import Tray, TrayLine

_COMMAND = re.compile(r"/([a-z]+)(?:[ \t]+(.*))?", re.DOTALL)


class ChatPanel(Story):
    """A story and a prompt. While somebody works, what is sent is queued."""

    DEFAULT_CSS = """
    ChatPanel {
        background: $surface;
        & > #busy { display: none; }
        &.-busy > #busy { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "stop", "Stop", show=False)]

    PromptSent = messages.PromptSent
    CommandSent = messages.CommandSent
    FilesWanted = messages.FilesWanted
    ImagePasted = messages.ImagePasted
    OlderWanted = messages.OlderWanted
    CopyRequested = messages.CopyRequested
    PlanAnswered = messages.PlanAnswered
    FileOpened = messages.FileOpened
    ProblemChosen = messages.ProblemChosen
    OfferTaken = messages.OfferTaken
    StopRequested = messages.StopRequested

    def __init__(
        self,
        *,
        examples: Sequence[str] = EXAMPLES,
        clock: Callable[[], float] = time.monotonic,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(examples=examples, clock=clock, id=id, classes=classes)
        self._completions = Completions()
        self._composer = Composer(self._completions)
        self._busy: BusyRow | None = None
        self._tray: Tray | None = None
        self._foot: ChatFoot | None = None
        self._commands: Sequence[Suggestion] = ()
        self._query = ""

    def compose(self) -> ComposeResult:
        yield self._transcript
        yield self._completions
        yield self._composer

    @property
    def prompt(self) -> Widget:
        """Where prompts are written."""
        return self._composer

    @property
    def is_busy(self) -> bool:
        return self.has_class("-busy")

    def focus(self, scroll_visible: bool = True) -> Self:
        self._composer.focus(scroll_visible)
        return self

    # --- the prompt

    def add_prompt(self, text: str, images: int = 0) -> None:
        """What the user asked; reachable with Up from now on."""
        if self._collected is None:
            self._composer.remember(text)
        super().add_prompt(text, images)

    def remember_earlier(self, prompts: Sequence[str]) -> None:
        """Prompts of earlier sessions, oldest first, reachable with Up."""
        self._composer.remember_earlier(prompts)

    @property
    def last_prompt(self) -> str:
        return self._composer.last_prompt

    def fill(self, text: str) -> None:
        """Show a prompt to be sent or changed."""
        self._composer.fill(text)
        self._composer.focus()

    def take_out(self, text: str) -> None:
        """Remove what was pasted last from the prompt."""
        before, found, after = self._composer.text.rpartition(text)
        if found:
            self._composer.fill(before + after)

    def know_commands(self, commands: Sequence[Suggestion]) -> None:
        """What a line that begins with a slash can say."""
        self._commands = commands

    def offer_files(self, query: str, paths: Sequence[str]) -> None:
        """The answer to FilesWanted."""
        if query == self._query:
            self._completions.offer([Suggestion(path) for path in paths])

    def attach_image(self, image: Image) -> None:
        """It goes with the next prompt."""
        self._waiting().put(image)

    def queue(self, prompt: messages.PromptSent) -> None:
        """Show a prompt that is sent later."""
        self._waiting().put(prompt)

    def take_queued(self) -> messages.PromptSent | None:
        """The prompt whose turn it is; it is not queued any more."""
        return self._tray.take_prompt() if self._tray is not None else None

    @property
    def queued(self) -> list[messages.PromptSent]:
        return self._tray.prompts if self._tray is not None else []

    # --- who works

    def ask_about(self, plan_id: str) -> None:
        super().ask_about(plan_id)
        card = self._plans[plan_id]
        card.call_after_refresh(self._offer_focus, card)  # once it has its buttons

    def ended(self, outcome: Outcome) -> None:
        """The turn is over; what waits for an answer no longer does."""
        lost = any(card.asking and card.has_focus_within for card in self._plans.values())
        super().ended(outcome)
        if lost:
            self._composer.focus()
        if self._collected is None:
            self.busy(False)

    def busy(self, busy: bool) -> None:
        """While busy, what is sent is queued, and Esc stops."""
        if not busy and self._busy is not None and self._busy.stop_has_focus:
            self._composer.focus()
        self.set_class(busy, "-busy")
        if self._busy is None:
            if not busy:
                return
            self._busy = BusyRow(self._clock)
            self.mount(self._busy, before=self._tray or self._completions)
        if busy:
            self._busy.working()
        else:
            self._busy.rest()

    def waiting(self, seconds: float, reason: str) -> None:
        """The model is asked again in so many seconds."""
        if self._busy is not None and self._busy.can_stop:
            self._busy.waiting(seconds, reason)

    def go_on(self) -> None:
        """Something came from the model: nobody waits any more."""
        if self._busy is not None:
            self._busy.go_on()

    def show_model(self, name: str) -> None:
        """Which model answers; "": none does."""
        super().show_model(name)
        if name or self._foot is not None:
            self._below().show_model(name)

    def show_used(self, prompt: int | None, completion: int | None, cost: float | None) -> None:
        """Tokens of the turn so far, and US dollars; None: not known."""
        self._below().show_used(prompt, completion, cost)

    def show_reviews(self, reviews: bool) -> None:
        """Whether the user is asked about every change."""
        self._below().show_reviews(reviews)

    def _waiting(self) -> Tray:
        if self._tray is None:
            self._tray = Tray()
            self.mount(self._tray, before=self._completions)
        return self._tray

    def _below(self) -> ChatFoot:
        if self._foot is None:
            self._foot = ChatFoot()
            self.mount(self._foot, after=self._composer)
        return self._foot

    # --- what the user does

    @on(Composer.Sent)
    def _sent(self, event: Composer.Sent) -> None:
        event.stop()
        said = _COMMAND.fullmatch(event.text)
        if said is not None and self._commands:
            if any(one.value == f"/{said[1]}" for one in self._commands):
                self._composer.load_text("")
                self.post_message(self.CommandSent(said[1], (said[2] or "").strip()))
            else:
                self.notify(f"There is no command /{said[1]}. Type / to see them.", markup=False)
            return
        self._composer.load_text("")
        self._transcript.anchor()
        images = self._tray.take_images() if self._tray is not None else ()
        self.post_message(self.PromptSent(event.text, images))

    @on(Composer.Completing)
    def _completing(self, event: Composer.Completing) -> None:
        event.stop()
        self._query = event.query
        match event.kind:
            case "command":
                start = f"/{event.query}"
                self._completions.offer([one for one in self._commands if one.value.startswith(start)])
            case "file":
                self.post_message(self.FilesWanted(event.query))
            case _:
                self._completions.offer(())

    @on(Composer.Pasted)
    def _pasted(self, event: Composer.Pasted) -> None:
        event.stop()
        self.post_message(self.ImagePasted(event.path))

    @on(Completions.Chosen)
    def _suggestion_chosen(self, event: Completions.Chosen) -> None:
        event.stop()
        self._composer.complete(event.suggestion)
        self._composer.focus()

    @on(TrayLine.TakenBack)
    def _taken_back(self, event: TrayLine.TakenBack) -> None:
        """A queued prompt is to be changed; an image has nothing to change."""
        event.stop()
        item = event.line.item
        if not isinstance(item, messages.PromptSent):
            return
        tray = self._waiting()
        tray.drop(event.line)
        for image in item.images:
            tray.put(image)
        if self._composer.text.strip():
            self._composer.remember(self._composer.text)
        self.fill(item.text)

    @on(TrayLine.Removed)
    def _removed(self, event: TrayLine.Removed) -> None:
        event.stop()
        self._waiting().drop(event.line)
        self._composer.focus()

    @on(messages.OlderWanted)
    def _older_wanted(self, event: messages.OlderWanted) -> None:
        if self._transcript.bring_back():
            event.stop()

    @on(ExampleChosen)
    def _example_chosen(self, event: ExampleChosen) -> None:
        event.stop()
        self.fill(event.text)

    @on(messages.PlanAnswered)
    @on(messages.OfferTaken)
    def _button_gone(self) -> None:
        """The buttons that had the focus are no longer there. The message goes on to the presenter."""
        self._composer.focus()

    @on(Button.Pressed, "#stop")
    def _stop_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_stop()

    def action_stop(self) -> None:
        if self.is_busy and self._busy is not None and self._busy.can_stop:
            self._busy.stopping()
            self.post_message(self.StopRequested())

    def _offer_focus(self, card: PlanCard) -> None:
        """Go to the question, unless something is being written."""
        if self.has_focus_within and not self._composer.text and card.asking:
            card.query_one("#cancel").focus()
