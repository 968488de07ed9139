"""The project page: lays the panes out, opens the workspace behind the first paint, passes messages on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.screen import Screen

from vibe_tui.action_host import ActionHost, hosts_of
from vibe_tui.actions import Context, bindings
from vibe_tui.screens.project.layout import make_panes
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Problem, Project, Push
from vibe_tui.widgets.chat import messages
from vibe_tui.widgets.chat.panel import ChatPanel
from vibe_tui.widgets.code_editor import CodeEditor
from vibe_tui.widgets.file_tree import Entry, FileTree
from vibe_tui.widgets.header_bar import HeaderBar
from vibe_tui.widgets.key_bar import KeyBar
from vibe_tui.widgets.log_tabs import LogTabs
from vibe_tui.widgets.log_view import LogView
from vibe_tui.widgets.panes import Direction
from vibe_tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from vibe_tui.screens.project.presenters import Presenters
    from vibe_tui.services.folder_listing import Listed
    from vibe_tui.services.paths import Home
    from vibe_tui.services.settings import Settings

LOGS = (("convex", "Convex"), ("sandbox", "Sandbox"), ("activity", "Activity"))
_PANE_CONTEXTS: dict[str, Context] = {"files": "files", "editor": "editor", "log": "log", "chat": "chat"}
_WRITING = (
    *("connect_backend", "toggle_dev_server", "push_now", "deploy_production", "open_dashboard"),
    *("download", "save_file", "undo_turn", "history", "move_sandbox"),
)
RETRY_SECONDS = 2.0
"""How often a project that is open elsewhere is tried again."""


class ProjectScreen(ActionHost, Screen[None]):
    """Holds no state of the product: presenters do, one a pane, fed by the workspace's parts."""

    CSS_PATH = "project.tcss"
    AUTO_FOCUS = ""  # the active pane takes the focus; another one first would be painted first
    BINDINGS: ClassVar = bindings("project", "editor", "log")

    def __init__(self, home: Home, settings: Settings, project: Project, top: Sequence[Listed] = ()) -> None:
        """top: the entries of the project's folder, for the first paint."""
        super().__init__()
        self._home = home
        self._settings = settings
        self.project = project
        self.header = HeaderBar(project.name)
        self.status = StatusBar()
        self.file_tree = FileTree(id="tree")
        self.file_tree.show_folder("", [Entry(one.name, one.is_folder, one.ignored) for one in top])
        self.logs = LogTabs(LOGS, id="logs")
        self.chat = ChatPanel(id="chat-panel")
        self.panes, self.editor = make_panes(self.file_tree, self.logs, self.chat)
        self._presenters: Presenters | None = None
        self._waiting: list[Callable[[Presenters], object]] = []
        """What the user has asked for before the services were loaded."""
        self._live: asyncio.Task[None] | None = None
        self._leaving = asyncio.Event()
        self._let_go = asyncio.Event()  # of the workspace: the page closes, or opens the project anew
        self._fill_handlers()
        self.set_enabled(False, *_WRITING, "pause_sandbox")

    def contexts(self) -> Sequence[Context]:
        return ("project", _PANE_CONTEXTS[self.panes.active])

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.panes
        yield self.status
        yield KeyBar()

    def on_mount(self) -> None:
        self.status.show("sandbox", "this computer" if self.project.sandbox == "local" else "E2B")
        self.status.show("convex", "opening the project", "busy")
        self.app.on_shutdown = self.close  # type: ignore[attr-defined]  # the app is a VibeApp

    def _compositor_refresh(self) -> None:
        # Textual would paint the page while the app holds painting back, and throw that away.
        if not self.app._batch_count:
            super()._compositor_refresh()
            if self._live is None:
                self.call_later(self._begin)  # not before: loading would delay the first paint

    def _begin(self) -> None:
        if self._live is not None or self._leaving.is_set():
            return
        self._live = asyncio.create_task(self._open(), name="workspace")
        self._live.add_done_callback(self._ended)

    def _ended(self, live: asyncio.Task[None]) -> None:
        """A defect in the background must not end in silence."""
        if not live.cancelled() and (problem := live.exception()) is not None:
            self.app._handle_exception(problem)  # type: ignore[arg-type]

    # --- the workspace -------------------------------------------------------------------------------

    async def _open(self) -> None:
        """Load what the page itself does not need, open the project, and hold it until the page closes."""
        workspaces: Any = await asyncio.to_thread(import_module, "vibe_tui.services.workspace")
        leases: Any = await asyncio.to_thread(import_module, "vibe_tui.services.lease")
        make: Any = await asyncio.to_thread(import_module, "vibe_tui.screens.project.presenters")
        presenters = make.Presenters(self, self._home)
        while not self._leaving.is_set():
            try:
                async with workspaces.open_workspace(
                    self._home, self._settings, self.project, command="vibe-tui"
                ) as workspace:
                    detach = presenters.attach(workspace)
                    self.set_enabled(True, *_WRITING)
                    self._start_with(presenters)
                    await self._let_go.wait()
                    self._let_go.clear()
                    self.set_enabled(False, *_WRITING)
                    detach()
            except leases.ProjectHeld as held:
                presenters.show_held(held)
                self._start_with(presenters)
                await self._wait_a_little()
            except VibeError as problem:
                presenters.show_error(problem)
                self._start_with(presenters)
                self.status.show("convex", problem.message, "bad")
                return

    def _start_with(self, presenters: Presenters) -> None:
        """Do what was asked for meanwhile, and from now on everything at once."""
        self._presenters = presenters
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call(presenters)

    async def _wait_a_little(self) -> None:
        try:
            await asyncio.wait_for(self._leaving.wait(), RETRY_SECONDS)
        except TimeoutError:
            return

    async def close(self) -> None:
        """Save nothing by itself; stop what runs and let go of the project."""
        self._leaving.set()
        self._let_go.set()
        if self._live is not None:
            await asyncio.wait({self._live})

    def reopen(self, project: Project) -> None:
        """Close the workspace, and open the project as it is now: its commands run somewhere else."""
        self.project = project
        self._let_go.set()

    # --- actions -------------------------------------------------------------------------------------

    def _fill_handlers(self) -> None:
        directions: tuple[Direction, ...] = ("wider", "narrower", "taller", "shorter")
        self.handlers |= {f"focus_{pane}": partial(self.panes.show, pane) for pane in _PANE_CONTEXTS}
        self.handlers |= {f"pane_{way}": partial(self.panes.resize_active, way) for way in directions}
        self.handlers |= {
            "next_pane": self.panes.show_next,
            "save_file": self.editor.save,
            "close_tab": lambda: self.editor.close(self.editor.active),
            "next_tab": self.editor.show_next,
            "previous_tab": lambda: self.editor.show_next(-1),
            "find_in_log": lambda: self.logs.active.search(),
            "toggle_follow": lambda: self.logs.active.toggle_follow(),
            "next_log": self.logs.show_next,
            "previous_log": lambda: self.logs.show_next(-1),
            "go_to_problem": self._go_to_problem,
            "connect_backend": lambda: self._with(lambda p: p.backend.open_dialog()),
            "toggle_dev_server": lambda: self._start(lambda p: p.backend.toggle_dev_server()),
            "push_now": lambda: self._start(lambda p: p.backend.push_now()),
            "open_dashboard": lambda: self._start(lambda p: p.backend.open_dashboard()),
            "deploy_production": lambda: self._start(lambda p: p.deploy_production()),
            "backend_screen": lambda: self._start(lambda p: p.look_into_backend(self._home, self._settings)),
            "download": lambda: self._start(lambda p: p.download()),
            "move_sandbox": lambda: self._start(lambda p: p.sandbox.move()),
            "pause_sandbox": lambda: self._start(lambda p: p.sandbox.pause()),
            "sandbox_leftovers": lambda: self._start(lambda p: p.sandbox.leftovers()),
            "publish": lambda: self._start(lambda p: p.publish()),
            "undo_turn": lambda: self._start(lambda p: p.undo_turn()),
            "history": lambda: self._start(lambda p: p.history()),
            "choose_model": lambda: self._start(lambda p: p.chat.choose_model()),
            "review_changes": lambda: self._with(lambda p: p.chat.review_changes()),
            "retry_prompt": lambda: self._with(lambda p: p.chat.retry_prompt()),
            "edit_prompt": lambda: self._with(lambda p: p.chat.edit_prompt()),
            "attach_image": lambda: self._start(lambda p: p.chat.attach_image()),
            "copy_answer": lambda: self._start(lambda p: p.chat.copy_answer()),
            "copy_code": lambda: self._start(lambda p: p.chat.copy_code()),
            "compact_chat": lambda: self._with(lambda p: p.chat.compact()),
            "clear_chat": lambda: self._start(lambda p: p.chat.clear()),
            "quit": lambda: self._start(lambda p: p.quit()) if self._presenters else self.app.exit(),
        }

    def _with(self, call: Callable[[Presenters], object]) -> None:
        """Call it with the presenters, now or as soon as there are any."""
        if self._presenters is not None:
            call(self._presenters)
        else:
            self._waiting.append(call)

    def _start(self, work: Callable[[Presenters], Coroutine[Any, Any, None]]) -> None:
        """Run a long action beside the page."""
        self._with(lambda presenters: presenters.do(work(presenters)))

    def _go_to_problem(self) -> None:
        problem = self.status.first_problem
        if problem is not None:
            self.open_problem(problem)

    def open_problem(self, problem: Problem) -> None:
        self.open_file(problem.file, problem.line or None)

    def perform(self, action_id: str) -> None:
        """Do an action of the registry here, or on the whole page, if it can be done now."""
        for host in hosts_of(self):
            if host.is_enabled(action_id):
                self.run_worker(host.action_perform(action_id), exclusive=False)
                return

    def open_file(self, path: str, line: int | None = None) -> None:
        self._start(lambda presenters: presenters.open_file(path, line))

    def pushed(self, push: Push) -> None:
        """A push ended: mark its problems in the editor, and say in the chat what no turn says there."""
        self._with(lambda presenters: presenters.editor.show_problems(push.problems))
        self._with(lambda presenters: presenters.chat.pushed(push))

    # --- messages of the widgets, passed on ----------------------------------------------------------

    @on(HeaderBar.ActionRequested)
    async def _header_pressed(self, event: HeaderBar.ActionRequested) -> None:
        if self.is_enabled(event.action_id):
            await self.action_perform(event.action_id)

    @on(StatusBar.ProblemChosen)
    def _status_chosen(self, event: StatusBar.ProblemChosen) -> None:
        self.open_problem(event.problem)

    @on(FileTree.FolderOpened)
    def _folder_opened(self, event: FileTree.FolderOpened) -> None:
        self._with(lambda presenters: presenters.files.open_folder(event.path))

    @on(FileTree.FileChosen)
    def _file_chosen(self, event: FileTree.FileChosen) -> None:
        self.open_file(event.path)

    @on(CodeEditor.SaveRequested)
    def _save_requested(self, event: CodeEditor.SaveRequested) -> None:
        self._start(lambda presenters: presenters.editor.save(event.path, event.text))

    @on(CodeEditor.CloseRequested)
    def _close_requested(self, event: CodeEditor.CloseRequested) -> None:
        self._start(lambda presenters: presenters.close_file(event.path))

    @on(CodeEditor.TabClosed)
    def _tab_closed(self, event: CodeEditor.TabClosed) -> None:
        self._with(lambda presenters: presenters.editor.closed(event.path))

    @on(LogTabs.Opened)
    def _log_opened(self, event: LogTabs.Opened) -> None:
        self._with(lambda presenters: presenters.log.open(event.log_id, event.view))

    @on(LogView.LineChosen)
    def _line_chosen(self, event: LogView.LineChosen) -> None:
        self._start(lambda presenters: presenters.open_line(event.text))

    @on(LogView.CopyRequested)
    def _copy_requested(self, event: LogView.CopyRequested) -> None:
        self._start(lambda presenters: presenters.copy(event.text))

    @on(messages.ChatMessage)
    def _chat_spoke(self, event: messages.ChatMessage) -> None:
        self._with(lambda presenters: presenters.chat.take(event))
