"""The dialog's bodies of a connected project, and of one that is being disconnected."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from vibe_tui.screens.backend import rows
from vibe_tui.screens.backend.view import ConnectedView, DisconnectingView
from vibe_tui.services.terminal_text import clean, visible


class Connected(Vertical):
    def __init__(self, view: ConnectedView) -> None:
        super().__init__()
        self._view = view

    def compose(self) -> ComposeResult:
        yield Static(id="status")
        yield Static(id="facts")
        yield Static(id="refused", markup=False)
        yield Static(id="note", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("Sign in again", id="sign-in-again", variant="primary")
            yield Button("Start Dev Server", id="dev-server", variant="primary")
            yield Button("Push now", id="push")
            yield Button("Data and logs", id="backend-screen")
        with Horizontal(classes="buttons -last"):
            yield Button("Open in Convex Dashboard", id="dashboard")
            yield Button("Copy link (c)", id="copy")
            yield Button("Disconnect", id="disconnect", variant="error")

    def on_mount(self) -> None:
        self.show(self._view)

    def show(self, view: ConnectedView) -> None:
        self._view = view
        refused = bool(view.refused)
        self.query_one("#status", Static).update(
            rows.status("bad", "Connected, and the key is refused")
            if refused
            else rows.status("good", "Connected")
        )
        facts = [
            rows.row("Project", view.project),
            rows.row("Team", view.team),
            rows.row("Where", view.place),
            rows.row("Deployment", view.deployment),
            rows.row("Key", view.key),
            rows.row("Dev server", f"{rows.MARKS[view.tone]} {view.dev_server}", view.tone),
        ]
        self.query_one("#facts", Static).update(Content("\n").join(facts))
        said = self.query_one("#refused", Static)
        said.display = refused
        said.update(
            rows.problem(
                view.refused, "Sign in again makes a new key; project, deployment and data stay as they are."
            )
        )
        self.query_one("#sign-in-again").display = refused
        self.query_one("#dev-server", Button).label = (
            "Stop Dev Server" if view.running else "Start Dev Server"
        )
        self.query_one("#push", Button).disabled = view.pushing
        self.query_one("#backend-screen").display = view.has_screen
        self.query_one("#dashboard").display = self.query_one("#copy").display = bool(view.dashboard)
        note = self.query_one("#note", Static)
        note.display = bool(view.note)
        note.update(Content(clean(view.note)))

    def first(self) -> Widget:
        """What is most likely wanted next."""
        return self.query_one("#sign-in-again" if self._view.refused else "#dev-server")


class Disconnecting(Vertical):
    def __init__(self, view: DisconnectingView) -> None:
        super().__init__()
        self._view = view

    def compose(self) -> ComposeResult:
        yield Static(rows.status("busy", "Disconnecting"))
        yield Static(id="steps")

    def on_mount(self) -> None:
        self.show(self._view)

    def show(self, view: DisconnectingView) -> None:
        self._view = view
        self.query_one("#steps", Static).update(Content("\n".join(map(visible, view.steps))))

    def first(self) -> None:
        """There is nothing to do but wait."""
