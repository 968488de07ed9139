"""One E2B sandbox: commands, the env file, its files and its time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import time
from typing import TYPE_CHECKING

from vibe_tui.services.model import SandboxKind
from vibe_tui.services.node import NodeMissing
from vibe_tui.services.sandbox.base import Command, OnLine
from vibe_tui.services.sandbox.e2b_errors import RemoteFileMissing, asked
from vibe_tui.services.sandbox.e2b_files import APP, E2BFiles
from vibe_tui.services.sandbox.e2b_process import E2BRunning, Patience
from vibe_tui.services.sandbox.errors import SandboxAsleep, SandboxFailed, SandboxGone
from vibe_tui.services.sandbox.remote_files import RemoteFiles
from vibe_tui.services.terminal_text import visible
from vibe_tui.services.toolchain import INSTALL_LIMIT, TOOLCHAIN_FILES, TOOLCHAIN_SOURCE, ToolchainFailed

if TYPE_CHECKING:
    from e2b import AsyncSandbox

TOOLS = "/home/user/.vibe-tui/toolchain"
"""Where the Convex tools are in the sandbox; the template has them there already."""
_CLI = f"{APP}/node_modules/convex/bin/main.js"
_ENV_FILE = f"{APP}/.env.local"
_NO_NODE, _NO_TOOLS = 41, 42
_READY = f"""
node -e '
const [a, b] = process.versions.node.split(".").map(Number);
process.exit(a >= 25 || (a == 24 && b >= 3) || (a == 22 && b >= 13) || (a == 20 && b >= 19) ? 0 : 1)
' || exit {_NO_NODE}
[ -f {_CLI} ] && exit 0
[ -f {TOOLS}/node_modules/convex/bin/main.js ] || exit {_NO_TOOLS}
rm -rf {APP}/node_modules && ln -s {TOOLS}/node_modules {APP}/node_modules
"""
_INSTALL = f"cd {TOOLS} && npm ci --ignore-scripts --include=optional --no-audit --no-fund --no-progress"


class E2BSandbox:
    """A `CloudSandbox`. Everything raises SandboxFailed (errors.py)."""

    kind: SandboxKind = "e2b"

    def __init__(self, remote: AsyncSandbox, note: OnLine, patience: Patience | None = None) -> None:
        self.id: str = remote.sandbox_id
        self._remote = remote
        self._note = note
        self._patience = patience or Patience()
        self.files: RemoteFiles = E2BFiles(remote, self._why_not_running)
        self._running: set[E2BRunning] = set()

    async def prepare(self, on_line: OnLine) -> None:
        code = await self._quietly(_READY, on_line, 30)
        if code == _NO_TOOLS:
            on_line(
                "This template has no Convex tools: installing them in the sandbox, once; it takes a while…"
            )
            async with asked(self._why_not_running):
                for name in TOOLCHAIN_FILES:
                    text = await asyncio.to_thread((TOOLCHAIN_SOURCE / name).read_text)
                    await self._remote.files.write(f"{TOOLS}/{name}", text)
            await self._quietly(_INSTALL, on_line, INSTALL_LIMIT)
            code = await self._quietly(_READY, on_line, 30)
        if code == _NO_NODE:
            raise NodeMissing(
                "The sandbox's template has no Node.js, or one that is too old.",
                next_step="Use a template that has it: see docs/e2b-template.",
            )
        if code != 0:
            raise ToolchainFailed(
                "The Convex tools could not be installed in the sandbox.",
                next_step="Try again, or build the template of docs/e2b-template, which has them.",
            )

    def convex(self, *arguments: str) -> tuple[str, ...]:
        return "node", _CLI, *arguments

    async def start(self, command: Command, on_line: OnLine) -> E2BRunning:
        running = E2BRunning(self._remote, on_line, self._patience, self._why_not_running)
        await running.begin(f"exec {shlex.join(command.argv)}", APP, command.env, command.limit)
        self._running = {one for one in self._running if not one.ended} | {running}
        self._note(f"$ {visible(shlex.join(command.argv))}")
        return running

    async def write_env_file(self, text: str) -> None:
        beside = f"{APP}/.env.local-{os.urandom(4).hex()}"
        async with asked(self._why_not_running):
            # Made private while it is still empty.
            await self._remote.commands.run(f"umask 077 && : > {beside}", timeout=20)
            await self._remote.files.write(beside, text)
            await self._remote.commands.run(f"chmod 600 {beside} && mv -f {beside} {_ENV_FILE}", timeout=20)

    async def read_env_file(self) -> str:
        with contextlib.suppress(RemoteFileMissing):
            async with asked(self._why_not_running):
                return str(await self._remote.files.read(_ENV_FILE))
        return ""

    async def extend(self, seconds: float) -> None:
        async with asked(self._why_not_running):
            info = await self._remote.get_info()
            if info.end_at.timestamp() < time.time() + seconds:  # never shortened
                await self._remote.set_timeout(int(seconds))

    async def pause(self) -> None:
        await self.close()
        async with asked(self._why_not_running):
            await self._remote.pause()

    def host(self, port: int) -> str:
        """Under which name a server on this port of the sandbox is reached, with https."""
        return str(self._remote.get_host(port))

    async def close(self) -> None:
        """Follow nothing there any more; what runs was stopped before, or is frozen with it."""
        await asyncio.gather(*(running.let_go() for running in self._running))
        self._running.clear()

    async def made(self) -> None:
        """Make the project's folder, unless it is there."""
        async with asked(self._why_not_running):
            await self._remote.files.make_dir(APP)

    async def _quietly(self, script: str, on_line: OnLine, limit: float) -> int | None:
        running = E2BRunning(self._remote, on_line, self._patience, self._why_not_running)
        await running.begin(script, APP, {"CI": "1"}, limit)
        return (await running.wait()).code

    async def _why_not_running(self) -> SandboxFailed:
        try:
            async with asked(self._gone):
                info = await self._remote.get_info()
        except SandboxFailed as failure:
            return failure
        if info.state == "paused":
            return SandboxAsleep("The sandbox is asleep.", next_step="It comes back when it is needed.")
        return await self._gone()

    async def _gone(self) -> SandboxFailed:
        return SandboxGone(
            "The sandbox is gone.", next_step="A new one is made from the project's folder when needed."
        )
