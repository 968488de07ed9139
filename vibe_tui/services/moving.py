"""Letting a project's commands run somewhere else: this computer, or a sandbox in a cloud."""

from __future__ import annotations

import asyncio

from vibe_tui.services.convex.push import remove_variables
from vibe_tui.services.model import Project, SandboxKind
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
from vibe_tui.services.sandbox.errors import SandboxFailed
from vibe_tui.services.workspace import Workspace


async def move(home: Home, workspace: Workspace, to: SandboxKind) -> tuple[Project, str]:
    """Note where the project's commands run from now on; the workspace has to be opened again then.

    Leaving this computer takes our variables out of its `.env.local`: from now on the sandbox has them.
    Leaving a sandbox ends it, once what was changed there is here. One that cannot be ended now stays, and
    the returned sentence says so ("" otherwise). Raises what the local sandbox and the store raise.
    """
    project = workspace.project
    if to == project.sandbox:
        return project, ""
    await workspace.dev_server.stop()
    left = ""
    if workspace.mirrored is None:
        await remove_variables(workspace.sandbox)
    else:
        try:
            await workspace.mirrored.kill()
        except SandboxFailed as problem:
            left = (
                f"{problem.message} Its sandbox was not ended, and what was changed in it last may not be "
                "here; `vibe-tui sandbox leftovers` lists it."
            )
            await workspace.mirrored.abandon()
    return await asyncio.to_thread(lambda: Projects(home).move(project.id, to)), left
