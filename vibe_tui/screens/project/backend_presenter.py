"""The backend: the header's button, the status bar's segments, and the dialog."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from vibe_tui.action_host import ActionHost
from vibe_tui.screens.backend.dialog import BackendDialog
from vibe_tui.screens.backend.view import BackendView, DisconnectingView, Way
from vibe_tui.screens.backend.ways import as_ways
from vibe_tui.screens.backend.wishes import Connect, Wish
from vibe_tui.screens.project.backend_views import (
    connected_view,
    dev_server_segment,
    header_label,
    not_connected_view,
)
from vibe_tui.screens.project.connect_flow import ConnectFlow
from vibe_tui.screens.project.connection_commands import ConnectionCommands
from vibe_tui.screens.project.files_presenter import Do
from vibe_tui.services.convex.backend import StepDone
from vibe_tui.services.convex.dev_server import DevServerEvent, PushFinished
from vibe_tui.services.convex.journal import Begun
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected, Connecting, Connection, DevServerState, Push
from vibe_tui.services.workspace import Workspace
from vibe_tui.widgets.header_bar import HeaderBar
from vibe_tui.widgets.status_bar import StatusBar

SCREEN = "backend_screen"
"""The action that opens the Backend screen."""


class BackendPresenter:
    """`attach` gives it the workspace; its commands answer the user's actions."""

    def __init__(
        self, header: HeaderBar, status: StatusBar, do: Do, on_pushed: Callable[[Push], None]
    ) -> None:
        """on_pushed: told every finished push."""
        self._header = header
        self._status = status
        self._do = do
        self._on_pushed = on_pushed
        self._workspace: Workspace | None = None
        self._dialog: BackendDialog | None = None
        self._flow = ConnectFlow(self._refresh, self._link_not_opened)
        self._commands = ConnectionCommands(header, status, self._refresh)
        self.toggle_dev_server = self._commands.toggle_dev_server
        self.push_now = self._commands.push_now
        self._ways: tuple[Way, ...] = ()
        self._teams: tuple[str, ...] = ()
        self._begun: Begun | None = None
        self._tried: Connect | None = None
        self._refused: VibeError | None = None
        self._note = ""
        self._problem: VibeError | None = None  # of what was last tried in the dialog

    def attach(self, workspace: Workspace) -> list[Callable[[], None]]:
        """Follow `workspace`; returns what ends that."""
        self._workspace = workspace
        self._flow.attach(workspace)
        self._commands.attach(workspace)
        return [
            workspace.backend.subscribe(self._backend_changed),
            workspace.dev_server.subscribe(self._dev_server_changed),
        ]

    # --- the dialog ----------------------------------------------------------------------------------

    def open_dialog(self) -> None:
        if self._workspace is not None and self._dialog is None:
            self._do(self._open(self._workspace))

    async def _open(self, workspace: Workspace) -> None:
        self._note, self._problem = "", None
        self._ways = as_ways(await self._flow.offers())
        self._begun = await workspace.backend.begun()
        if self._dialog is not None:
            return  # opened twice meanwhile
        self._dialog = BackendDialog(self._view(workspace), self._wish)
        self._header.app.push_screen(self._dialog, self._dialog_closed)
        teams = await workspace.backend.remembered_teams(workspace.settings.convex.provision_host)
        self._teams = tuple(teams)
        self._refresh()
        await self._look_at_key()

    def show_problem(self, problem: VibeError) -> bool:
        """Show what went wrong in the dialog, if it is open; False when it is not."""
        self._problem = problem
        self._refresh()
        return self._dialog is not None

    def _dialog_closed(self, _: None) -> None:
        self._dialog = None

    def _wish(self, wish: Wish) -> None:
        """What the user wants in the dialog."""
        self._note, self._problem = "", None
        match wish:
            case Connect():
                self._tried = wish
                self._do(self._connect(wish))
            case "sign-in-again":
                self._do(self._renew_key())
            case "copy":
                self._do(self._copy())
            case "dashboard":
                self._do(self.open_dashboard())
            case "backend-screen":
                self._do(self._open_screen())
            case "dev-server":
                self._do(self.toggle_dev_server())
            case "push":
                self._do(self.push_now())
            case "disconnect":
                self._do(self._disconnect())
            case _:
                self._flow.wish(wish)

    # --- commands ------------------------------------------------------------------------------------

    async def _connect(self, wish: Connect) -> None:
        """Connect as the user chose; raises what went wrong, which the dialog shows as well."""
        await self._tell(self._flow.connect(wish), "Connected to Convex")

    async def _renew_key(self) -> None:
        """Repair a connection whose key is not taken any more; what waits for it is pushed then."""
        workspace = self._workspace
        if workspace is None or not isinstance(workspace.backend.state, Connected):
            return
        renewing = self._flow.renew_key(workspace.backend.state.url)
        done = await self._tell(renewing, "The new key is in place")
        if done and workspace.dev_server.armed:
            await workspace.dev_server.push()

    async def _tell(self, connecting: Coroutine[Any, Any, str | None], done: str) -> bool:
        """Wait for it and say how it went; False when the user gave up."""
        workspace = self._workspace
        assert workspace is not None
        try:
            gave_up = await connecting
        finally:
            self._begun = await workspace.backend.begun()
            self._backend_changed(workspace.backend.state)
            self._do(self._look_at_key())
        if gave_up is None:
            self._status.notice(done, "good")
        elif gave_up:
            self._header.app.notify(gave_up, severity="warning", timeout=12)
        return gave_up is None

    async def _disconnect(self) -> None:
        workspace = self._workspace
        assert workspace is not None
        try:
            await self._commands.disconnect()
        finally:
            self._begun = await workspace.backend.begun()
            self._refresh()

    def _link_not_opened(self, _link: str) -> None:
        self._do(self._copy())

    async def _copy(self) -> None:
        await self._commands.copy_link(self._flow.link)

    async def open_dashboard(self) -> None:
        """Open the dashboard, or show and copy its link where no browser can be opened."""
        self._note = await self._commands.open_dashboard()
        if self._dialog is None:
            self._header.app.notify(self._note, title="Convex Dashboard", timeout=15)
        self._refresh()

    async def _open_screen(self) -> None:
        """Leave the dialog for the Backend screen."""
        page = self._header.screen
        if isinstance(page, ActionHost) and page.is_enabled(SCREEN):
            if self._dialog is not None:
                await self._dialog.dismiss()
            await page.action_perform(SCREEN)

    async def _look_at_key(self) -> None:
        """See whether the deployment still takes the key: the connection alone does not tell."""
        workspace = self._workspace
        if workspace is not None:
            self._refused = await workspace.backend.key_problem()
            self._refresh()

    # --- what happens --------------------------------------------------------------------------------

    def _backend_changed(self, what: Connection | StepDone) -> None:
        if isinstance(what, StepDone):
            self._commands.step_done(what)
        else:
            self._header.show_backend(*header_label(what, live=self._flow.running))
            text = f"Convex: {what.backend}" if isinstance(what, Connected) else "Convex: not connected"
            self._status.show("convex", text)
            if not isinstance(what, Connected):
                self._status.show("dev server", "")
        self._refresh()

    def _dev_server_changed(self, what: DevServerState | DevServerEvent) -> None:
        if isinstance(what, PushFinished):
            self._on_pushed(what.push)
            if what.push.result == "failed" and not what.push.problems and self._dialog is not None:
                self._do(self._look_at_key())
        elif isinstance(what, DevServerState):
            if self._workspace is not None and isinstance(self._workspace.backend.state, Connected):
                self._status.show("dev server", *dev_server_segment(what))
            self._refresh()

    def _refresh(self) -> None:
        if self._dialog is not None and self._workspace is not None and self._header.is_attached:
            self._do(self._dialog.show(self._view(self._workspace)))

    def _view(self, workspace: Workspace) -> BackendView:
        state = workspace.backend.state
        if self._commands.disconnecting is not None:
            return DisconnectingView(tuple(self._commands.disconnecting))
        if self._flow.running:
            return self._flow.view(state if isinstance(state, Connecting) else None)
        if isinstance(state, Connected):
            page = self._header.screen
            return connected_view(
                state,
                workspace.dev_server.state,
                _sentence(self._problem) if self._problem else self._note,
                refused=self._refused,
                has_screen=isinstance(page, ActionHost) and page.is_enabled(SCREEN),
            )
        return not_connected_view(
            state,
            self._ways,
            self._begun,
            self._problem,
            tried=self._tried or Connect("", name=workspace.project.name),
            teams=self._teams,
        )


def _sentence(problem: VibeError) -> str:
    return f"{problem.message} {problem.next_step}".rstrip()
