"""The project list, fed from the index: what `vibe-tui` alone opens."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on

from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.screens.projects import ProjectRow, ProjectsScreen
from vibe_tui.screens.prompt import PromptDialog
from vibe_tui.services.convex.journal import JournalFile, connection_of
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected, NotConnected, Project, SandboxKind
from vibe_tui.services.projects import Projects

if TYPE_CHECKING:
    from vibe_tui.services.paths import Home
    from vibe_tui.services.settings import Settings


class ProjectListScreen(ProjectsScreen):
    """Opens the chosen project's page on top of itself."""

    def __init__(self, home: Home, settings: Settings) -> None:
        super().__init__()
        self._home = home
        self._settings = settings
        self._projects = Projects(home)

    def on_mount(self) -> None:
        super().on_mount()
        self._do(self._list())

    def on_screen_resume(self) -> None:
        self._do(self._list())

    async def _list(self) -> None:
        self.show(await asyncio.to_thread(lambda: [self._row(project) for project in self._projects.all()]))

    def _row(self, project: Project) -> ProjectRow:
        problem = "" if project.folder.is_dir() else "folder not found"
        connection = connection_of(JournalFile(self._projects.document(project.id)).read())
        backend = "Connecting was not finished"
        if isinstance(connection, Connected):
            backend = f"Convex Connected ({connection.backend})"
        elif isinstance(connection, NotConnected):
            backend = ""
        return ProjectRow(project.id, project.name, str(project.folder), backend, problem)

    @on(ProjectsScreen.ProjectChosen)
    def _chosen(self, event: ProjectsScreen.ProjectChosen) -> None:
        self._do(self._open(event.id))

    @on(ProjectsScreen.CreateRequested)
    def _create_requested(self) -> None:
        self._do(self._create())

    @on(ProjectsScreen.FolderRequested)
    def _folder_requested(self) -> None:
        self._do(self._adopt())

    async def _open(self, project_id: str) -> None:
        project = await asyncio.to_thread(self._projects.get, project_id)
        self._show(await asyncio.to_thread(self._projects.find, project.id, project.folder))

    async def _create(self) -> None:
        name = await self.app.push_screen_wait(
            PromptDialog(
                "New project", "An Expo app that can be connected to Convex. Its name:", accept="Next"
            )
        )
        if name is None:
            return
        suggestion = str(await asyncio.to_thread(lambda: Path.cwd() / name))
        folder: str | None = await self.app.push_screen_wait(
            PromptDialog("New project", "The folder it is made in:", value=suggestion, accept="Next")
        )
        if folder is None:
            return
        where = await self.app.push_screen_wait(_where())
        if where is not None:
            sandbox: SandboxKind = "e2b" if where == "e2b" else "local"
            make = partial(self._projects.new_from_template, name, _absolute(folder), sandbox=sandbox)
            self._show(await asyncio.to_thread(make))

    async def _adopt(self) -> None:
        folder: str | None = await self.app.push_screen_wait(
            PromptDialog("Open folder", "Any folder with an app in it:", accept="Open it")
        )
        if folder is not None:
            self._show(await asyncio.to_thread(self._projects.adopt, _absolute(folder)))

    def _show(self, project: Project) -> None:
        from vibe_tui.screens.project.screen import ProjectScreen

        # Pushed: Textual cannot switch away from the screen that a mode began with.
        self.app.push_screen(ProjectScreen(self._home, self._settings, project))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        self.run_worker(self._guarded(work), exclusive=False)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except VibeError as problem:
            message = f"{problem.message}\n{problem.next_step}".rstrip()
            self.app.notify(message, severity="error", timeout=12)


def _where() -> ConfirmDialog:
    return ConfirmDialog(
        "New project",
        "Where do its commands run?\n\n"
        "This computer: nothing more is needed.\n"
        "E2B: in a cloud sandbox of your E2B account (E2B_API_KEY). The files stay here as well. It cannot "
        "reach the emulated Convex on this computer: use Convex cloud or a self-hosted backend with it.",
        [Option("local", "This computer", "safe"), Option("e2b", "E2B sandbox")],
    )


def _absolute(text: str) -> Path:
    return Path(text).expanduser().absolute()
