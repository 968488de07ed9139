"""The Convex Backend dialog: shows one BackendView, and tells its presenter what the user wants."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList

from vibe_tui.screens.backend.choosing import Choosing
from vibe_tui.screens.backend.connected import Connected, Disconnecting
from vibe_tui.screens.backend.connecting import Connecting
from vibe_tui.screens.backend.not_connected import NotConnected
from vibe_tui.screens.backend.view import (
    BackendView,
    ChoosingView,
    ConnectedView,
    ConnectingView,
    DisconnectingView,
    NotConnectedView,
)
from vibe_tui.screens.backend.wishes import Give, Paste, Pasted, Pick, Plain, Search, Wish
from vibe_tui.screens.dialog import GRACE

Body = NotConnected | Connecting | Choosing | Connected | Disconnecting
_A_PASTE = 8
"""Characters that come at once are pasted."""


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
        self._changed = time.monotonic()
        """When what can be pressed was last something else."""
        self._typed = 0
        """Characters in the field for the token or key."""

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog-box") as box:
            box.border_title = "Convex Backend"
            box.border_subtitle = self._escape()
            with VerticalScroll(id="backend-body", can_focus=False):
                self._phase = type(self._view)
                yield self._make_body()

    def on_mount(self) -> None:
        self.call_after_refresh(self._focus_first)
        self.run_worker(self.show(self._view))  # it may have changed while the body was being made

    async def show(self, view: BackendView) -> None:
        """Show another state. Within one phase what the user is typing stays."""
        async with self._changing:  # another view may come while the one before is still being mounted
            self._view = view
            body = self._body()
            if not self.is_running or body is None or not body.is_mounted:
                return  # not there yet, or no longer
            self.query_one("#dialog-box").border_subtitle = self._escape()
            if type(view) is self._phase:
                offered = self._offered()
                body.show(view)  # type: ignore[arg-type]  # the body of this phase
                if self._offered() != offered:
                    self._focus_first()
                return
            self._phase = type(view)
            holder = self.query_one("#backend-body")
            await holder.remove_children()
            await holder.mount(self._make_body())
            self._focus_first()
            self.call_after_refresh(self._focus_first)

    def _make_body(self) -> Body:
        match self._view:
            case NotConnectedView():
                return NotConnected(self._view)
            case ConnectingView():
                return Connecting(self._view)
            case ChoosingView():
                return Choosing(self._view)
            case ConnectedView():
                return Connected(self._view)
            case DisconnectingView():
                return Disconnecting(self._view)

    def _body(self) -> Body | None:
        holder = self.query("#backend-body")
        children = holder.first().children if holder else ()
        return cast(Body, children[0]) if children else None

    def _escape(self) -> str:
        """What Esc does now."""
        match self._view:
            case ConnectingView() | ChoosingView():
                return "Esc cancels"
            case DisconnectingView():
                return ""
            case _:
                return "Esc closes"

    def _offered(self) -> list[Widget]:
        """What can be pressed or filled in."""
        return [it for it in self.query("Button, Input") if it.display]

    def _focus_first(self) -> None:
        """Go to what is most likely wanted next; what has just been hidden cannot keep the focus."""
        self._changed = time.monotonic()
        body = self._body()
        first = body.first() if body is not None and body.is_mounted else None
        if first is not None:
            first.focus()

    def _too_early(self) -> bool:
        """Keys typed ahead were meant for what was there before."""
        return time.monotonic() - self._changed < GRACE

    # --- what the user does --------------------------------------------------------------------------

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        body = self._body()
        if self._too_early():
            return
        if event.button.id == "connect" and isinstance(body, NotConnected):
            self._on_wish(body.wish())
        else:
            self._on_wish(cast(Plain, event.button.id))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text, body = event.value, self._body()
        match event.input.id:
            case "paste" if text.strip():
                event.input.value = ""  # the address holds a code: it does not stay on the screen
                self._on_wish(Paste(text))
            case "secret" if text.strip():
                event.input.value = ""
                self._on_wish(Give(text))
            case "search":
                self.query_one("#choices").focus()
            case "name" | "address" if isinstance(body, NotConnected) and not self._too_early():
                self._on_wish(body.wish())

    @on(Input.Changed, "#secret")
    def _secret_changed(self, event: Input.Changed) -> None:
        event.stop()
        before, self._typed = self._typed, len(event.value)
        if self._typed - before >= _A_PASTE:
            self._on_wish(Pasted(event.value))

    @on(Input.Changed, "#search")
    def _search_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._on_wish(Search(event.value))

    @on(OptionList.OptionSelected, "#choices")
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if not self._too_early():
            self._on_wish(Pick(str(event.option_id)))

    @on(OptionList.OptionHighlighted, "#choices")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        body = self._body()
        if isinstance(body, Choosing) and body.is_at_end():
            self._on_wish("more")

    def action_copy(self) -> None:
        if isinstance(self._view, ConnectingView | ConnectedView):
            self._on_wish("copy")

    def action_leave(self) -> None:
        if isinstance(self._view, ConnectingView | ChoosingView):
            self._on_wish("cancel")
        elif not isinstance(self._view, DisconnectingView):
            self.dismiss()
