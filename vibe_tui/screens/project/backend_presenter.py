"""The backend: the header's button, the status bar's segments, the dialog, and what they start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vibe_tui.screens.backend.dialog import BackendDialog, Connect, Paste, Wish
from vibe_tui.screens.backend.view import BackendView, DisconnectingView
from vibe_tui.screens.backend.ways import as_ways, methods
from vibe_tui.screens.clipboard import copy
from vibe_tui.screens.links import dashboard_link, open_link
from vibe_tui.screens.project.backend_views import (
    connected_view,
    connecting_view,
    dev_server_segment,
    header_label,
    not_connected_view,
)
from vibe_tui.screens.project.disconnect_questions import ask_how
from vibe_tui.screens.project.files_presenter import Do
from vibe_tui.screens.project.sign_in import SignIn
from vibe_tui.services.convex.backend import NotConnectedYet, StepDone
from vibe_tui.services.convex.connect import Target
from vibe_tui.services.convex.dev_server import DevServerEvent, PushFinished
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected, Connecting, Connection, DevServerState, Push
from vibe_tui.services.workspace import Workspace
from vibe_tui.widgets.header_bar import HeaderBar
from vibe_tui.widgets.status_bar import StatusBar


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
        self._connecting: asyncio.Task[Connected] | None = None
        self._sign_in: SignIn | None = None
        self._disconnecting: list[str] | None = None
        self._note = ""
        self._problem: VibeError | None = None  # of what was last tried in the dialog

    def attach(self, workspace: Workspace) -> list[Callable[[], None]]:
        """Follow `workspace`; returns what ends that."""
        self._workspace = workspace
        self._methods = methods(
            workspace.settings,
            lambda: workspace.emulator.ensure(lambda line: workspace.convex_log.append([line])),
        )
        return [
            workspace.backend.subscribe(self._backend_changed),
            workspace.dev_server.subscribe(self._dev_server_changed),
        ]

    # --- commands ------------------------------------------------------------------------------------

    def open_dialog(self) -> None:
        if self._workspace is None or self._dialog is not None:
            return
        self._note, self._problem = "", None
        self._dialog = BackendDialog(self._view(self._workspace), self._wish)
        self._header.app.push_screen(self._dialog, self._dialog_closed)

    async def connect(self, way: str) -> None:
        """Connect the way the user chose; raises what went wrong, which the dialog shows as well."""
        workspace = self._workspace
        if workspace is None or self._connecting is not None:
            return
        method = self._methods[way]
        self._problem = None
        self._sign_in = SignIn(method, workspace.settings.convex, self._refresh, self._link_not_opened)
        self._connecting = asyncio.create_task(
            workspace.backend.connect(
                method, target=Target(workspace.project.name), sign_in=self._sign_in.ports()
            ),
            name="connect",
        )
        try:
            await asyncio.wait({self._connecting})
            if not self._connecting.cancelled() and self._connecting.exception() is None:
                self._status.notice("Connected to Convex", "good")
        finally:
            task, self._connecting, self._sign_in = self._connecting, None, None
            if not task.done():
                task.cancel()
            self._backend_changed(workspace.backend.state)
        if not task.cancelled():
            task.result()

    def show_problem(self, problem: VibeError) -> bool:
        """Show what went wrong in the dialog, if it is open; False when it is not."""
        self._problem = problem
        self._refresh()
        return self._dialog is not None

    def cancel(self) -> None:
        """Stop connecting; what was made so far is found again at the next try."""
        if self._connecting is not None:
            self._connecting.cancel()

    def pasted(self, text: str) -> None:
        if self._sign_in is not None:
            self._sign_in.paste(text)

    def approve(self) -> None:
        if self._sign_in is not None:
            self._sign_in.approve_here()

    async def copy(self) -> None:
        """Copy the link that is on show: the sign-in's, or the dashboard's."""
        state = self._workspace.backend.state if self._workspace else None
        if self._sign_in is not None and self._sign_in.shown.link:
            await copy(self._header.app, self._sign_in.shown.link)
        elif isinstance(state, Connected):
            await copy(self._header.app, dashboard_link(state))
        self._status.notice("The link was sent to your terminal's clipboard")

    async def toggle_dev_server(self) -> None:
        """Start the dev server, or stop it."""
        workspace = self._connected()
        if workspace.dev_server.armed:
            await workspace.dev_server.stop()
        else:
            await workspace.dev_server.start()

    async def push_now(self) -> None:
        await self._connected().dev_server.push()

    async def open_dashboard(self) -> None:
        """Open the dashboard, or show and copy its link where no browser can be opened."""
        workspace = self._connected()
        await workspace.backend.target()  # an emulated one is started for it
        state = workspace.backend.state
        assert isinstance(state, Connected)
        self._note = await open_link(self._header.app, dashboard_link(state))
        if self._dialog is None:
            self._header.app.notify(self._note, title="Convex Dashboard", timeout=15)
        self._refresh()

    async def disconnect(self) -> None:
        """Ask how, then disconnect; every step shows."""
        workspace = self._connected()
        state = workspace.backend.state
        assert isinstance(state, Connected)
        how = await ask_how(self._header.app, state)
        if how is None:
            return
        self._disconnecting = []
        self._refresh()
        try:
            await workspace.dev_server.stop()
            # The dialog lets nobody delete a Convex project without typing its name.
            typed = state.project if how == "delete-project" else ""
            steps = await workspace.backend.disconnect(how, typed_name=typed)
        finally:
            self._disconnecting = None
            self._refresh()
        failed = [step for step in steps if not step.ok]
        if failed:
            said = "\n".join(f"✗ {step.title}: {step.reason}" for step in failed)
            self._header.app.notify(
                said, title="Not everything could be undone", severity="error", timeout=20
            )
        else:
            self._status.notice("Disconnected. The code stays.")

    # --- inside --------------------------------------------------------------------------------------

    def _connected(self) -> Workspace:
        if self._workspace is None or not isinstance(self._workspace.backend.state, Connected):
            raise NotConnectedYet
        return self._workspace

    def _wish(self, wish: Wish) -> None:
        """What the user wants in the dialog."""
        match wish:
            case Connect(way=way):
                self._do(self.connect(way))
            case Paste(text=text):
                self.pasted(text)
            case "cancel":
                self.cancel()
            case "approve":
                self.approve()
            case "copy":
                self._do(self.copy())
            case "dashboard":
                self._do(self.open_dashboard())
            case "dev-server":
                self._do(self.toggle_dev_server())
            case "push":
                self._do(self.push_now())
            case "disconnect":
                self._do(self.disconnect())

    def _dialog_closed(self, _: None) -> None:
        self._dialog = None

    def _link_not_opened(self, link: str) -> None:
        self._do(self.copy())

    def _backend_changed(self, what: Connection | StepDone) -> None:
        if isinstance(what, StepDone):
            if self._disconnecting is not None:
                mark = "✓" if what.step.ok else "✗"
                self._disconnecting.append(f"{mark} {what.step.title}")
        else:
            self._header.show_backend(*header_label(what, live=self._connecting is not None))
            text = f"Convex: {what.backend}" if isinstance(what, Connected) else "Convex: not connected"
            self._status.show("convex", text)
            if not isinstance(what, Connected):
                self._status.show("dev server", "")
        self._refresh()

    def _dev_server_changed(self, what: DevServerState | DevServerEvent) -> None:
        if isinstance(what, PushFinished):
            self._on_pushed(what.push)
        elif isinstance(what, DevServerState):
            if self._workspace is not None and isinstance(self._workspace.backend.state, Connected):
                self._status.show("dev server", *dev_server_segment(what))
            self._refresh()

    def _refresh(self) -> None:
        if self._dialog is not None and self._workspace is not None:
            self._do(self._dialog.show(self._view(self._workspace)))

    def _view(self, workspace: Workspace) -> BackendView:
        state = workspace.backend.state
        if self._disconnecting is not None:
            return DisconnectingView(tuple(self._disconnecting))
        if self._connecting is not None:
            shown = self._sign_in.shown if self._sign_in is not None else None
            step = state if isinstance(state, Connecting) else None
            return connecting_view(
                step, shown, can_approve=self._methods["emulator"] is self._method_in_use()
            )
        if isinstance(state, Connected):
            note = _sentence(self._problem) if self._problem else self._note
            return connected_view(state, workspace.dev_server.state, note)
        return not_connected_view(state, as_ways(self._methods), self._problem)

    def _method_in_use(self) -> object:
        return self._sign_in.method if self._sign_in is not None else None


def _sentence(problem: VibeError) -> str:
    return f"{problem.message} {problem.next_step}".rstrip()
