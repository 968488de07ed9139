"""The Backend screen with plain data in its tabs, without a deployment."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot
from textual.widget import Widget

from vibe_tui.screens.dashboard import screen as dashboard_screen
from vibe_tui.screens.dashboard.data_pane import DataPane, TableItem
from vibe_tui.screens.dashboard.data_rows import row_of
from vibe_tui.screens.dashboard.environment_pane import EnvironmentPane
from vibe_tui.screens.dashboard.health_pane import HealthPane
from vibe_tui.services.convex.deployment_data import Document
from vibe_tui.services.convex.health_report import Row, SchemaLine
from vibe_tui.services.model import Connected, Project
from vibe_tui.services.paths import Home
from vibe_tui.services.settings import Settings


class NoWishes:
    """Whatever the user does, nothing happens."""

    def __getattr__(self, name: str) -> Any:
        return lambda *given: False


class NobodyThere:
    async def run(self) -> None:
        """Nothing changes."""


class StillBackend(dashboard_screen.DashboardScreen):
    """The screen at one tab, with this pane, and nobody to ask for more."""

    def __init__(self, home: Home, project: Project, connection: Connected, tab: str, pane: Widget) -> None:
        super().__init__(home, Settings(), project, connection)
        self._open = tab
        self._pane = pane
        self._reaching = NobodyThere()  # type: ignore[assignment]  # nothing is asked of a deployment

    async def _make(self, id_: str) -> Any:
        await self._panes.mount(self._pane)


def data_pane() -> DataPane:
    return DataPane(NoWishes())


async def fill_data(pilot: Pilot[Any], hostile: str) -> None:
    pane = pilot.app.screen.query_one(DataPane)
    pane.show_tables(
        [TableItem("messages", 1204), TableItem(hostile, 3), TableItem("users", None)], "messages"
    )
    pane.show_message("")
    pane.show_status("row 1 of 1,204")
    bodies = ("Good morning", hostile, "word " * 40, "")
    rows = [
        row_of(
            Document(
                f"k{number:031}", 0, {"_id": f"k{number:031}", "author": "Ann", "body": body, "stars": number}
            )
        )
        for number, body in enumerate(bodies * 15)
    ]
    pane.table.show(0, rows, 1204, more=True)
    pane.focus_documents()


async def fill_environment(pilot: Pilot[Any], hostile: str) -> None:
    pane = pilot.app.screen.query_one(EnvironmentPane)
    pane.show(("AUTH_GOOGLE_ID", "JWT_PRIVATE_KEY", "SITE_URL", hostile), "")
    pane.show_auth("AUTH_GOOGLE_SECRET is missing", "bad")
    pane.focus()


async def fill_health(pilot: Pilot[Any], hostile: str) -> None:
    pane = pilot.app.screen.query_one(HealthPane)
    pane.show_rows([Row("Deployment", "quiet-otter-123 (dev)"), Row("Last push", "by Convex CLI 1.48.0")])
    pane.show_dev_server(Row("Dev server", "✗ push failed: a type error"))
    pane.show_schema(
        "Pushing convex/schema.ts would change:",
        (SchemaLine("~", 0, "messages"), SchemaLine("+", 1, "body: string"), SchemaLine("-", 0, "old")),
    )


def environment_pane() -> EnvironmentPane:
    return EnvironmentPane(NoWishes())


def health_pane() -> HealthPane:
    return HealthPane()
