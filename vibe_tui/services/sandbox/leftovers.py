"""Sandboxes this program made that no project here uses: after a crash, or from another computer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from vibe_tui.services.errors import VibeError
from vibe_tui.services.in_thread import in_thread
from vibe_tui.services.model import Project
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
from vibe_tui.services.sandbox.cloud import Cloud, CloudInfo
from vibe_tui.services.sandbox.sandbox_record import SandboxRecord


class NotALeftover(VibeError):
    """No such sandbox is left over, or it cannot be adopted."""

    code = "not_a_leftover"


@dataclass(frozen=True, slots=True)
class Leftover:
    info: CloudInfo
    project: Project | None
    """Of this computer, for which it was made; None: unknown here."""
    can_be_adopted: bool
    """Its project has no other sandbox."""


class Leftovers:
    """Raises what `cloud` and the store raise."""

    def __init__(self, cloud: Cloud, home: Home) -> None:
        self._cloud = cloud
        self._home = home

    async def all(self) -> list[Leftover]:
        """The newest first."""
        ours = await self._cloud.ours()
        known = await asyncio.to_thread(self._known)
        used = {id for _, id in known.values()}
        found = []
        for info in sorted(ours, key=lambda one: -one.started):
            if info.id not in used:
                project, other = known.get(info.project, (None, ""))
                can = project is not None and project.sandbox == "e2b" and not other
                found.append(Leftover(info, project, can))
        return found

    async def adopt(self, id: str) -> Project:
        """Make it the sandbox of the project it was made for. Raises NotALeftover."""
        found = await self._find(id)
        if found.project is None or not found.can_be_adopted:
            raise NotALeftover(
                "Its project is not here, runs on this computer, or has another sandbox.",
                next_step=f"Pause or end it: `vibe-tui sandbox leftovers --kill {found.info.id}`.",
            )
        project = found.project
        await in_thread(lambda: SandboxRecord(Projects(self._home).document(project.id)).made(found.info.id))
        return project

    async def pause(self, id: str) -> None:
        """Raises NotALeftover."""
        found = await self._find(id)
        if found.info.state == "running":
            await self._cloud.pause(found.info.id)

    async def kill(self, id: str) -> None:
        """End it, with the files in it. Raises NotALeftover."""
        await self._cloud.kill((await self._find(id)).info.id)

    async def _find(self, id: str) -> Leftover:
        for leftover in await self.all():
            if leftover.info.id == id:
                return leftover
        raise NotALeftover(
            "No sandbox of this id is left over.", next_step="List them: `vibe-tui sandbox leftovers`."
        )

    def _known(self) -> dict[str, tuple[Project, str]]:
        """Each project and its sandbox's id, by the project's id."""
        projects = Projects(self._home)
        return {
            project.id: (project, SandboxRecord(projects.document(project.id)).read().id)
            for project in projects.all()
        }
