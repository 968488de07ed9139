"""What one tab may ask of the Backend screen (see tab.Host)."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from vibe_tui.screens.clipboard import copy
from vibe_tui.screens.dashboard.covers import sentence
from vibe_tui.screens.dialog import Dialog
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.deployment_http import KeyRefused
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http_errors import ConnectionLost, HostUnreachable, TimedOut
from vibe_tui.services.model import Connected, Project
from vibe_tui.services.paths import Home
from vibe_tui.services.settings import Settings
from vibe_tui.widgets.status_bar import Tone

if TYPE_CHECKING:
    from vibe_tui.screens.dashboard.screen import DashboardScreen

Result = TypeVar("Result")
_DOUBTS = (HostUnreachable, ConnectionLost, TimedOut, KeyRefused)
"""After these it is worth a look whether the deployment still answers."""


class TabHost:
    def __init__(self, screen: DashboardScreen) -> None:
        self._screen = screen
        self.problem = ""
        """What went wrong in the tab last, until something goes right."""

    @property
    def project(self) -> Project:
        return self._screen.project

    @property
    def home(self) -> Home:
        return self._screen.home

    @property
    def settings(self) -> Settings:
        return self._screen.settings

    @property
    def connection(self) -> Connected:
        return self._screen.connection

    @property
    def api(self) -> DeploymentApi:
        return self._screen.api

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        if self._screen.app.is_running and self._screen.is_attached:
            self._screen.run_worker(self._guarded(work), exclusive=False)
        else:
            work.close()

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        before = self.problem
        try:
            await work
        except VibeError as problem:
            self._show(sentence(problem))
            if isinstance(problem, _DOUBTS):
                self._screen.try_now()
        else:
            if self.problem == before:
                self._show("")

    def _show(self, problem: str) -> None:
        self.problem = problem
        self._screen.problem_changed(self)

    def notice(self, text: str, tone: Tone = "plain") -> None:
        self._screen.note.notice(text, tone)

    async def ask(self, dialog: Dialog[Result]) -> Result | None:
        return await self._screen.app.push_screen_wait(dialog)

    async def copy(self, text: str) -> None:
        await copy(self._screen.app, text)
        self.notice("Copied: sent to your terminal's clipboard")

    def open_file(self, path: str, line: int | None) -> None:
        self._screen.open_file(path, line)
