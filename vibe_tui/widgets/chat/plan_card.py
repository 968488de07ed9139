"""What is going to be done, and whether it may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from vibe_tui.services.terminal_text import clean
from vibe_tui.widgets.chat.entry import Entry
from vibe_tui.widgets.chat.messages import PlanAnswered

GRACE_SECONDS = 0.5
"""Keys and clicks this soon after the question were not meant for it."""


class PlanCard(Vertical, Entry):
    """Asks only once `ask` is called. Cancel is what a careless Enter would choose."""

    DEFAULT_CSS = """
    PlanCard {
        height: auto;
        margin: 0 0 1 0;
        padding: 0 1;
        border-left: outer $border-blurred;
        &.-asking { border-left: outer $primary; }
        & > Static { height: auto; }
        & > .notes { color: $text-muted; margin-top: 1; }
        & > Horizontal { height: 1; margin-top: 1; display: none; }
        &.-asking > Horizontal { display: block; }
        & Button { margin-right: 1; }
        & > .answer { display: none; color: $text-muted; }
        &.-answered > .answer { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "app.focus_previous", "Previous", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
    ]

    def __init__(
        self,
        plan_id: str,
        title: str,
        steps: Sequence[str],
        notes: Sequence[str],
        clock: Callable[[], float],
        answered: str = "",
    ) -> None:
        """answered: how it was answered before."""
        super().__init__()
        self.plan_id = plan_id
        self._title, self._steps, self._notes = clean(title), steps, notes
        self._clock = clock
        self._asked_at = 0.0
        self._answered = ""
        self._answer = Static(markup=False, classes="answer")
        if answered:
            self._close(answered)

    def maker(self) -> Callable[[], Entry]:
        return partial(
            PlanCard, self.plan_id, self._title, self._steps, self._notes, self._clock, self._answered
        )

    def compose(self) -> ComposeResult:
        yield Static(Content(self._title).stylize("bold"), markup=False)
        yield Static(Content("\n".join(f"• {clean(step)}" for step in self._steps)), markup=False)
        if self._notes:
            yield Static(Content("\n".join(map(clean, self._notes))), markup=False, classes="notes")
        with Horizontal():
            yield Button("Cancel", id="cancel", compact=True)
            yield Button("Apply", id="apply", variant="primary", compact=True)
        yield self._answer

    @property
    def asking(self) -> bool:
        return self.has_class("-asking")

    def ask(self) -> None:
        """Show the buttons."""
        self._asked_at = self._clock()
        self.add_class("-asking")

    def withdraw(self) -> None:
        """The question no longer matters."""
        if self.asking:
            self._close("Not answered")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if not self.asking or self._clock() - self._asked_at < GRACE_SECONDS:
            return
        approved = event.button.id == "apply"
        self._close("Applied" if approved else "Cancelled")
        self.post_message(PlanAnswered(self.plan_id, approved))

    def _close(self, answer: str) -> None:
        self.remove_class("-asking")
        self.add_class("-answered")
        self._answered = answer
        self._answer.update(answer)
