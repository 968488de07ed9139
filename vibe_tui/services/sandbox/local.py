"""The sandbox that is this computer: commands run as child processes in the project's folder.

It isolates nothing, and the page says so. What it keeps from commands is our own environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections.abc import Mapping
from pathlib import Path

from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import SandboxKind
from vibe_tui.services.node import Node, find_node
from vibe_tui.services.process import RunningProcess, base_environment, spawn
from vibe_tui.services.sandbox.base import Command, OnLine
from vibe_tui.services.terminal_text import visible
from vibe_tui.services.toolchain import CONVEX, ensure_toolchain, link_toolchain, path_with
from vibe_tui.services.working_tree import FileMissing, WorkingTree

_ENV_FILE = ".env.local"


def _not_noted(_line: str) -> None:
    """For callers that keep no log of the sandbox."""


class SandboxFolderGone(VibeError):
    """The folder that commands run in is not where it was."""

    code = "sandbox_folder_gone"


class LocalSandbox:
    """A `sandbox.base.Sandbox`. It raises SandboxFolderGone when the project's folder is gone."""

    kind: SandboxKind = "local"

    def __init__(
        self,
        folder: Path,
        *,
        node_setting: str,
        toolchain_folder: Path,
        environ: Mapping[str, str],
        note: OnLine = _not_noted,
    ) -> None:
        """toolchain_folder: where toolchains are installed, one below it per version.

        note: told what the sandbox does: each command, and how it ended.
        """
        self._folder = folder
        self._node_setting = node_setting
        self._toolchain_folder = toolchain_folder
        self._environ = environ
        self._note = note
        self._files = WorkingTree(folder)
        self._prepared: tuple[Node, Path] | None = None
        self._running: set[RunningProcess] = set()
        self._noting: set[asyncio.Task[None]] = set()

    @property
    def node(self) -> Node:
        """After prepare()."""
        return self._ready()[0]

    @property
    def toolchain(self) -> Path:
        """The folder whose `node_modules` holds the Convex tools. After prepare()."""
        return self._ready()[1]

    async def prepare(self, on_line: OnLine) -> None:
        await self._require_folder()
        if self._prepared is None:
            node = await asyncio.to_thread(find_node, self._node_setting, self._environ)
            self._note(f"Node.js {visible(node.version)} at {visible(str(node.path))}")
            toolchain = await ensure_toolchain(self._toolchain_folder, node, on_line, self._environ)
            self._note(f"Convex tools in {visible(str(toolchain))}")
            self._prepared = node, toolchain
        await asyncio.to_thread(link_toolchain, self._folder, self.toolchain)

    def convex(self, *arguments: str) -> tuple[str, ...]:
        return str(self.node.path), str(self._folder / CONVEX), *arguments

    async def start(self, command: Command, on_line: OnLine) -> RunningProcess:
        """Raises CannotStart (services/process.py) besides."""
        await self._require_folder()
        own = {"PATH": path_with(self._prepared[0], self._environ)} if self._prepared else {}
        env = base_environment(own | dict(command.env), self._environ)
        running = await spawn(command.argv, cwd=self._folder, env=env, on_line=on_line, limit=command.limit)
        self._running = {one for one in self._running if not one.ended} | {running}
        self._note(f"$ {self._shown(command.argv)}")
        noting = asyncio.create_task(self._note_end(running), name="note how a command ended")
        self._noting.add(noting)
        noting.add_done_callback(self._noting.discard)
        return running

    async def write_env_file(self, text: str) -> None:
        await self._require_folder()
        await asyncio.to_thread(self._files.write, _ENV_FILE, text, mode=0o600)

    async def read_env_file(self) -> str:
        await self._require_folder()
        with contextlib.suppress(FileMissing):
            return await asyncio.to_thread(self._files.read_text, _ENV_FILE)
        return ""

    async def close(self) -> None:
        await asyncio.gather(*(running.stop() for running in self._running))
        await asyncio.gather(*self._noting)

    def _shown(self, argv: tuple[str, ...]) -> str:
        """The command as a user would type it."""
        if self._prepared is not None and argv[:2] == self.convex():
            argv = ("npx", "convex", *argv[2:])
        return visible(shlex.join(argv))

    async def _note_end(self, running: RunningProcess) -> None:
        end = await running.wait()
        how = "time is over" if end.timed_out else "stopped" if end.stopped else f"exit {end.code}"
        self._note(f"  {how} after {end.seconds:.1f} s (process {running.pid})")

    def _ready(self) -> tuple[Node, Path]:
        assert self._prepared is not None, "prepare() comes first"
        return self._prepared

    async def _require_folder(self) -> None:
        if not await asyncio.to_thread(self._folder.is_dir):
            raise SandboxFolderGone(
                f"The project's folder {visible(str(self._folder))} is gone.",
                next_step="Move it back, or forget the project.",
            )
