"""A cloud of sandboxes that are folders of this computer, with real processes: for policy."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.services.sandbox.folder_remote import FolderRemote
from vibe_tui.services.model import SandboxKind
from vibe_tui.services.process import RunningProcess, base_environment, spawn
from vibe_tui.services.sandbox.base import Command, OnLine
from vibe_tui.services.sandbox.cloud import CloudInfo
from vibe_tui.services.sandbox.errors import SandboxAsleep, SandboxGone, SandboxUnreachable
from vibe_tui.services.sandbox.remote_files import OnChanged


@dataclass
class FolderCloud:
    """`unreachable`: nothing answers. Sandboxes of `infos` that are taken out are gone."""

    root: Path

    def __post_init__(self) -> None:
        self.infos: dict[str, CloudInfo] = {}
        self.attempts: dict[str, str] = {}
        self.extended: list[float] = []
        self.prepared: list[str] = []
        self.unreachable = False
        self.answers_to_create = True
        self.watchers: dict[str, OnChanged] = {}

    def check(self, id: str, *, running: bool = True) -> None:
        """As every call to a sandbox begins."""
        if self.unreachable:
            raise SandboxUnreachable("E2B does not answer.")
        if id not in self.infos:
            raise SandboxGone("The sandbox is gone.")
        if running and self.infos[id].state == "paused":
            raise SandboxAsleep("The sandbox is asleep.")

    def folder(self, id: str) -> Path:
        return self.root / id

    async def create(self, project: str, attempt: str, seconds: float) -> FolderSandbox:
        if self.unreachable:
            raise SandboxUnreachable("E2B does not answer.")
        if attempt not in self.attempts:
            id = f"sbx{len(self.attempts) + 1}"
            self.attempts[attempt] = id
            self.folder(id).mkdir(parents=True)
            self.infos[id] = CloudInfo(
                id, project, "running", time.time(), time.time() + seconds, "base", 2, 512
            )
        await asyncio.sleep(0.05)
        if not self.answers_to_create:
            raise SandboxUnreachable("The answer was lost.")
        return FolderSandbox(self, self.attempts[attempt])

    async def connect(self, id: str, seconds: float) -> FolderSandbox:
        self.check(id, running=False)
        self.infos[id] = replace(self.infos[id], state="running", ends=time.time() + seconds)
        return FolderSandbox(self, id)

    async def info(self, id: str) -> CloudInfo:
        self.check(id, running=False)
        return self.infos[id]

    async def ours(self) -> Sequence[CloudInfo]:
        return list(self.infos.values())

    async def pause(self, id: str) -> None:
        self.check(id, running=False)
        self.infos[id] = replace(self.infos[id], state="paused")

    async def kill(self, id: str) -> None:
        if self.unreachable:
            raise SandboxUnreachable("E2B does not answer.")
        self.infos.pop(id, None)

    async def close(self) -> None:
        pass

    def expire(self, id: str) -> None:
        """Its time is over: it pauses, and streams end."""
        self.infos[id] = replace(self.infos[id], state="paused")


class _CheckedFiles(FolderRemote):
    def __init__(self, cloud: FolderCloud, id: str) -> None:
        super().__init__(cloud.folder(id))
        self._check = lambda: cloud.check(id)

    async def hashes(self, paths: Collection[str] | None, pruned: Collection[str]) -> dict[str, str]:
        self._check()
        return await super().hashes(paths, pruned)

    async def read(self, path: str, largest: int) -> bytes | None:
        self._check()
        return await super().read(path, largest)

    async def write(self, files: Mapping[str, bytes]) -> None:
        self._check()
        await super().write(files)

    async def watch(self, folders: Collection[str], on_changed: OnChanged) -> Callable[[], Awaitable[None]]:
        self._check()
        return await super().watch(folders, on_changed)


class FolderSandbox:
    kind: SandboxKind = "e2b"

    def __init__(self, cloud: FolderCloud, id: str) -> None:
        self.id = id
        self._cloud = cloud
        self._folder = cloud.folder(id)
        self.files = _CheckedFiles(cloud, id)

    async def prepare(self, on_line: OnLine) -> None:
        self._cloud.check(self.id)
        self._cloud.prepared.append(self.id)

    def convex(self, *arguments: str) -> tuple[str, ...]:
        return "npx", "convex", *arguments

    async def start(self, command: Command, on_line: OnLine) -> RunningProcess:
        self._cloud.check(self.id)
        return await spawn(
            command.argv,
            cwd=self._folder,
            env=base_environment(command.env),
            on_line=on_line,
            limit=command.limit,
        )

    async def write_env_file(self, text: str) -> None:
        self._cloud.check(self.id)
        (self._folder / ".env.local").write_text(text)

    async def read_env_file(self) -> str:
        self._cloud.check(self.id)
        file = self._folder / ".env.local"
        return file.read_text() if file.exists() else ""

    async def extend(self, seconds: float) -> None:
        self._cloud.check(self.id)
        self._cloud.extended.append(seconds)

    async def pause(self) -> None:
        await self._cloud.pause(self.id)

    async def close(self) -> None:
        pass
