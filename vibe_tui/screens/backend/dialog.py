"""The Convex Backend dialog: shows one BackendView, and tells its presenter what the user wants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Select

from vibe_tui.screens.backend.bodies import Connected, Connecting, Disconnecting, NotConnected
from vibe_tui.screens.backend.view import (
    BackendView,
    ConnectedView,
    ConnectingView,
    DisconnectingView,
    NotConnectedView,
)

Plain = Literal["cancel", "approve", "copy", "dashboard", "dev-server", "push", "disconnect"]
"""Also the ids of the buttons that say so."""


@dataclass(frozen=True, slots=True)
class Connect:
    way: str


@dataclass(frozen=True, slots=True)
class Paste:
    """The address the browser ended at."""

    text: str


Wish = Connect | Paste | Plain


class BackendDialog(ModalScreen[None]):
    """Esc closes it; while connecting, Esc cancels at once."""

    CSS_PATH: ClassVar = ["../dialog.tcss", "backend.tcss"]
    BINDINGS: ClassVar = [
        Binding("escape", "leave", "Close", show=False),
        Binding("c", "copy", "Copy the link", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(self, view: BackendView, on_wish: Callable[[Wish], None]) -> None:
        """on_wish: told what the user wants. (A modal screen's messages do not reach the page below.)"""
        super().__init__()
        self._view = view
        self._on_wish = on_wish
        self._changing = asyncio.Lock()
        self._phase = type(view)
        """The view whose body is in the dialog."""

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog-box") as box:
            box.border_title = "Convex Backend"
            box.border_subtitle = self._escape()
            with VerticalScroll(id="backend-body", can_focus=False):
                self._phase = type(self._view)
                yield self._body()

    def on_mount(self) -> None:
        self.call_after_refresh(self._focus_first)
        self.run_worker(self.show(self._view))  # it may have changed while the body was being made

    async def show(self, view: BackendView) -> None:
        """Show another state. Within one phase what the user is typing stays."""
        async with self._changing:  # another view may come while the one before is still being mounted
            self._view = view
            found = self.query("#backend-body")
            if not self.is_running or not found or not found.first().children:
                return  # not there yet, or no longer
            holder = found.first()
            self.query_one("#dialog-box").border_subtitle = self._escape()
            if type(view) is self._phase:
                offered = self._offered()
                holder.children[0].show(view)  # type: ignore[attr-defined]
                if self._offered() != offered:
                    self._focus_first()
                return
            self._phase = type(view)
            await holder.remove_children()
            await holder.mount(self._body())
            self.call_after_refresh(self._focus_first)

    def _body(self) -> Widget:
        match self._view:
            case NotConnectedView():
                return NotConnected(self._view)
            case ConnectingView():
                return Connecting(self._view)
            case ConnectedView():
                return Connected(self._view)
            case DisconnectingView():
                return Disconnecting(self._view)

    def _escape(self) -> str:
        """What Esc does now."""
        match self._view:
            case ConnectingView():
                return "Esc cancels"
            case DisconnectingView():
                return ""
            case _:
                return "Esc closes"

    def _offered(self) -> list[Button]:
        return [button for button in self.query(Button) if button.display]

    def _focus_first(self) -> None:
        """Go to what is most likely wanted next; what has just been hidden cannot keep the focus."""
        for button in self._offered():
            if not button.disabled:
                button.focus()
                return

    # --- what the user does --------------------------------------------------------------------------

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        match event.button.id:
            case "connect" if isinstance(self._view, NotConnectedView):
                way = self.query_one("#way", Select).value
                self._on_wish(Connect(str(way)))
            case str(what):
                self._on_wish(cast(Plain, what))

    @on(Input.Submitted, "#paste")
    def _pasted(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value
        event.input.value = ""  # the address holds a code: it does not stay on the screen
        if text.strip():
            self._on_wish(Paste(text))

    @on(Select.Changed, "#way")
    def _way_chosen(self, event: Select.Changed) -> None:
        event.stop()
        body = self.query_one(NotConnected)
        body.explain(str(event.value))

    def action_copy(self) -> None:
        if isinstance(self._view, ConnectingView | ConnectedView):
            self._on_wish("copy")

    def action_leave(self) -> None:
        if isinstance(self._view, ConnectingView):
            self._on_wish("cancel")
        elif not isinstance(self._view, DisconnectingView):
            self.dismiss()
