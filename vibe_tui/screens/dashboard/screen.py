"""The Backend screen: reaches the deployment, and shows one of its tabs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from vibe_tui.action_host import ActionHost
from vibe_tui.actions import BY_ID, Context, bindings
from vibe_tui.screens.dashboard.connection import (
    Connection,
    Disconnected,
    Gone,
    NeedsSignIn,
    Reached,
    Reaching,
    Trying,
    Unreachable,
)
from vibe_tui.screens.dashboard.covers import cover_of
from vibe_tui.screens.dashboard.frame import Cover, NoteRow, Title
from vibe_tui.screens.dashboard.tab import Tab
from vibe_tui.screens.dashboard.tab_host import TabHost
from vibe_tui.screens.dashboard.tabs import TABS
from vibe_tui.screens.links import dashboard_link, open_link
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.model import Connected, Project
from vibe_tui.services.paths import Home
from vibe_tui.services.settings import Settings
from vibe_tui.widgets.key_bar import KeyBar
from vibe_tui.widgets.tab_row import TabRow

_CONTEXTS: tuple[Context, ...] = ("data", "functions", "deployment-logs", "environment", "health")


@dataclass(frozen=True, slots=True)
class OpenFile:
    """The screen was left for this place of the project's code."""

    path: str
    line: int | None


@dataclass(frozen=True, slots=True)
class SignIn:
    """The screen was left for the connection's dialog."""


Leaving = OpenFile | SignIn


class DashboardScreen(ActionHost, Screen[Leaving | None]):
    """It needs no lease of the project: it reads what is stored, and asks the deployment."""

    CSS_PATH: ClassVar = sorted(Path(__file__).parent.glob("*.tcss"))  # the tabs' too
    AUTO_FOCUS = ""
    BINDINGS: ClassVar = bindings("backend", *_CONTEXTS)

    @dataclass
    class ReachingChanged(Message):
        state: Reaching

    def __init__(self, home: Home, settings: Settings, project: Project, connection: Connected) -> None:
        """connection: as stored now; the screen follows what becomes of it."""
        super().__init__()
        self._open = next(iter(TABS))
        self._state: Reaching = Trying()
        self.home = home
        self.settings = settings
        self.project = project
        self.connection = connection
        self.note = NoteRow()
        self._title = Title(project.name, connection)
        self._row = TabRow(
            [(id_, title, str(number)) for number, (id_, (title, _)) in enumerate(TABS.items(), 1)], id="tabs"
        )
        self._panes = Container(id="panes")
        self._over = Cover()
        self._tabs: dict[str, tuple[Tab, TabHost]] = {}
        self._focused: dict[str, Widget] = {}
        self._api: DeploymentApi | None = None
        self._tick: Timer | None = None
        self._reaching = Connection(
            home,
            settings,
            project,
            on_change=self._reaching_changed,
            on_wait=lambda seconds, reason: self.note.count_down(reason, seconds),
        )
        self.handlers |= {f"backend_{id_}": partial(self.show_tab, id_) for id_ in TABS}
        self.handlers |= {
            "backend_next_tab": partial(self._step, 1),
            "backend_previous_tab": partial(self._step, -1),
            "backend_dashboard": self._open_dashboard,
            "backend_try_now": self.try_now,
            "backend_sign_in": partial(self._leave, SignIn()),
            "backend_close": partial(self._leave, None),
        }

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._row
        yield self._over
        yield self._panes
        yield self.note
        yield KeyBar()

    async def on_mount(self) -> None:
        self._row.show(self._open)
        self.run_worker(self._reaching.run(), name="reach")
        await self._make(self._open)  # meanwhile

    def on_unmount(self) -> None:
        self._hide()

    # --- the deployment ------------------------------------------------------------------------------

    @property
    def api(self) -> DeploymentApi:
        assert self._api is not None, "tabs are shown when it was reached"
        return self._api

    def try_now(self) -> None:
        self._reaching.try_now()

    def _reaching_changed(self, state: Reaching) -> None:
        self.post_message(self.ReachingChanged(state))  # one after the other

    async def on_dashboard_screen_reaching_changed(self, event: ReachingChanged) -> None:
        was_reached = isinstance(self._state, Reached)
        self._state = state = event.state
        if isinstance(state, Disconnected):
            self.app.notify("The project was disconnected, so there is no data to show.", timeout=10)
            self._leave(None)
            return
        if isinstance(state, Reached):
            self.connection, self._api = state.connection, state.api
            self._title.show(state.connection)
        elif was_reached:
            self._hide()
        self._keep_ticking(isinstance(state, Unreachable))
        await self._show_cover()
        if isinstance(state, Reached) and not was_reached:
            await self.show_tab(self._open)
        self.refresh_bindings()

    async def _show_cover(self) -> None:
        view = cover_of(self._state, self.connection, time.monotonic())
        self.set_class(view is not None, "-covered")
        if view is not None:
            await self._over.show(view)

    def _keep_ticking(self, wanted: bool) -> None:
        """A countdown is painted each second, and nothing is while there is none."""
        if self._tick is not None:
            self._tick.stop()
        self._tick = self.set_interval(1.0, self._show_cover) if wanted else None

    # --- tabs ----------------------------------------------------------------------------------------

    def contexts(self) -> Sequence[Context]:
        if isinstance(self._state, Reached) and self._open in self._tabs:
            return ("backend", self._tabs[self._open][0].context)
        return ("backend",)

    def is_enabled(self, action_id: str) -> bool:
        """The palette too shows only what the tab on show can do."""
        if action_id == "backend_try_now" and isinstance(self._state, Reached):
            return False
        if action_id == "backend_sign_in" and not isinstance(self._state, NeedsSignIn | Gone):
            return False
        return super().is_enabled(action_id) and BY_ID[action_id].context in self.contexts()

    async def show_tab(self, id_: str) -> None:
        """Show this tab, once the deployment is reached."""
        if self._open in self._tabs and id_ != self._open:
            self._hide()
        self._open = id_
        self._row.show(id_)
        if not isinstance(self._state, Reached):
            return
        tab, host = await self._make(id_)
        for other, _ in self._tabs.values():
            other.pane.display = other is tab
        self.problem_changed(host)
        self._focus(id_, tab.pane)
        tab.shown()
        self.refresh_bindings()

    async def _make(self, id_: str) -> tuple[Tab, TabHost]:
        if id_ not in self._tabs:
            host = TabHost(self)
            tab = TABS[id_][1](host)
            self._tabs[id_] = (tab, host)
            self.handlers |= tab.handlers
            await self._panes.mount(tab.pane)
        return self._tabs[id_]

    def _focus(self, id_: str, pane: Widget) -> None:
        """Go where one was in this tab, or to its first widget."""
        before = self._focused.get(id_)
        if before is not None and before.is_attached:
            before.focus()
            return
        if type(pane).focus is not Widget.focus:  # it knows where to go
            pane.focus()
            return
        first = next((widget for widget in pane.walk_children(Widget) if widget.focusable), None)
        self.set_focus(first)

    def _hide(self) -> None:
        if self._open in self._tabs:
            tab, _ = self._tabs[self._open]
            if self.focused is not None and tab.pane in self.focused.ancestors_with_self:
                self._focused[self._open] = self.focused
            tab.hidden()

    async def _step(self, by: int) -> None:
        ids = list(TABS)
        await self.show_tab(ids[(ids.index(self._open) + by) % len(ids)])

    @on(TabRow.Chosen)
    async def _tab_clicked(self, event: TabRow.Chosen) -> None:
        await self.show_tab(event.tab_id)

    @on(Cover.Chosen)
    async def _cover_pressed(self, event: Cover.Chosen) -> None:
        if self.is_enabled(event.action_id):
            await self.action_perform(event.action_id)

    # --- what tabs ask for ---------------------------------------------------------------------------

    def problem_changed(self, host: TabHost) -> None:
        if self._open in self._tabs and self._tabs[self._open][1] is host:
            self.note.show_problem(host.problem)

    def open_file(self, path: str, line: int | None) -> None:
        self._leave(OpenFile(path, line))

    def _leave(self, how: Leaving | None) -> None:
        if self.is_current:
            self.dismiss(how)

    async def _open_dashboard(self) -> None:
        if self._open not in self._tabs:
            await self._open_link("")
        else:
            tab, host = self._tabs[self._open]
            host.do(self._open_link(tab.dashboard_path()))

    async def _open_link(self, path: str) -> None:
        said = await open_link(self.app, dashboard_link(self.connection, path))
        self.app.notify(said, title="Convex Dashboard", timeout=15)
