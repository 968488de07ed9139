"""The Health tab: how the deployment stands, and what pushing the schema would change in it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from vibe_tui.action_host import Handler
from vibe_tui.actions import Context
from vibe_tui.screens.dashboard.health_pane import HealthPane
from vibe_tui.screens.dashboard.stoppable import Stoppable
from vibe_tui.screens.dashboard.tab import Host
from vibe_tui.services.convex.health_report import (
    deployment_rows,
    dev_server_row,
    schema_lines,
    schema_title,
)
from vibe_tui.services.convex.local_schema import SchemaBroken
from vibe_tui.services.convex.project_health import DevServerSeen, compare_schema, dev_server_seen
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http_errors import HttpError

LOOK_SECONDS = 2.0
"""How often it is looked whether the dev server runs and has pushed."""


class HealthTab:
    title = "Health"
    context: Context = "health"

    def __init__(self, host: Host) -> None:
        self._host = host
        self._told = False
        self._place: tuple[str, int | None] | None = None
        self._loading = Stoppable(host)
        self._watching = Stoppable(host)
        self.pane = HealthPane()
        self.handlers: Mapping[str, Handler] = {
            "health_refresh": self._load,
            "health_open": self.open_schema,
        }

    def shown(self) -> None:
        self._load()
        self._watching.start(self._watch(), lambda: None)

    def hidden(self) -> None:
        self._loading.stop()
        self._watching.stop()

    def dashboard_path(self) -> str:
        return ""

    def open_schema(self) -> None:
        """At what is wrong with it, if something is."""
        if self._place is None:
            self._host.notice("There is no schema file to open.")
        else:
            self._host.open_file(*self._place)

    # --- the deployment and the schema ---------------------------------------------------------------

    def _load(self) -> None:
        if not self._told:
            self.pane.say("Asking the deployment")
            self.pane.say_of_schema("Comparing the schema")
        self._loading.start(self._ask(), lambda: None)

    async def _ask(self) -> None:
        try:
            health = await self._host.api.health()
        except VibeError:
            if not self._told:
                self.pane.say("The deployment did not tell how it is.")
                self.pane.say_of_schema("Not compared.")
            raise
        self.pane.show_rows(deployment_rows(self._host.connection, health))
        self._told = True
        await self._compare()

    async def _compare(self) -> None:
        host = self._host
        self._place = None
        try:
            diff = await compare_schema(host.api, host.home, host.settings, host.project)
        except HttpError:
            self.pane.say_of_schema("Not compared: the deployment did not tell its schema.")
            raise
        except VibeError as problem:
            if isinstance(problem, SchemaBroken):
                self._place = problem.problem.file, problem.problem.line or None
            self.pane.show_schema_problem(problem.message, problem.next_step)
        else:
            self._place = (diff.file, None) if diff.file else None
            self.pane.show_schema(schema_title(diff), schema_lines(diff))

    # --- the dev server ------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Follow the dev server; after a push everything here may be different."""
        seen = await self._look()
        while True:
            pushed_at = seen.pushed_at if seen else ""
            await asyncio.sleep(LOOK_SECONDS)
            seen = await self._look()
            if seen and seen.pushed_at != pushed_at:
                self._load()

    async def _look(self) -> DevServerSeen | None:
        seen = await asyncio.to_thread(dev_server_seen, self._host.home, self._host.project)
        self.pane.show_dev_server(dev_server_row(seen))
        return seen
