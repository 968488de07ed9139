"""Links to pages outside: opened in a browser where there is one, otherwise shown and copied."""

from __future__ import annotations

from typing import Any

from textual.app import App

from vibe_tui.screens.clipboard import copy
from vibe_tui.services.browser import open_browser
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected

_EMULATED = ("data", "functions", "logs")
"""What the emulator's dashboard has pages for; its overview has the rest."""


class NoDashboard(VibeError):
    code = "no_dashboard"

    def __init__(self) -> None:
        super().__init__(
            "A backend of your own has its dashboard where you put it.",
            next_step="Open it there, with the admin key.",
        )


def dashboard_link(connection: Connected, path: str = "") -> str:
    """Into the deployment's dashboard. path: below its page, e.g. "data?table=messages".

    Raises NoDashboard. Source: the links of Convex's dashboard, `/d/<deployment>/<path>`.
    """
    if not connection.dashboard_url:
        raise NoDashboard
    if connection.backend == "emulator":
        page, _, query = path.partition("?")
        path = page if page in _EMULATED else ""
        if path == "data" and query.startswith("table="):
            path += f"#{query.removeprefix('table=')}"
    return f"{connection.dashboard_url}/{path}" if path else connection.dashboard_url


async def open_link(app: App[Any], link: str) -> str:
    """Open the dashboard in the browser, or copy its link; what to tell the user about it."""
    if await open_browser(link):
        return "The dashboard was opened in your browser."
    await copy(app, link)
    return f"{link}\nThis link was sent to your terminal's clipboard."
