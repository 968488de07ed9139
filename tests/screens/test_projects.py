from __future__ import annotations

from pathlib import Path

from textual.message import Message

from vibe_tui.app import VibeApp
from vibe_tui.screens.projects import ProjectRow, ProjectsScreen

ROWS = (
    ProjectRow("a1", "my-app", "/home/me/my-app", "Convex Connected"),
    ProjectRow("b2", "shop [/nope]\x1b[31m", "/home/me/shop"),
    ProjectRow("c3", "gone", "/home/me/gone", problem="folder not found"),
)


class App(VibeApp):
    """Notes what the screen asks for."""

    def __init__(self, rows: tuple[ProjectRow, ...], folder: Path) -> None:
        super().__init__(lambda: ProjectsScreen(rows), crash_folder=folder)
        self.asked: list[Message] = []

    def on_projects_screen_project_chosen(self, event: ProjectsScreen.ProjectChosen) -> None:
        self.asked.append(event)

    def on_projects_screen_create_requested(self, event: ProjectsScreen.CreateRequested) -> None:
        self.asked.append(event)

    def on_projects_screen_folder_requested(self, event: ProjectsScreen.FolderRequested) -> None:
        self.asked.append(event)


def shown(app: VibeApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def test_a_project_is_chosen(tmp_path: Path) -> None:
    app = App(ROWS, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        text = shown(app)
        assert "my-app  Convex Connected" in text
        assert "shop [/nope]<U+001B>[31m" in text
        assert "✗ folder not found" in text
        await pilot.press("enter", "down", "down", "enter")
        assert app.asked == [ProjectsScreen.ProjectChosen("a1"), ProjectsScreen.ProjectChosen("c3")]


async def test_an_empty_list_says_what_to_do(tmp_path: Path) -> None:
    app = App((), tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        assert "No projects yet." in shown(app)
        await pilot.press("n", "o")
        assert [type(message) for message in app.asked] == [
            ProjectsScreen.CreateRequested,
            ProjectsScreen.FolderRequested,
        ]


async def test_a_refresh_keeps_the_place(tmp_path: Path) -> None:
    app = App(ROWS, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down")
        screen = app.screen
        assert isinstance(screen, ProjectsScreen)
        screen.show((ProjectRow("d4", "new", "/home/me/new"), *ROWS))
        await pilot.press("enter")
        assert app.asked == [ProjectsScreen.ProjectChosen("b2")]
        screen.show(())
        await pilot.pause()
        assert "No projects yet." in shown(app)
