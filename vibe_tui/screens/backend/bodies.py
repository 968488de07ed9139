"""The four bodies of the backend dialog, one for each phase. Each shows its view and does nothing else."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.style import Style
from textual.widgets import Button, Input, Select, Static

from vibe_tui.screens.backend.view import (
    ConnectedView,
    ConnectingView,
    DisconnectingView,
    NotConnectedView,
    Step,
    Tone,
)
from vibe_tui.services.terminal_text import clean, visible

_COLOURS: dict[Tone, str] = {"plain": "$text-muted", "busy": "$warning", "good": "$success", "bad": "$error"}
_MARKS: dict[Tone, str] = {"plain": "○", "busy": "↻", "good": "●", "bad": "✗"}
_STEP_MARKS = {"waiting": "·", "doing": "↻", "done": "✓"}
CHOOSE_IN_BROWSER = "Choose in the browser"


def _status(tone: Tone, text: str) -> Content:
    return _row("Status", f"{_MARKS[tone]} {text}", tone)


def _row(title: str, text: str, tone: Tone | None = None) -> Content:
    value = Content(visible(text))
    return Content(f"{title:<12}").stylize("$text-muted") + (value.stylize(_COLOURS[tone]) if tone else value)


class NotConnected(Vertical):
    def __init__(self, view: NotConnectedView) -> None:
        super().__init__()
        self._view = view

    def compose(self) -> ComposeResult:
        yield Static(id="status")
        yield Static(
            "Connect your project to Convex for database, auth, and real-time features.", classes="lead"
        )
        yield Static(id="reason", markup=False)
        with Horizontal(classes="field"):
            yield Static("Where", classes="label")
            yield Select(
                [(Content(way.title), way.id) for way in self._view.ways],
                value=self._view.chosen,
                allow_blank=False,
                compact=True,
                id="way",
            )
        yield Static(id="needs", markup=False, classes="muted")
        with Horizontal(classes="field"):
            yield Static("Team", classes="label")
            yield Select([(CHOOSE_IN_BROWSER, "")], value="", allow_blank=False, compact=True, id="team")
        with Horizontal(classes="buttons -last"):
            yield Button("Connect to Convex", id="connect", variant="primary")

    def on_mount(self) -> None:
        self.show(self._view)

    def show(self, view: NotConnectedView) -> None:
        self._view = view
        failed = bool(view.reason)
        self.query_one("#status", Static).update(
            _status("bad", "Not connected: the last try failed")
            if failed
            else _status("plain", "Not connected")
        )
        reason = self.query_one("#reason", Static)
        reason.display = failed
        said = Content(clean(view.reason)).stylize("$error") + Content(clean(f"\n{view.next_step}".rstrip()))
        reason.update(said)
        self.query_one("#connect", Button).label = "Try again" if failed else "Connect to Convex"
        self.explain(view.chosen)

    def explain(self, way_id: str) -> None:
        """Say what the chosen way needs."""
        for way in self._view.ways:
            if way.id == way_id:
                self.query_one("#needs", Static).update(f"Needs {way.needs}.")


class Connecting(Vertical):
    def __init__(self, view: ConnectingView) -> None:
        super().__init__()
        self._view = view

    def compose(self) -> ComposeResult:
        yield Static(_status("busy", "Connecting"))
        yield Static(id="steps")
        with Vertical(id="consent"):
            yield Static(id="consent-text", markup=False)
            yield Static(id="link")
            yield Input(id="paste", placeholder="Paste the address of the page the browser ended at")
            yield Static(id="note", markup=False, classes="bad")
        with Horizontal(classes="buttons -last"):
            yield Button("Approve here", id="approve", variant="primary")
            yield Button("Copy the link (c)", id="copy")
            yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False
        self.show(self._view)

    def show(self, view: ConnectingView) -> None:
        self._view = view
        self.query_one("#steps", Static).update(Content("\n").join(map(_step, view.steps)))
        waiting = bool(view.link)
        self.query_one("#consent").display = waiting
        self.query_one("#copy").display = waiting
        approve = self.query_one("#approve", Button)
        approve.display = waiting and view.can_approve
        if waiting:
            minutes, seconds = divmod(view.seconds_left, 60)
            how = "Consent in the browser that opened" if view.opened else "Open this link and consent"
            self.query_one("#consent-text", Static).update(f"{how} ({minutes}:{seconds:02} left).")
            link = Content(view.link).stylize("$accent underline").stylize(Style(link=view.link))
            self.query_one("#link", Static).update(link)
        note = self.query_one("#note", Static)
        note.display = bool(view.note)
        note.update(Content(clean(view.note)))


def _step(step: Step) -> Content:
    colour = {"waiting": "$text-muted", "doing": "$warning", "done": "$success"}[step.state]
    return Content(f" {_STEP_MARKS[step.state]} ").stylize(colour) + Content(step.title).stylize(
        "$text-muted" if step.state == "waiting" else ""
    )


class Connected(Vertical):
    def __init__(self, view: ConnectedView) -> None:
        super().__init__()
        self._view = view

    def compose(self) -> ComposeResult:
        yield Static(_status("good", "Connected"))
        yield Static(id="facts")
        yield Static(id="note", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("Start Dev Server", id="dev-server", variant="primary")
            yield Button("Push now", id="push")
        with Horizontal(classes="buttons -last"):
            yield Button("Open in Convex Dashboard", id="dashboard")
            yield Button("Copy link (c)", id="copy")
            yield Button("Disconnect", id="disconnect", variant="error")

    def on_mount(self) -> None:
        self.show(self._view)

    def show(self, view: ConnectedView) -> None:
        self._view = view
        rows = [
            _row("Project", view.project),
            _row("Team", view.team),
            _row("Where", view.place),
            _row("Deployment", view.deployment),
            _row("Key", view.key),
            _row("Dev server", f"{_MARKS[view.tone]} {view.dev_server}", view.tone),
        ]
        self.query_one("#facts", Static).update(Content("\n").join(rows))
        self.query_one("#dev-server", Button).label = (
            "Stop Dev Server" if view.running else "Start Dev Server"
        )
        self.query_one("#push", Button).disabled = view.pushing
        note = self.query_one("#note", Static)
        note.display = bool(view.note)
        note.update(Content(clean(view.note)))


class Disconnecting(Vertical):
    def __init__(self, view: DisconnectingView) -> None:
        super().__init__()
        self._view = view

    def compose(self) -> ComposeResult:
        yield Static(_status("busy", "Disconnecting"))
        yield Static(id="steps")

    def on_mount(self) -> None:
        self.show(self._view)

    def show(self, view: DisconnectingView) -> None:
        self._view = view
        self.query_one("#steps", Static).update(Content("\n".join(map(visible, view.steps))))
