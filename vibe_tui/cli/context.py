"""What every command starts from: the state folder, the settings, the project it is about."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from vibe_tui.services.model import Project
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
from vibe_tui.services.settings import Settings, load


@dataclass(frozen=True, slots=True)
class Context:
    home: Home
    settings: Settings
    projects: Projects

    def project(self, options: argparse.Namespace) -> Project:
        """The project that --project names, or the one of the current folder."""
        return self.projects.find(options.project, Path.cwd())


def context() -> Context:
    """Read the settings; raises SettingsInvalid."""
    home = Home.from_environment()
    return Context(home, load(home, os.environ), Projects(home))
