"""Where the program keeps its state."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from vibe_tui.services.atomic import private_folder
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible


class HomeNotWritable(VibeError):
    """The state folder cannot be made or written to."""

    code = "home_not_writable"


@dataclass(frozen=True, slots=True)
class Home:
    """The state folder. Nothing is made on disk until somebody writes."""

    root: Path
    """Absolute."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """VIBE_TUI_HOME, or else the user data folder of the platform."""
        chosen = environ.get("VIBE_TUI_HOME", "")
        if chosen:
            return cls(Path(chosen).expanduser().absolute())
        from platformdirs import user_data_dir

        return cls(Path(user_data_dir("vibe-tui", appauthor=False)))

    def prepare(self) -> None:
        """Make the folder, mode 0700, if it is missing. Raises HomeNotWritable."""
        try:
            private_folder(self.root)
        except OSError as error:
            raise self._not_writable(error.strerror or str(error)) from error
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise self._not_writable("it is read-only for you")

    def _not_writable(self, reason: str) -> HomeNotWritable:
        return HomeNotWritable(
            f"The state folder {visible(str(self.root))} cannot be used: {reason}.",
            next_step="Make it writable for you, or set VIBE_TUI_HOME to another folder.",
        )

    @property
    def settings(self) -> Path:
        return self.root / "settings.toml"

    @property
    def index(self) -> Path:
        return self.root / "index.json"

    @property
    def credentials(self) -> Path:
        return self.root / "credentials.json"

    @property
    def emulator(self) -> Path:
        """The folder of everything the emulator keeps."""
        return self.root / "emulator"

    @property
    def crashes(self) -> Path:
        """The folder of crash reports."""
        return self.root / "crashes"

    @property
    def toolchains(self) -> Path:
        return self.root / "toolchain"

    def toolchain(self, lock_hash: str) -> Path:
        """The folder that holds the `node_modules` of one version of the Convex toolchain."""
        return self.toolchains / lock_hash

    def project(self, id: str) -> Path:
        """The state folder of one project, not its working tree."""
        return self.root / "projects" / id

    def project_store(self, id: str) -> Path:
        return self.project(id) / "project.json"

    def lease(self, id: str) -> Path:
        return self.project(id) / "lease"

    def log(self, id: str, name: str) -> Path:
        return self.project(id) / "logs" / f"{name}.log"

    def prompts(self, id: str) -> Path:
        """What was asked in the project's chat, as JSON lines."""
        return self.project(id) / "prompts.jsonl"

    def chat(self, id: str) -> Path:
        """The project's chat, as JSON lines."""
        return self.project(id) / "chat.jsonl"

    def mirror(self, id: str) -> Path:
        """What the project's folder and its sandbox in the cloud both have."""
        return self.project(id) / "mirror.json"

    def checkpoints(self, id: str) -> Path:
        """The folder of the project's checkpoints."""
        return self.project(id) / "checkpoints"
