"""The presenters of the project page together, and what concerns more than one pane."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from vibe_tui.screens.clipboard import copy
from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.screens.dashboard.opening import open_backend_screen
from vibe_tui.screens.project.backend_presenter import BackendPresenter
from vibe_tui.screens.project.chat_presenter import ChatPage, ChatPresenter
from vibe_tui.screens.project.download import download
from vibe_tui.screens.project.editor_presenter import EditorPresenter
from vibe_tui.screens.project.files_presenter import FilesPresenter
from vibe_tui.screens.project.history import show_history, undo_turn
from vibe_tui.screens.project.log_presenter import LogPresenter, place_in
from vibe_tui.screens.project.production import deploy_production
from vibe_tui.screens.project.sandbox_presenter import SandboxPresenter
from vibe_tui.services.errors import VibeError
from vibe_tui.services.lease import ProjectHeld
from vibe_tui.services.project_files import ProjectFiles
from vibe_tui.services.prompt_history import PromptHistory
from vibe_tui.services.working_tree import WorkingTree
from vibe_tui.services.workspace import Workspace

if TYPE_CHECKING:
    from vibe_tui.screens.project.screen import ProjectScreen
    from vibe_tui.services.paths import Home
    from vibe_tui.services.settings import Settings

PUBLISH = (
    "Publishing will build the app and hand it to a target: the web, an app store, or your own server. "
    "It comes in a later version.\n\n"
    "Until then, Download gives you everything as a zip, and the app's README says how to build it."
)


class Presenters:
    """Made when the services are loaded, after the first paint."""

    def __init__(self, screen: ProjectScreen, home: Home) -> None:
        self._screen = screen
        self._marked: set[str] = set()
        self.files = FilesPresenter(screen.file_tree, self.do)
        self.editor = EditorPresenter(screen.editor, self.do, self.files.also_follow)
        self.log = LogPresenter({"convex": screen.logs.active})
        page = ChatPage(screen.open_file, screen.perform, self.copy, self._written, self._assistant)
        prompts = PromptHistory(home.prompts(screen.project.id))
        self.chat = ChatPresenter(screen.chat, self.do, page, prompts)
        self.backend = BackendPresenter(screen.header, screen.status, self.do, screen.pushed)
        self.sandbox = SandboxPresenter(screen, home)
        self._workspace: Workspace | None = None
        self._read_only: ProjectFiles | None = None
        self._detach_reading: list[Callable[[], None]] = []

    # --- the workspace -------------------------------------------------------------------------------

    def attach(self, workspace: Workspace) -> Callable[[], None]:
        """Let every pane follow the workspace; returns what ends that."""
        self._stop_reading()
        self._workspace = workspace
        ends = [
            self.files.attach(workspace.files),
            self.editor.attach(workspace.files),
            self.log.attach(workspace),
            self.chat.attach(workspace),
            *self.backend.attach(workspace),
            self.sandbox.attach(workspace),
        ]

        def detach() -> None:
            for end in ends:
                end()

        return detach

    def show_held(self, held: ProjectHeld) -> None:
        """Somebody else has the project open: its files can be read meanwhile."""
        if self._read_only is None:
            self._read_only = files = ProjectFiles(WorkingTree(self._screen.project.folder))
            self._detach_reading = [self.files.attach(files), self.editor.attach(files)]
            self._screen.app.notify(
                f"{held.message} You can read here; it opens by itself when it is free.",
                severity="warning",
                timeout=15,
            )
        where = f"read only: open in {held.holder.command}, process {held.holder.pid}" if held.holder else ""
        self._screen.status.show("convex", where or "read only: open elsewhere", "bad")

    def _stop_reading(self) -> None:
        for end in self._detach_reading:
            end()
        if self._read_only is not None:
            self.do(self._read_only.close())
        self._read_only, self._detach_reading = None, []

    # --- running things ------------------------------------------------------------------------------

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the page; its expected failures are shown. A page that closes starts nothing."""
        if self._screen.app.is_running and self._screen.is_attached:
            self._screen.run_worker(self._guarded(work), exclusive=False)
        else:
            work.close()

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except VibeError as problem:
            self.show_error(problem)

    def show_error(self, problem: VibeError) -> None:
        if self.backend.show_problem(problem):
            return  # the dialog says it
        message = f"{problem.message}\n{problem.next_step}".rstrip()
        self._screen.app.notify(message, severity="error", timeout=12)

    # --- more than one pane --------------------------------------------------------------------------

    async def open_file(self, path: str, line: int | None = None) -> None:
        await self.editor.open(path, line)
        self._screen.panes.show("editor")
        self._screen.editor.focus()

    async def open_line(self, text: str) -> None:
        """A log line was chosen: open the place it names."""
        place = place_in(text)
        if place is None:
            self._screen.status.notice("This line names no file")
        else:
            await self.open_file(*place)

    async def copy(self, text: str) -> None:
        await copy(self._screen.app, text)
        self._screen.status.notice("Copied: sent to your terminal's clipboard")

    async def close_file(self, path: str) -> None:
        """A file with unsaved edits is to be closed."""
        answer = await self._screen.app.push_screen_wait(
            ConfirmDialog(
                "Unsaved changes",
                f"{path} has changes that are not saved.",
                [Option("keep", "Keep editing", "safe"), Option("discard", "Close without saving", "danger")],
            )
        )
        if answer == "discard":
            self._screen.editor.close(path, discard=True)

    async def quit(self) -> None:
        unsaved = self._screen.editor.modified()
        if unsaved:
            answer = await self._screen.app.push_screen_wait(
                ConfirmDialog(
                    "Quit",
                    "Not saved: " + ", ".join(unsaved),
                    [Option("stay", "Stay", "safe"), Option("quit", "Quit without saving", "danger")],
                )
            )
            if answer != "quit":
                return
        self._screen.app.exit()

    async def deploy_production(self) -> None:
        if self._workspace is not None:
            await deploy_production(self._screen, self._workspace)

    async def undo_turn(self) -> None:
        if self._workspace is not None:
            await undo_turn(self._screen, self._workspace)

    async def history(self) -> None:
        if self._workspace is not None:
            await show_history(self._screen, self._workspace)

    async def download(self) -> None:
        await download(self._screen)

    async def look_into_backend(self, home: Home, settings: Settings) -> None:
        await open_backend_screen(self._screen, home, settings)

    async def publish(self) -> None:
        await self._screen.app.push_screen_wait(
            ConfirmDialog("Publish App", PUBLISH, [Option("close", "Close", "safe")])
        )

    def _assistant(self, name: str) -> None:
        self._screen.status.show("assistant", f"assistant: {_short(name)}")

    def _written(self, path: str) -> None:
        self._marked.add(path)
        self._screen.file_tree.mark(self._marked)


def _short(assistant: str) -> str:
    return assistant.partition(" (")[0].lower()
