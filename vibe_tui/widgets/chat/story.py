"""What happened in the chat, in the order in which it did."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from textual.containers import Vertical

from vibe_tui.widgets.chat.entries import DeployLine, Offer, Refusal, Said
from vibe_tui.widgets.chat.entry import Entry
from vibe_tui.widgets.chat.examples import EXAMPLES, Examples
from vibe_tui.widgets.chat.file_card import FileCard
from vibe_tui.widgets.chat.markdown import MarkdownView
from vibe_tui.widgets.chat.plan_card import PlanCard
from vibe_tui.widgets.chat.reasoning import Reasoning
from vibe_tui.widgets.chat.tool_line import ToolLine
from vibe_tui.widgets.chat.transcript import Transcript

Outcome = Literal["done", "refused", "failed", "cancelled", "stopped"]
_REMARKS = {
    "cancelled": "Cancelled. Nothing was written.",
    "stopped": "Stopped. What was written before stays.",
}


class Story(Vertical):
    """A transcript, and what it can be told. All texts are untrusted; they are cleaned here."""

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
        self._what_to_ask = examples
        self._examples: Examples | None = None
        self._has_model = False
        self._transcript = Transcript()
        self._collected: list[Entry] | None = None
        self._plans: dict[str, PlanCard] = {}
        self._deploy: DeployLine | None = None
        self._answer: MarkdownView | None = None
        self._last_answer: MarkdownView | None = None
        self._reasoning: Reasoning | None = None
        self._tools: dict[str, ToolLine] = {}
        self._has_card = False
        """Whether a file was written since a call ended."""

    def on_mount(self) -> None:
        self.show_examples()

    def show_examples(self) -> None:
        """Say what can be asked for, until somebody asks."""
        if self._examples is None:
            self._examples = Examples(self._what_to_ask)
            self._examples.answered_by(model=self._has_model)
            self._transcript.mount(self._examples)

    def show_model(self, name: str) -> None:
        """Which model answers; "": none does."""
        self._has_model = bool(name)
        if self._examples is not None:
            self._examples.answered_by(model=self._has_model)

    # --- what is said

    def add_prompt(self, text: str, images: int = 0) -> None:
        """What the user asked. images: how many pictures went with it."""
        self.end_streams()
        pictures = f"\n[{images} image{'s' if images > 1 else ''}]" if images else ""
        self._add(Said(text + pictures, "-user"))

    def add_text(self, text: str) -> None:
        """Plain text of the assistant."""
        self._add(Said(text))

    def add_remark(self, text: str) -> None:
        """Something we say ourselves."""
        self._add(Said(text, "-remark"))

    def add_answer(self, text: str) -> None:
        """What a model said, whole: Markdown."""
        self._last_answer = MarkdownView(text)
        self._add(self._last_answer)

    def stream(self, text: str) -> None:
        """More of what a model says."""
        if self._answer is None:
            self.end_streams()
            self._answer = self._last_answer = MarkdownView()
            self._add(self._answer)
        self._answer.write(text)

    def stream_reasoning(self, text: str) -> None:
        """More of what a model thinks."""
        if self._reasoning is None:
            self.end_streams()
            self._reasoning = Reasoning()
            self._add(self._reasoning)
        self._reasoning.write(text)

    def stream_ended(self, text: str) -> bool:
        """What a model says is whole: `text`. False: nothing of it was streamed."""
        answer = self._answer
        if answer is not None:
            answer.become(text)
        self.end_streams()
        return answer is not None

    def end_streams(self) -> None:
        """What a model says or thinks from now on is something else."""
        for stream in (self._answer, self._reasoning):
            if stream is not None:
                stream.end()
        if self._answer is not None and not self._answer.source.strip():
            self._transcript.drop(self._answer)
        self._answer = self._reasoning = None

    @property
    def last_answer(self) -> str:
        """What a model said last, as it was written; "": nothing."""
        return self._last_answer.source if self._last_answer is not None else ""

    @property
    def last_code(self) -> str:
        """The last code block in what a model said last; "": there is none."""
        codes = self._last_answer.codes if self._last_answer is not None else ()
        return codes[-1] if codes else ""

    # --- what is done

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
        self._plans[plan_id].ask()

    def tool_started(self, call: str, title: str) -> None:
        """A call of a tool; told again when more is known about it."""
        if self._reasoning is not None:
            self._reasoning.end()
            self._reasoning = None
        if call in self._tools:
            self._tools[call].say(title)
        else:
            self._tools[call] = line = ToolLine(title)
            self._add(line)

    def tool_ended(self, call: str, ok: bool, title: str) -> None:
        line = self._tools.pop(call, None)
        has_card, self._has_card = self._has_card, False
        if ok and has_card:  # which says more
            if line is not None:
                self._transcript.drop(line)
        elif line is not None:
            line.end(ok, title)
        else:
            self._add(ToolLine(title, ok))

    def add_file(self, path: str, added: int, removed: int, diff: str, created: bool) -> None:
        """A written file. diff: unified, with or without its file lines; added, removed: lines."""
        self._add_card(FileCard(path, added, removed, diff, "created" if created else "changed"))

    def add_deleted(self, path: str, removed: int, diff: str) -> None:
        self._add_card(FileCard(path, 0, removed, diff, "deleted"))

    def add_refusal(self, reason: str, next_step: str = "", items: Sequence[str] = ()) -> None:
        """Something was not done. items: what can be asked for instead."""
        self._add(Refusal(reason, next_step, items))

    def repairing(self, number: int, of: int) -> None:
        """The model is to correct what failed."""
        self.add_remark(f"Back to the model with the error: repair {number} of at most {of}.")

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
        """The turn is over."""
        self._settle()
        if outcome in _REMARKS:
            self.add_remark(_REMARKS[outcome])

    # --- what was before

    @contextmanager
    def earlier(self, *, more: bool) -> Iterator[None]:
        """What is told inside goes before everything that is there. more: whether there is more before it."""
        now = (self._deploy, self._last_answer)
        collected: list[Entry] = []
        self._collected = collected
        try:
            yield
        finally:
            self._settle()
            self._collected = None
            self._has_card = False
            self._deploy = now[0]
            self._last_answer = now[1] or self._last_answer
        if collected:
            self._no_examples()
        self._transcript.put_before(collected, more=more)

    def clear(self) -> None:
        """Begin anew."""
        self._settle()
        self._plans.clear()
        self._last_answer = None
        self._transcript.clear()
        self.show_examples()

    # --- inside

    def _add_card(self, card: FileCard) -> None:
        """Where the call stands that wrote the file; calls are carried out one after the other."""
        line = next(iter(self._tools.values()), None)
        self._has_card = True
        if line is None:
            self._add(card)
        else:
            self._transcript.add_before(line, card)

    def _add(self, entry: Entry) -> None:
        if self._collected is not None:
            self._collected.append(entry)
            return
        self._no_examples()
        self._transcript.add(entry)

    def _no_examples(self) -> None:
        if self._examples is not None:
            self._examples.remove()
            self._examples = None

    def _settle(self) -> None:
        """Nothing goes on any more."""
        self.end_streams()
        for card in self._plans.values():
            card.withdraw()
        for line in self._tools.values():
            line.leave()
        self._tools.clear()
        self._has_card = False
        if self._deploy is not None and self._deploy.pending:
            self._deploy.left()

    def _deploy_line(self) -> DeployLine:
        if self._deploy is None or not self._deploy.pending:
            self.deploying()
        assert self._deploy is not None
        return self._deploy
