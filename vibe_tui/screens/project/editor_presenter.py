"""Opens, saves and refreshes the files in the editor."""

from __future__ import annotations

from collections.abc import Callable
from posixpath import dirname

from vibe_tui.screens.project.files_presenter import Do
from vibe_tui.services.model import Problem
from vibe_tui.services.project_files import FilesState, FolderChanged, ProjectFiles
from vibe_tui.services.working_tree import FileMissing
from vibe_tui.widgets.code_editor import CodeEditor


class EditorPresenter:
    """Nothing that was changed on disk meanwhile is overwritten without the user's word."""

    def __init__(self, editor: CodeEditor, do: Do, on_open_folders: Callable[[frozenset[str]], None]) -> None:
        """on_open_folders: told the folders of the open files whenever they change."""
        self._editor = editor
        self._do = do
        self._on_open_folders = on_open_folders
        self._files: ProjectFiles | None = None
        self._on_disk: dict[str, str] = {}  # what we last read or wrote, by path

    def attach(self, files: ProjectFiles) -> Callable[[], None]:
        """Follow `files`; returns what ends that."""
        self._files = files
        return files.subscribe(self._take)

    async def open(self, path: str, line: int | None = None) -> None:
        """Show a file. Raises FileMissing, NotText, PathRefused, TreeGone."""
        if self._files is None:
            return
        if path in self._editor.paths:
            self._editor.open(path, self._on_disk[path], line)
        text = await self._files.read(path)
        self._on_disk[path] = text
        self._editor.open(path, text, line)
        self._tell_folders()

    async def save(self, path: str, text: str) -> None:
        """Write a file, unless it is no longer what we know: then the editor asks. Raises as `open`."""
        assert self._files is not None
        try:
            now = await self._files.read(path)
        except FileMissing:
            now = self._on_disk.get(path, "")  # deleted meanwhile: saving brings it back
        if now not in (self._on_disk.get(path, now), text):
            self._on_disk[path] = now
            self._editor.reload(path, now)
            return
        await self._files.write(path, text)
        self._on_disk[path] = text
        self._editor.saved(path)

    def closed(self, path: str) -> None:
        self._on_disk.pop(path, None)
        self._tell_folders()

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Mark what the last push complained about, and nothing else."""
        self._editor.clear_problems()
        for problem in problems:
            if problem.file:
                self._editor.show_problem(problem.file, problem.line, problem.message)

    def _tell_folders(self) -> None:
        self._on_open_folders(frozenset(dirname(path) for path in self._editor.paths))

    def _take(self, what: FilesState | FolderChanged) -> None:
        if isinstance(what, FolderChanged):
            for path in self._editor.paths:
                if dirname(path) == what.path and path.rpartition("/")[2] in what.names:
                    self._do(self._refresh(path))

    async def _refresh(self, path: str) -> None:
        assert self._files is not None
        try:
            text = await self._files.read(path)
        except FileMissing:
            return  # gone, or being replaced: what is in the editor stays, and can be saved
        if path in self._on_disk and text != self._on_disk[path]:
            self._on_disk[path] = text
            self._editor.reload(path, text)
