"""`vibe-tui [PATH]`: the full-screen page. Only textual and the store are loaded before it is painted."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vibe_tui.cli.context import Context, context
from vibe_tui.cli.output import Output
from vibe_tui.services.errors import UsageError
from vibe_tui.services.model import Project
from vibe_tui.services.projects import ProjectNotFound

if TYPE_CHECKING:
    from vibe_tui.app import VibeApp


def run(options: argparse.Namespace, output: Output) -> int:
    if not (sys.stdout.isatty() and sys.stdin.isatty()) and "TEXTUAL_DRIVER" not in os.environ:
        raise UsageError(
            "The page needs a terminal.", next_step="`vibe-tui --help` lists the commands for scripts."
        )
    # What is made from here to the first paint stays; looking through it for garbage takes as long as
    # a sixth of the start. The app turns the collector on again.
    gc.disable()
    from vibe_tui.app import VibeApp
    from vibe_tui.app import run as run_app

    here = context(output)
    app: VibeApp
    if options.path is None:
        from vibe_tui.screens.project_list import ProjectListScreen

        app = VibeApp(lambda: ProjectListScreen(here.home, here.settings), crash_folder=here.home.crashes)
    else:
        from vibe_tui.screens.project.screen import ProjectScreen
        from vibe_tui.services.folder_listing import list_top

        project = _project(here, options.path)
        top = list_top(project.folder)
        app = VibeApp(
            lambda: ProjectScreen(here.home, here.settings, project, top), crash_folder=here.home.crashes
        )
    return run_app(app)


def _project(here: Context, name_or_path: str) -> Project:
    """The project of this name or folder; any other folder becomes a project."""
    try:
        return here.projects.find(name_or_path, Path.cwd())
    except ProjectNotFound:
        folder = Path(name_or_path).expanduser().absolute()
        if not folder.is_dir():
            raise UsageError(
                f"There is no command, project or folder called {name_or_path}.",
                next_step="`vibe-tui --help` lists the commands, `vibe-tui projects` the projects.",
            ) from None
        return here.projects.adopt(folder)
