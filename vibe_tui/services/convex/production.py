"""Deploying to production: on its own, asked for each time, with a key that exists for that one deploy.

The key is made with the token that made the project's narrow key, opens the production deployment alone, is
handed to the CLI in its environment and nowhere else, and is deleted afterwards. Its name is always the same,
so a deploy that was killed leaves at most one, which the next deploy deletes and which ends by itself.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from vibe_tui.services.convex.backend import Backend
from vibe_tui.services.convex.dev_server import DevServer
from vibe_tui.services.convex.disconnecting import NameNotTyped
from vibe_tui.services.convex.leftovers import delete_key
from vibe_tui.services.convex.management import ConvexDeployment, ManagementApi
from vibe_tui.services.convex.provisioning import Provisioning
from vibe_tui.services.convex.push import platform_of, run_convex
from vibe_tui.services.convex.push_output import DEPLOYED, PushOutput
from vibe_tui.services.convex.reachability import answers
from vibe_tui.services.convex.watch import pushed_names
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http_errors import HttpError
from vibe_tui.services.model import Connected, Push
from vibe_tui.services.sandbox.base import OnLine, Sandbox
from vibe_tui.services.secret import Secret

KEY_LIFE = 3600
"""Seconds after which the key ends by itself; Convex takes no less than half an hour."""


class NoProduction(VibeError):
    """The connection gives no way to deploy to production."""

    code = "no_production"


class NotProduction(VibeError):
    """What Convex gave is not for production."""

    code = "not_production"


@dataclass(frozen=True, slots=True)
class ProductionPlan:
    """What a deploy to production would do."""

    project: str
    """The Convex project's slug; whoever deploys types it."""
    team: str
    deployment: str
    """"": the project has no production deployment yet; the deploy makes it."""
    url: str
    files: tuple[str, ...]
    """What is deployed, relative to the app."""


@dataclass(frozen=True, slots=True)
class ProductionDeploy:
    """How a deploy to production went."""

    push: Push
    deployment: str
    url: str
    key_left: str = ""
    """Why the key could not be deleted; "": it is gone."""


class Production:
    """Of one open project."""

    def __init__(
        self,
        backend: Backend,
        provisioning: Provisioning,
        sandbox: Sandbox,
        dev_server: DevServer,
        folder: Path,
        *,
        limit: float,
        on_line: OnLine,
    ) -> None:
        """limit: seconds for the CLI. on_line: receives what it prints."""
        self._backend = backend
        self._provisioning = provisioning
        self._sandbox = sandbox
        self._dev_server = dev_server
        self._folder = folder
        self._limit = limit
        self._on_line = on_line
        self._deploying: asyncio.Task[ProductionDeploy] | None = None

    async def plan(self) -> ProductionPlan:
        """Look, and change nothing. Raises NotConnectedYet, NoProduction, HttpError."""
        connection, token = await self._connection()
        async with ManagementApi(connection.provision_host, token) as api:
            found = await api.production_deployment(connection.project_id)
        files = await asyncio.to_thread(pushed_names, self._folder)
        name, url = (found.name, found.url) if found else ("", "")
        return ProductionPlan(connection.project, connection.team, name, url, tuple(files))

    async def deploy(self, typed_slug: str) -> ProductionDeploy:
        """Deploy what the folder holds now. typed_slug: the Convex project's, as the user typed it.

        A deploy that Convex refused is a result. Cancelling stops it and deletes the key.
        Raises NameNotTyped, NotProduction, and as `plan`.
        """
        connection, token = await self._connection()
        if typed_slug != connection.project:
            raise NameNotTyped(
                f"Deploying to production needs the project's name, {connection.project}. "
                "Nothing was deployed.",
                next_step="Type it when asked, or pipe it in.",
            )
        await self._sandbox.prepare(self._on_line)
        with self._dev_server.hold():
            self._deploying = asyncio.create_task(self._deploy(connection, token), name="production deploy")
            try:
                return await asyncio.shield(self._deploying)
            except asyncio.CancelledError:
                await self.close()
                raise

    async def close(self) -> None:
        """Stop a deploy that runs, and delete its key."""
        if self._deploying is not None:
            self._deploying.cancel()
            await asyncio.wait({self._deploying})

    async def _connection(self) -> tuple[Connected, Secret]:
        """The connection, its platform up, and the token that makes keys for one deployment alone."""
        connection = (await self._backend.target()).connection
        if connection.backend not in ("cloud", "emulator"):
            raise NoProduction(
                "A Convex backend of your own is one deployment; it has no other one for production.",
                next_step="Push to it with `vibe-tui push`, or connect to your production backend instead.",
            )
        token = await asyncio.to_thread(self._provisioning.key_maker)
        if token is None:
            raise NoProduction(
                "With the key that this project is connected with, no key for production can be made.",
                next_step="Make a production deploy key in the Convex dashboard, and run `npx convex deploy` "
                "with it in CONVEX_DEPLOY_KEY; or connect by signing in.",
            )
        return connection, token

    async def _deploy(self, connection: Connected, token: Secret) -> ProductionDeploy:
        key_name = self._provisioning.production_key_name
        async with ManagementApi(connection.provision_host, token) as api:
            deployment = await _production_of(api, connection.project_id)
            await delete_key(api, deployment.name, key_name)
            left = ""
            try:
                key = await _key_for(api, deployment.name, key_name)
                push = await self._run(connection, deployment, key)
            finally:
                left = await _deleted(api, deployment.name, key_name)
                if left:
                    self._on_line(left)
        return ProductionDeploy(push, deployment.name, deployment.url, left)

    async def _run(self, connection: Connected, deployment: ConvexDeployment, key: Secret) -> Push:
        async def is_up() -> bool:
            return await answers(deployment.url, connection.provision_host)

        return await run_convex(
            self._sandbox,
            ("deploy",),
            # Above everything in `.env.local`: what is there is for development.
            {"CONVEX_DEPLOY_KEY": key.reveal(), **platform_of(connection)},
            PushOutput(DEPLOYED),
            is_up=is_up,
            limit=self._limit,
            on_line=self._on_line,
        )


async def _production_of(api: ManagementApi, project_id: int) -> ConvexDeployment:
    """The default production deployment, made when there is none."""
    found = await api.production_deployment(project_id)
    if found is None:
        try:
            found = await api.create_production_deployment(project_id)
        except HttpError as error:
            if not error.answer_lost:
                raise
            found = await api.production_deployment(project_id)
            if found is None:
                raise
    if found.type != "prod":
        raise NotProduction(f"{found.name} is a {found.type} deployment. Nothing was deployed.")
    return found


async def _key_for(api: ManagementApi, deployment: str, name: str) -> Secret:
    key = await api.create_deploy_key(deployment, name, int((time.time() + KEY_LIFE) * 1000))
    if not key.reveal().startswith(f"prod:{deployment}|"):
        raise NotProduction(
            f"Convex gave a key that is not for {deployment} alone. Nothing was deployed.",
            next_step="Deploy from the Convex dashboard's instructions, with a production deploy key.",
        )
    return key


async def _deleted(api: ManagementApi, deployment: str, name: str) -> str:
    """Delete the key; why that failed, else ""."""
    try:
        await delete_key(api, deployment, name)
    except HttpError as error:
        return (
            f"The key “{name}” of this deploy could not be deleted: {error.message} "
            "It ends by itself within the hour."
        )
    return ""
