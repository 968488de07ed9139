"""One open project: builds its parts, holds its lease, closes them again. No behaviour of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from vibe_tui.services.activity import Activity
from vibe_tui.services.assistant.choosing import assistant_of
from vibe_tui.services.assistant.providers import Providers
from vibe_tui.services.assistant.recipes import BuiltInRecipes
from vibe_tui.services.chat import Chat
from vibe_tui.services.checkpoints import Checkpoints
from vibe_tui.services.convex.backend import Backend
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.dev_server import DevServer
from vibe_tui.services.convex.emulator_host import EmulatorHost
from vibe_tui.services.convex.git_ignore import ignore_env_file
from vibe_tui.services.convex.local_backend_binary import LocalBackendFailed
from vibe_tui.services.convex.local_backend_host import LocalBackendHost
from vibe_tui.services.convex.local_emulator import EmulatorFailed
from vibe_tui.services.convex.production import Production
from vibe_tui.services.convex.provisioning import Provisioning
from vibe_tui.services.convex.push import run_push, unreachable
from vibe_tui.services.convex.running_here import RunningHere
from vibe_tui.services.convex.schema_lines import with_schema_lines
from vibe_tui.services.credentials import Credentials
from vibe_tui.services.lease import Lease
from vibe_tui.services.log_store import LogStore
from vibe_tui.services.model import DevServerState, Project, Push
from vibe_tui.services.paths import Home
from vibe_tui.services.project_files import ProjectFiles
from vibe_tui.services.projects import Projects
from vibe_tui.services.sandbox.base import Sandbox
from vibe_tui.services.sandbox.building import build_sandbox, reaches_here
from vibe_tui.services.sandbox.cloud import Cloud
from vibe_tui.services.sandbox.errors import SandboxAsleep, SandboxGone, SandboxUnreachable
from vibe_tui.services.sandbox.mirrored import MirroredSandbox
from vibe_tui.services.settings import Settings
from vibe_tui.services.undo import Undo
from vibe_tui.services.working_tree import WorkingTree


@dataclass(frozen=True, slots=True)
class Workspace:
    """The parts of one open project. Nobody else can change the project while it is open."""

    project: Project
    settings: Settings
    files: ProjectFiles
    sandbox: Sandbox
    backend: Backend
    dev_server: DevServer
    chat: Chat
    emulator: EmulatorHost
    convex_log: LogStore
    """What pushes and the emulator print."""
    sandbox_log: LogStore
    """The commands that ran, and how they ended."""
    activity_log: LogStore
    """What happened in the project, in sentences."""
    production: Production
    local_backend: LocalBackendHost
    undo: Undo
    models: Providers
    """Where models are; the chosen one answers in the chat."""
    mirrored: MirroredSandbox | None
    """The sandbox, when it is in a cloud."""
    cloud: Cloud | None
    """The account it belongs to."""


_TRIED_AGAIN = (EmulatorFailed, LocalBackendFailed, SandboxAsleep, SandboxGone, SandboxUnreachable)
"""What keeps a push from happening now and may be over soon: the dev server tries again."""


@asynccontextmanager
async def open_workspace(
    home: Home,
    settings: Settings,
    project: Project,
    *,
    command: str,
    environ: Mapping[str, str] = os.environ,
) -> AsyncIterator[Workspace]:
    """Open `project` for writing and close it at the end, with everything that still runs.

    command: who holds the project, as others are told, e.g. "vibe-tui dev".
    Raises ProjectHeld when somebody else has it open, FolderGone, and what the store raises.
    """
    lease = await asyncio.to_thread(Lease.acquire, home.lease(project.id), command)
    try:
        store = await asyncio.to_thread(Projects(home).document, project.id)
        convex_log, sandbox_log, activity_log = (
            LogStore(home.log(project.id, name)) for name in ("convex", "sandbox", "activity")
        )

        def log(line: str) -> None:
            convex_log.append([line])

        credentials = Credentials(home, settings.credentials)
        sandbox = build_sandbox(
            home, settings, project, store, credentials, environ, lambda line: sandbox_log.append([line])
        )
        mirrored = sandbox if isinstance(sandbox, MirroredSandbox) else None
        emulator = EmulatorHost(home, settings, environ)
        provisioning = await asyncio.to_thread(Provisioning, project, store, credentials)
        local_backend = LocalBackendHost(home, project.id, credentials, environ)
        here = RunningHere(emulator, local_backend, log)
        backend = Backend(
            provisioning, here, local_backend, sandbox, reaches_here=reaches_here(project, environ)
        )
        files = ProjectFiles(WorkingTree(project.folder))

        async def push() -> Push:
            try:
                target = await backend.target()
                await asyncio.to_thread(ignore_env_file, files.tree)
                pushed = await run_push(sandbox, target, limit=settings.convex.push_limit, on_line=log)
            except _TRIED_AGAIN as problem:
                return unreachable(f"{problem.message} {problem.next_step}".rstrip())
            return await asyncio.to_thread(with_schema_lines, pushed, files.tree)

        dev_server = DevServer(project.folder, push, backend.pulse)
        dev_server.subscribe(
            lambda what: lease.publish(asdict(what)) if isinstance(what, DevServerState) else None
        )
        production = Production(
            backend,
            provisioning,
            sandbox,
            dev_server,
            project.folder,
            limit=settings.convex.push_limit,
            on_line=log,
        )

        async def open_deployment() -> DeploymentApi:
            target = await backend.target()
            return DeploymentApi(target.connection.url, target.key)

        loop = asyncio.get_running_loop()

        def note(line: str) -> None:  # from any thread
            loop.call_soon_threadsafe(activity_log.append, [line])

        checkpoints = Checkpoints(home.checkpoints(project.id), files.tree, note)
        chat = Chat(
            BuiltInRecipes(),
            files.tree,
            dev_server,
            home.chat(project.id),
            sandbox=sandbox,
            open_deployment=open_deployment,
            on_line=log,
            checkpoints=checkpoints,
        )
        models = Providers(home, credentials, environ)
        chat.use(assistant_of(await asyncio.to_thread(models.chosen)))
        undo = Undo(checkpoints, dev_server, chat, note)
        Activity(activity_log, backend, dev_server, chat, undo)
        try:
            yield Workspace(
                project,
                settings,
                files,
                sandbox,
                backend,
                dev_server,
                chat,
                emulator,
                convex_log,
                sandbox_log,
                activity_log,
                production,
                local_backend,
                undo,
                models,
                mirrored,
                mirrored.cloud if mirrored else None,
            )
        finally:
            await files.close()
            await undo.close()
            await production.close()
            await dev_server.stop()
            await sandbox.close()
            backend.close()
            for kept in (convex_log, sandbox_log, activity_log):
                await kept.aclose()
    finally:
        lease.release()
