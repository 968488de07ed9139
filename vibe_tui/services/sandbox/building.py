"""The sandbox of a project, as its entry in the index says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vibe_tui.services.convex.out_of_reach import is_loopback
from vibe_tui.services.model import Project
from vibe_tui.services.sandbox.base import OnLine
from vibe_tui.services.sandbox.local import LocalSandbox
from vibe_tui.services.sandbox.sandbox_record import SandboxRecord

if TYPE_CHECKING:
    from vibe_tui.services.credentials import Credentials
    from vibe_tui.services.paths import Home
    from vibe_tui.services.sandbox.mirrored import MirroredSandbox
    from vibe_tui.services.settings import Settings
    from vibe_tui.services.store import Store

API_ADDRESS = "E2B_API_URL"
"""The environment variable with the address of another E2B than the public one."""


def build_sandbox(
    home: Home,
    settings: Settings,
    project: Project,
    store: Store,
    credentials: Credentials,
    environ: Mapping[str, str],
    note: OnLine,
) -> LocalSandbox | MirroredSandbox:
    """Nothing is started or asked yet. note: told what the sandbox does, in lines."""
    if project.sandbox == "local":
        return LocalSandbox(
            project.folder,
            node_setting=settings.node,
            toolchain_folder=home.toolchains,
            environ=environ,
            note=note,
        )
    from vibe_tui.services.sandbox.e2b_cloud import build_cloud
    from vibe_tui.services.sandbox.lifecycle import Lifecycle, Times
    from vibe_tui.services.sandbox.local_tree import LocalTree
    from vibe_tui.services.sandbox.manifest import Manifest
    from vibe_tui.services.sandbox.mirrored import MirroredSandbox
    from vibe_tui.services.working_tree import WorkingTree

    cloud = build_cloud(settings, credentials, environ, note)
    return MirroredSandbox(
        Lifecycle(cloud, SandboxRecord(store), project.id, Times()),
        LocalTree(WorkingTree(project.folder)),
        Manifest(home.mirror(project.id)),
        note,
        on_exit="pause",
    )


def reaches_here(project: Project, environ: Mapping[str, str]) -> bool:
    """Whether what runs in the project's sandbox can reach what answers on this computer only.

    An E2B on this computer itself (its API answers on loopback) can.
    """
    return project.sandbox == "local" or is_loopback(environ.get(API_ADDRESS, ""))
