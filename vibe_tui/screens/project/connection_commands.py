"""What can be done with a connection: its dev server, its dashboard, disconnecting."""

from __future__ import annotations

from collections.abc import Callable

from vibe_tui.screens.clipboard import copy
from vibe_tui.screens.links import NoDashboard, dashboard_link, open_link
from vibe_tui.screens.project.disconnect_questions import ask_how
from vibe_tui.services.convex.backend import NotConnectedYet, StepDone
from vibe_tui.services.model import Connected
from vibe_tui.services.workspace import Workspace
from vibe_tui.widgets.header_bar import HeaderBar
from vibe_tui.widgets.status_bar import StatusBar


class ConnectionCommands:
    """on_change: called when `disconnecting` changed."""

    def __init__(self, header: HeaderBar, status: StatusBar, on_change: Callable[[], None]) -> None:
        self._header = header
        self._status = status
        self._on_change = on_change
        self._workspace: Workspace | None = None
        self.disconnecting: list[str] | None = None
        """What was undone so far, a line each; None: nothing is being undone."""

    def attach(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def toggle_dev_server(self) -> None:
        """Start the dev server, or stop it."""
        workspace = self._connected()
        if workspace.dev_server.armed:
            await workspace.dev_server.stop()
        else:
            await workspace.dev_server.start()

    async def push_now(self) -> None:
        await self._connected().dev_server.push()

    async def open_dashboard(self) -> str:
        """Open the dashboard, or copy its link where no browser can be opened; what to tell about it."""
        workspace = self._connected()
        await workspace.backend.target()  # an emulated one is started for it
        state = workspace.backend.state
        assert isinstance(state, Connected)
        return await open_link(self._header.app, dashboard_link(state))

    async def copy_link(self, sign_in_link: str) -> None:
        """Copy the link that is on show: the sign-in's, or the dashboard's."""
        state = self._workspace.backend.state if self._workspace else None
        if sign_in_link:
            await copy(self._header.app, sign_in_link)
        elif isinstance(state, Connected):
            if not state.dashboard_url:
                raise NoDashboard
            await copy(self._header.app, state.dashboard_url)
        self._status.notice("The link was sent to your terminal's clipboard")

    async def disconnect(self) -> None:
        """Ask how, then disconnect, also what is connected half way only; every step shows."""
        workspace = self._workspace
        begun = await workspace.backend.begun() if workspace is not None else None
        if workspace is None or begun is None:
            raise NotConnectedYet
        how = await ask_how(self._header.app, begun)
        if how is None:
            return
        self.disconnecting = []
        self._on_change()
        try:
            await workspace.dev_server.stop()
            # The dialog lets nobody delete a Convex project without typing its name.
            typed = begun.project if how == "delete-project" else ""
            steps = await workspace.backend.disconnect(how, typed_name=typed)
        finally:
            self.disconnecting = None
            self._on_change()
        failed = [step for step in steps if not step.ok]
        if failed:
            said = "\n".join(f"✗ {step.title}: {step.reason}" for step in failed)
            self._header.app.notify(
                said, title="Not everything could be undone", severity="error", timeout=20
            )
        else:
            self._status.notice("Disconnected. The code stays.")

    def step_done(self, what: StepDone) -> None:
        if self.disconnecting is not None:
            self.disconnecting.append(f"{'✓' if what.step.ok else '✗'} {what.step.title}")

    def _connected(self) -> Workspace:
        if self._workspace is None or not isinstance(self._workspace.backend.state, Connected):
            raise NotConnectedYet
        return self._workspace
