"""Opening the Backend screen from the project page, and what follows when it is left."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.services.convex.backend import NotConnectedYet
from vibe_tui.services.convex.reach import stored_connection
from vibe_tui.services.model import Connected
from vibe_tui.services.paths import Home
from vibe_tui.services.settings import Settings

if TYPE_CHECKING:
    from vibe_tui.screens.dashboard.screen import Leaving
    from vibe_tui.screens.project.screen import ProjectScreen

_NOT_CONNECTED = (
    "The project is not connected to Convex, so there is no data to look at yet.\n\n"
    "Connecting gives it a database, functions and auth; it needs no account."
)


async def open_backend_screen(page: ProjectScreen, home: Home, settings: Settings) -> None:
    """Also while somebody else has the project open. Raises NotConnectedYet and store errors."""
    connection = await stored_connection(home, settings, page.project)
    if not isinstance(connection, Connected):
        await _offer_to_connect(page)
        return
    await asyncio.to_thread(import_module, "vibe_tui.screens.dashboard.screen")
    from vibe_tui.screens.dashboard.screen import DashboardScreen, OpenFile, SignIn

    async def left(how: Leaving | None) -> None:
        match how:
            case OpenFile(path=path, line=line):
                page.open_file(path, line)
            case SignIn():
                await _show_connection(page)

    if page.is_current:  # the key was pressed once more
        page.app.push_screen(DashboardScreen(home, settings, page.project, connection), left)


async def _offer_to_connect(page: ProjectScreen) -> None:
    if not page.is_enabled("connect_backend"):
        raise NotConnectedYet
    options = [Option("later", "Not now", "safe"), Option("connect", "Connect Backend")]
    if await page.app.push_screen_wait(ConfirmDialog("Backend", _NOT_CONNECTED, options)) == "connect":
        await _show_connection(page)


async def _show_connection(page: ProjectScreen) -> None:
    if page.is_enabled("connect_backend"):
        await page.action_perform("connect_backend")
