"""The chat panel."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal, Self

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Button, Static

from vibe_tui.widgets.chat import messages
from vibe_tui.widgets.chat.composer import Composer
from vibe_tui.widgets.chat.entries import DeployLine, Offer, Refusal, Said
from vibe_tui.widgets.chat.examples import EXAMPLES, ExampleChosen, Examples
from vibe_tui.widgets.chat.file_card import FileCard
from vibe_tui.widgets.chat.plan_card import PlanCard
from vibe_tui.widgets.chat.transcript import Transcript

Outcome = Literal["done", "refused", "failed", "cancelled", "stopped"]
_REMARKS = {
    "cancelled": "Cancelled. Nothing was written.",
    "stopped": "Stopped. What was written before stays.",
}


class ChatPanel(Vertical):
    """A transcript and a prompt. All texts are plain; they are cleaned here."""

    DEFAULT_CSS = """
    ChatPanel {
        background: $surface;
        & > #busy { height: 1; padding: 0 1; display: none; color: $text-muted; }
        &.-busy > #busy { display: block; }
        & > #busy > Static { width: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "stop", "Stop", show=False)]

    PromptSent = messages.PromptSent
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
        super().__init__(id=id, classes=classes)
        self._clock = clock
        self._examples: Examples | None = Examples(examples)
        self._transcript, self._composer = Transcript(), Composer()
        self._busy_text = Static(markup=False)
        self._stop: Button | None = None
        self._plans: dict[str, PlanCard] = {}
        self._deploy: DeployLine | None = None

    def compose(self) -> ComposeResult:
        yield self._transcript
        yield self._composer

    def on_mount(self) -> None:
        if self._examples is not None:
            self._transcript.mount(self._examples)

    @property
    def prompt(self) -> Widget:
        """Where prompts are written."""
        return self._composer

    def focus(self, scroll_visible: bool = True) -> Self:
        self._composer.focus(scroll_visible)
        return self

    # --- what happened

    def add_prompt(self, text: str) -> None:
        """What the user asked; reachable with Up from now on."""
        self._composer.remember(text)
        self._add(Said(text, "-user"))

    def add_text(self, text: str) -> None:
        """What the assistant says."""
        self._add(Said(text))

    def add_plan(
        self, title: str, steps: Sequence[str], notes: Sequence[str] = (), *, ask: bool = True
    ) -> str:
        """Show a plan; returns its id. ask=False: without buttons, until `ask_about` is called."""
        plan_id = f"plan-{len(self._plans) + 1}"
        card = self._plans[plan_id] = PlanCard(plan_id, title, steps, notes, self._clock)
        self._add(card)
        if ask:
            self.ask_about(plan_id)
        return plan_id

    def ask_about(self, plan_id: str) -> None:
        """Have the user answer a plan: PlanAnswered."""
        card = self._plans[plan_id]
        card.ask()
        card.call_after_refresh(self._offer_focus, card)  # once it has its buttons

    def add_file(self, path: str, added: int, removed: int, diff: str, created: bool) -> None:
        """A written file. diff: unified, with or without its file lines; added, removed: lines."""
        self._add(FileCard(path, added, removed, diff, created))

    def add_refusal(self, reason: str, next_step: str = "", items: Sequence[str] = ()) -> None:
        """Something was not done. items: what can be asked for instead."""
        self._add(Refusal(reason, next_step, items))

    def deploying(self) -> None:
        self._deploy = DeployLine()
        self._add(self._deploy)

    def deployed(self, seconds: float) -> None:
        self._deploy_line().done(seconds)

    def deploy_failed(self, reason: str, path: str = "", line: int = 0) -> None:
        """Why; may be called once for each problem. path, line: where, if that is known."""
        self._deploy_line().failed(reason, path, line)

    def offer(self, text: str, button: str, action_id: str) -> None:
        """A sentence and a button: OfferTaken(action_id)."""
        self._add(Offer(text, button, action_id))

    def ended(self, outcome: Outcome) -> None:
        """The turn is over; what waits for an answer no longer does."""
        lost = any(card.asking and card.has_focus_within for card in self._plans.values())
        for card in self._plans.values():
            card.withdraw()
        if lost:
            self._composer.focus()
        if self._deploy is not None and self._deploy.pending:
            self._deploy.left()
        if outcome in _REMARKS:
            self._add(Said(_REMARKS[outcome], "-remark"))
        self.busy(False)

    def busy(self, busy: bool) -> None:
        """While busy, nothing can be sent, and Esc stops."""
        if not busy and self._stop is not None and self._stop.has_focus:
            self._composer.focus()
        self.set_class(busy, "-busy")
        if self._stop is None:
            if not busy:
                return
            self._stop = Button("Stop", id="stop", compact=True)
            self.mount(Horizontal(self._busy_text, self._stop, id="busy"), before=self._composer)
        self._busy_text.update("Working. Esc stops it.")
        self._stop.disabled = False

    def _add(self, entry: Said | Refusal | Offer | PlanCard | FileCard | DeployLine) -> None:
        if self._examples is not None:
            self._examples.remove()
            self._examples = None
        self._transcript.add(entry)

    def _deploy_line(self) -> DeployLine:
        if self._deploy is None or not self._deploy.pending:
            self.deploying()
        assert self._deploy is not None
        return self._deploy

    # --- what the user does

    @on(Composer.Sent)
    def _sent(self, event: Composer.Sent) -> None:
        event.stop()
        if not self.has_class("-busy"):
            self._composer.load_text("")
            self._transcript.anchor()
            self.post_message(self.PromptSent(event.text))

    @on(ExampleChosen)
    def _example_chosen(self, event: ExampleChosen) -> None:
        event.stop()
        self._composer.fill(event.text)
        self._composer.focus()

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
        if self.has_class("-busy") and self._stop is not None and not self._stop.disabled:
            self._stop.disabled = True
            self._busy_text.update("Stopping.")
            self.post_message(self.StopRequested())

    def _offer_focus(self, card: PlanCard) -> None:
        """Go to the question, unless something is being written."""
        if self.has_focus_within and not self._composer.text and card.asking:
            card.query_one("#cancel").focus()
