"""The sandbox on the page: its segment of the status bar, what it tells, and moving the project."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.services.model import Connected
from vibe_tui.services.moving import move
from vibe_tui.services.sandbox.leftovers import Leftover, Leftovers
from vibe_tui.services.sandbox.mirror_events import KeptBoth, MirrorEvent, NotMirrored, NotRemoved
from vibe_tui.services.sandbox.price import hourly
from vibe_tui.services.sandbox.state import SandboxState
from vibe_tui.services.terminal_text import visible
from vibe_tui.services.workspace import Workspace
from vibe_tui.widgets.status_bar import Tone

if TYPE_CHECKING:
    from vibe_tui.screens.project.screen import ProjectScreen
    from vibe_tui.services.paths import Home

_PAUSE = "pause_sandbox"
_MOVE_THERE = (
    "The project's files are copied to an E2B cloud sandbox, where its commands run from now on. Everything "
    "stays on this computer as well, and changes go both ways at once.\n\n"
    "Never copied: .env files, keys and certificates, .git, node_modules and what git ignores.\n"
    "It needs an E2B account (E2B_API_KEY, or vibe-tui sandbox key). A running sandbox costs money; leaving "
    "the page pauses it."
)
_OUT_OF_REACH = (
    "\n\nThis project's Convex runs on this computer, where a sandbox at E2B cannot reach it: connect to "
    "Convex cloud or to a self-hosted backend then."
)
_MOVE_HERE = (
    "The project's commands run on this computer from now on. The sandbox is ended; what was changed in it "
    "is brought here first."
)


class SandboxPresenter:
    """`attach` gives it the workspace; its commands answer the user's actions."""

    def __init__(self, screen: ProjectScreen, home: Home) -> None:
        self._screen = screen
        self._home = home
        self._workspace: Workspace | None = None

    def attach(self, workspace: Workspace) -> Callable[[], None]:
        """Follow `workspace`; returns what ends that."""
        self._workspace = workspace
        self._screen.set_enabled(workspace.mirrored is not None, _PAUSE)
        if workspace.mirrored is None:
            self._screen.status.show("sandbox", "this computer")
            return lambda: None
        return workspace.mirrored.subscribe(self._take)

    def _take(self, what: SandboxState | MirrorEvent) -> None:
        match what:
            case SandboxState():
                self._screen.status.show("sandbox", *segment(what))
            case KeptBoth(path=path, copy=copy):
                self._warn(
                    f"{visible(path)} was changed here and in the sandbox. Yours stays; the sandbox's "
                    f"version is {visible(copy)}."
                )
            case NotRemoved(count=count):
                self._warn(f"{count} files were gone in the sandbox at once; they were put back there.")
            case NotMirrored(path=path, reason=reason):
                self._warn(f"{visible(path)} was not brought from the sandbox: {visible(reason)}")

    def _warn(self, text: str) -> None:
        self._screen.app.notify(text, severity="warning", timeout=15)

    # --- commands ------------------------------------------------------------------------------------

    async def move(self) -> None:
        """Move the project to E2B, or to this computer; asks first."""
        workspace = self._workspace
        if workspace is None:
            return
        here = workspace.mirrored is None
        title, body = ("Move to E2B", _MOVE_THERE) if here else ("Move to this computer", _MOVE_HERE)
        connection = workspace.backend.state
        if here and isinstance(connection, Connected) and connection.backend in ("emulator", "local-backend"):
            body += _OUT_OF_REACH
        dialog = ConfirmDialog(title, body, [Option("cancel", "Cancel", "safe"), Option("move", title)])
        if await self._screen.app.push_screen_wait(dialog) != "move":
            return
        self._screen.status.show("sandbox", "moving", "busy")
        try:
            project, left = await move(self._home, workspace, "e2b" if here else "local")
        except BaseException:
            self._screen.status.show("sandbox", "this computer" if here else "E2B")
            raise
        if left:
            self._warn(left)
        self._screen.reopen(project)

    async def pause(self) -> None:
        """Freeze the sandbox; it comes back by itself."""
        if self._workspace is not None and self._workspace.mirrored is not None:
            await self._workspace.dev_server.stop()
            await self._workspace.mirrored.pause()

    async def leftovers(self) -> None:
        """Ask about each sandbox of ours that no project uses: adopt, pause or end it?"""
        workspace = self._workspace
        if workspace is None or workspace.cloud is None:
            return
        leftovers = Leftovers(workspace.cloud, self._home)
        found = await leftovers.all()
        if not found:
            self._screen.app.notify("No sandbox is left over.")
        for one in found:
            match await self._screen.app.push_screen_wait(_question(one)):
                case "adopt":
                    await leftovers.adopt(one.info.id)
                case "pause":
                    await leftovers.pause(one.info.id)
                case "kill":
                    await leftovers.kill(one.info.id)
                case None:
                    return


def segment(state: SandboxState) -> tuple[str, Tone]:
    """The status bar's words for it."""
    match state.status:
        case "here":
            return "this computer", "plain"
        case "off":
            return "E2B: not running", "plain"
        case "creating" | "waking":
            done = f" {state.sending[0]:,} of {state.sending[1]:,} files" if state.sending else ""
            return f"E2B: {state.status}{done}", "busy"
        case "running":
            if state.sending:
                return f"E2B: sending {state.sending[0]:,} of {state.sending[1]:,} files", "busy"
            until = time.strftime(" until %H:%M", time.localtime(state.ends)) if state.ends else ""
            return f"E2B: running{until}", "good"
        case "paused":
            return "E2B: paused", "plain"
        case "reconnecting":
            return "E2B: reconnecting", "busy"
        case "gone":
            return "E2B: gone, made anew when needed", "bad"
    return f"E2B: {state.reason}", "bad"


def _question(one: Leftover) -> ConfirmDialog:
    price = hourly(one.info.cpus, one.info.memory_mb)
    cost = f", about ${price:.2f} an hour" if price is not None and one.info.state == "running" else ""
    whose = f"It was made for {visible(one.project.name)}." if one.project else "Its project is not here."
    options = [Option("leave", "Leave it", "safe")]
    if one.can_be_adopted:
        options.append(Option("adopt", "Use it again"))
    if one.info.state == "running":
        options.append(Option("pause", "Pause it"))
    options.append(Option("kill", "End it", "danger"))
    body = (
        f"Sandbox {visible(one.info.id)} is {one.info.state}{cost}. {whose}\n\nEnding it deletes its files."
    )
    return ConfirmDialog("A sandbox is left over", body, options)
