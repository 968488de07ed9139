"""The dialog's body while connecting: the steps, and what the sign-in wants of the user."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from vibe_tui.screens.backend import rows
from vibe_tui.screens.backend.view import ConnectingView, Step
from vibe_tui.services.terminal_text import clean

_STEP_MARKS = {"waiting": "·", "doing": "↻", "done": "✓"}
_STEP_COLOURS = {"waiting": "$text-muted", "doing": "$warning", "done": "$success"}


class Connecting(Vertical):
    def __init__(self, view: ConnectingView) -> None:
        super().__init__()
        self._view = view

    def compose(self) -> ComposeResult:
        yield Static(rows.status("busy", "Connecting"))
        yield Static(id="steps")
        with Vertical(id="consent"):
            yield Static(id="consent-text", markup=False)
            yield Static(id="link")
            yield _field("paste", "Paste the address of the page the browser ended at")
        with Vertical(id="asked"):
            yield Static(id="question", markup=False)
            yield _field("secret", "Paste it here, then Enter", password=True)
        yield Static(id="note", markup=False, classes="bad")
        yield Static(id="waiting", markup=False)
        with Horizontal(classes="buttons -last"):
            yield Button("Approve here", id="approve", variant="primary")
            yield Button("Use it", id="agree", variant="primary")
            yield Button("Copy the link (c)", id="copy")
            yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        self.show(self._view)

    def show(self, view: ConnectingView) -> None:
        self._view = view
        self.query_one("#steps", Static).update(Content("\n").join(map(_step, view.steps)))
        self._show_consent(view)
        self.query_one("#asked").display = bool(view.answer)
        self.query_one("#question", Static).update(Content(clean(view.question)))
        secret = self.query_one("#secret", Input)
        secret.display = view.answer == "secret"
        if view.answer != "secret":
            secret.value = ""
        self.query_one("#agree").display = view.answer == "yes"
        for id, text in (("#note", view.note), ("#waiting", view.waiting)):
            said = self.query_one(id, Static)
            said.display = bool(text)
            said.update(Content(clean(text)))

    def first(self) -> Widget:
        """What is most likely wanted next."""
        for wanted in ("#secret", "#agree", "#approve", "#copy"):
            found = self.query_one(wanted)
            if found.display:
                return found
        return self.query_one("#cancel")

    def _show_consent(self, view: ConnectingView) -> None:
        waiting = bool(view.link)
        self.query_one("#consent").display = self.query_one("#copy").display = waiting
        self.query_one("#approve").display = waiting and view.can_approve
        if waiting:
            minutes, seconds = divmod(view.seconds_left, 60)
            how = "Consent in the browser that opened" if view.opened else "Open this link and consent"
            self.query_one("#consent-text", Static).update(f"{how} ({minutes}:{seconds:02} left).")
            link = Content(view.link).stylize("$accent underline").stylize(Style(link=view.link))
            self.query_one("#link", Static).update(link)


def _field(id: str, placeholder: str, *, password: bool = False) -> Input:
    field = Input(placeholder=placeholder, password=password, id=id)
    field.cursor_blink = False
    return field


def _step(step: Step) -> Content:
    mark = Content(f" {_STEP_MARKS[step.state]} ").stylize(_STEP_COLOURS[step.state])
    return mark + Content(clean(step.title)).stylize("$text-muted" if step.state == "waiting" else "")
