"""What the Backend screen and its tabs know of each other."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any, Protocol, TypeVar

from textual.widget import Widget

from vibe_tui.action_host import Handler
from vibe_tui.actions import Context
from vibe_tui.screens.dialog import Dialog
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.model import Connected, Project
from vibe_tui.services.paths import Home
from vibe_tui.services.settings import Settings
from vibe_tui.widgets.status_bar import Tone

Result = TypeVar("Result")


class Host(Protocol):
    """What the screen does for a tab's presenter."""

    @property
    def project(self) -> Project: ...

    @property
    def home(self) -> Home: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def connection(self) -> Connected:
        """Where the deployment is."""

    @property
    def api(self) -> DeploymentApi:
        """The deployment, reachable while tabs are shown."""

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it beside the page; a VibeError it raises is shown in the tab's note row."""

    def notice(self, text: str, tone: Tone = "plain") -> None:
        """Say something for a few seconds in the screen's bottom row."""

    async def ask(self, dialog: Dialog[Result]) -> Result | None:
        """Show a dialog and wait for its answer; None when it was left."""

    async def copy(self, text: str) -> None:
        """Send it to the terminal's clipboard, and say so."""

    def open_file(self, path: str, line: int | None) -> None:
        """Go back to the project page and show this place of the project's code."""


class Tab(Protocol):
    """One tab: its presenter, made once with its Host; the pane is the widget it fills.

    A pane never calls a service; the presenter does, and hands it plain data.
    """

    title: str
    context: Context
    """Where the actions of this tab work."""
    handlers: Mapping[str, Handler]
    """What the tab does for the actions of its context, by the action's id."""

    @property
    def pane(self) -> Widget: ...

    def shown(self) -> None:
        """It came on the screen and the deployment answers: load what is old or missing."""

    def hidden(self) -> None:
        """Another tab is shown, or the screen closes: stop what runs."""

    def dashboard_path(self) -> str:
        """Of what is shown, below the deployment's page in Convex's dashboard, e.g. "data?table=messages"."""
