"""What every command starts from: the state folder, the settings, the project it is about."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from vibe_tui.cli.output import Output
from vibe_tui.services.model import Project
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
from vibe_tui.services.settings import Settings, load


@dataclass(frozen=True, slots=True)
class Context:
    home: Home
    settings: Settings
    projects: Projects
    output: Output

    def project(self, options: argparse.Namespace, *, may_be_gone: bool = False) -> Project:
        """The project that --project names, or the one of the current folder.

        Its store is opened too, so that the user is told now if it was damaged.
        """
        project = self.projects.find(options.project, Path.cwd(), may_be_gone=may_be_gone)
        self.projects.document(project.id)
        for recovered in self.projects.recovered:
            self.output.warn(str(recovered))
        return project


def context(output: Output) -> Context:
    """Read the settings; raises SettingsInvalid."""
    home = Home.from_environment()
    return Context(home, load(home, os.environ), Projects(home), output)
