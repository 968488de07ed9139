"""The projects of this computer: open one, create one, or open any folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from vibe_tui.action_host import ActionHost
from vibe_tui.actions import Context, bindings
from vibe_tui.services.terminal_text import visible
from vibe_tui.widgets.key_bar import KeyBar


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project as the list shows it; all of it plain text."""

    id: str
    name: str
    folder: str
    backend: str = ""
    """E.g. "Convex Connected"; "" when there is nothing to say."""
    problem: str = ""
    """E.g. "folder not found"; such a project can still be chosen."""


class ProjectsScreen(ActionHost, Screen[None]):
    """A list that is given to it; what the user wants is said in messages."""

    CSS_PATH = "projects.tcss"
    BINDINGS: ClassVar = bindings("projects")

    @dataclass
    class ProjectChosen(Message):
        """Open this project."""

        id: str

    @dataclass
    class CreateRequested(Message):
        """Create a project."""

    @dataclass
    class FolderRequested(Message):
        """Open any folder as a project."""

    def __init__(self, rows: Sequence[ProjectRow] = ()) -> None:
        super().__init__()
        self._rows = tuple(rows)
        self.handlers |= {
            "create_project": lambda: self.post_message(self.CreateRequested()),
            "open_folder": lambda: self.post_message(self.FolderRequested()),
        }

    def contexts(self) -> Sequence[Context]:
        return ("projects",)

    def compose(self) -> ComposeResult:
        yield Static(id="projects-title")
        yield OptionList(id="projects-list", markup=False)
        yield Static(
            "No projects yet.\n\n"
            "Press n to create one: an Expo app that can be connected to Convex.\n"
            "Press o to open a folder that you have.",
            id="projects-empty",
        )
        yield KeyBar()

    def on_mount(self) -> None:
        self.show(self._rows)

    def show(self, rows: Sequence[ProjectRow]) -> None:
        """Show these projects; the highlighted one stays highlighted when it is still there."""
        self._rows = tuple(rows)
        projects = self.query_one(OptionList)
        before = projects.highlighted_option
        projects.clear_options()
        projects.add_options([Option(_prompt(row), id=row.id) for row in self._rows])
        self.set_class(not self._rows, "-empty")
        hint = ("  Enter opens the project", "$text-muted not bold") if self._rows else ""
        self.query_one("#projects-title", Static).update(Content.assemble("Projects", hint))
        if self._rows:
            ids = [row.id for row in self._rows]
            projects.highlighted = ids.index(before.id) if before is not None and before.id in ids else 0
            projects.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.ProjectChosen(str(event.option_id)))


def _prompt(row: ProjectRow) -> Content:
    name = Content(visible(row.name)).stylize("bold")
    if row.problem:
        state = Content(f"  ✗ {visible(row.problem)}").stylize("$error")
    else:
        state = Content(f"  {visible(row.backend)}").stylize("$text-muted") if row.backend else Content("")
    folder = Content(visible(row.folder)).stylize("$text-muted")
    return name + state + Content("\n") + folder
