"""The Convex backend of one project: connecting, disconnecting, and having its deployment up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

from vibe_tui.services.convex.connect import ConnectMethod, SignInPorts, Target
from vibe_tui.services.convex.journal import Begun
from vibe_tui.services.convex.key_check import key_problem
from vibe_tui.services.convex.key_methods import KeyMethod
from vibe_tui.services.convex.local_backend_host import LocalBackendHost
from vibe_tui.services.convex.out_of_reach import out_of_reach
from vibe_tui.services.convex.provisioning import DisconnectStep, How, Provisioning
from vibe_tui.services.convex.push import PushTarget, remove_variables
from vibe_tui.services.convex.reachability import Pulse, answers
from vibe_tui.services.convex.running_here import DeploymentGone, RunningHere
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected, Connecting, Connection
from vibe_tui.services.part import Part
from vibe_tui.services.sandbox.base import Sandbox
from vibe_tui.services.sandbox.local import SandboxFolderGone

__all__ = ["Backend", "DeploymentGone", "NotConnectedYet", "StepDone"]


class NotConnectedYet(VibeError):
    code = "not_connected"

    def __init__(self) -> None:
        super().__init__(
            "The project is not connected to Convex.",
            next_step="Run `vibe-tui connect` first; it needs no account.",
        )


@dataclass(frozen=True, slots=True)
class StepDone:
    """One step of disconnecting, as it went."""

    step: DisconnectStep


class Backend(Part[Connection, StepDone]):
    """The connection's state, and the commands that change it."""

    def __init__(
        self,
        provisioning: Provisioning,
        here: RunningHere,
        local_backend: LocalBackendHost,
        sandbox: Sandbox,
        *,
        reaches_here: bool = True,
    ) -> None:
        """reaches_here: whether what runs in the sandbox can reach what answers on this computer only."""
        super().__init__(provisioning.connection())
        self._local_backend = local_backend
        self._provisioning = provisioning
        self._here = here
        self._sandbox = sandbox
        self.reaches_here = reaches_here

    async def connect(
        self,
        method: ConnectMethod | KeyMethod,
        *,
        target: Target,
        sign_in: SignInPorts,
        new_key: bool = False,
    ) -> Connected:
        """Connect, or finish a connecting that was cut off. Steps show in the state.

        new_key: see Provisioning.connect.
        Raises OutOfReach before anything is done, else what went wrong: the state is then Failed, with the
        reason.
        """
        self._require_reach(method.name)
        try:
            connected = await self._provisioning.connect(
                method, target=target, on_step=self._step, sign_in=sign_in, new_key=new_key
            )
        finally:
            self._become(await asyncio.to_thread(self._provisioning.connection))
        return connected

    async def abandon(self) -> str:
        """See Provisioning.abandon."""
        try:
            return await self._provisioning.abandon()
        finally:
            self._become(await asyncio.to_thread(self._provisioning.connection))

    async def begun(self) -> Begun | None:
        """See Provisioning.begun."""
        return await asyncio.to_thread(self._provisioning.begun)

    async def remembered_teams(self, provision_host: str) -> list[str]:
        """See Provisioning.remembered_teams."""
        return await asyncio.to_thread(self._provisioning.remembered_teams, provision_host)

    async def key_problem(self) -> VibeError | None:
        """Why the deployment does not take the key; None: it does, does not answer, or is not started."""
        connection = self.state
        if not isinstance(connection, Connected):
            return None
        if not await self._here.address(connection):
            return None
        key = await asyncio.to_thread(self._provisioning.deploy_key)
        return await key_problem(connection.url, key)

    async def attached_project(self) -> str:
        """See Provisioning.attached_project."""
        return await asyncio.to_thread(self._provisioning.attached_project)

    async def disconnect(self, how: How, *, typed_name: str = "") -> list[DisconnectStep]:
        """Undo the connection as far as `how` says, then take our variables out of `.env.local`.

        Each step is told as it is done. The dev server has to be stopped before.
        typed_name: the slug of the Convex project as the user typed it; needed to delete one that was there
        before us. Raises NameNotTyped, CannotDelete.
        """
        kind = await asyncio.to_thread(self._provisioning.backend)
        steps: list[DisconnectStep] = []
        if kind == "emulator" and how != "forget":
            await self._emulator_up()
        if kind == "local-backend":
            steps.append(await self._end_local_backend(how))
            self._emit(StepDone(steps[-1]))
        steps += await self._provisioning.disconnect(
            how, lambda step: self._emit(StepDone(step)), typed_name=typed_name
        )
        if all(step.ok for step in steps):
            steps.append(await self._remove_variables())
            self._emit(StepDone(steps[-1]))
        self._become(await asyncio.to_thread(self._provisioning.connection))
        return steps

    async def target(self) -> PushTarget:
        """Where to push to. A deployment of this computer is started first if it does not run.

        Raises NotConnectedYet, OutOfReach, and as RunningHere.up.
        """
        connection = self.state
        if not isinstance(connection, Connected):
            raise NotConnectedYet
        self._require_reach(connection.backend, connection.url)
        connection = await self._up(connection)
        key = await asyncio.to_thread(self._provisioning.deploy_key)
        return PushTarget(connection, key, partial(self._is_up, connection))

    async def pulse(self) -> Pulse:
        """How the deployment is, without starting anything."""
        connection = self.state
        if not isinstance(connection, Connected):
            return "silent"
        if await self._here.address(connection) != connection.url:
            return "gone"
        return "answers" if await self._is_up(connection) else "silent"

    def close(self) -> None:
        """Let go of what we keep running; it ends by itself once nobody uses it."""
        self._here.close()

    def _require_reach(self, way: str, url: str = "") -> None:
        if not self.reaches_here and (obstacle := out_of_reach(way, url)) is not None:
            raise obstacle

    async def _remove_variables(self) -> DisconnectStep:
        title = "Removing our variables from .env.local"
        try:
            await remove_variables(self._sandbox)
        except SandboxFolderGone:
            return DisconnectStep(title, ok=True, reason="The folder is gone, and they with it.")
        except VibeError as problem:
            return DisconnectStep(title, ok=False, reason=f"{problem.message} {problem.next_step}".strip())
        return DisconnectStep(title, ok=True)

    async def _is_up(self, connection: Connected) -> bool:
        if not await self._here.address(connection):
            return False
        # With a deploy key of the cloud, the CLI first asks the platform where the deployment is.
        platform = [connection.provision_host] if connection.backend == "cloud" else []
        return await answers(connection.url, *platform)

    def _step(self, step: Connecting) -> None:
        self._become(step)

    async def _up(self, connection: Connected) -> Connected:
        """A deployment of this computer runs, and our journal has its addresses, which may be new."""
        place = await self._here.up(connection)
        if place is None:
            return connection
        await asyncio.to_thread(self._provisioning.is_at, place.host, place.url, place.site_url)
        now = await asyncio.to_thread(self._provisioning.connection)
        assert isinstance(now, Connected)
        self._become(now)
        return now

    async def _emulator_up(self) -> None:
        """Also for a connection that is half made or half undone."""
        info = await self._here.emulator_up()
        await asyncio.to_thread(self._provisioning.emulator_is_at, info.host, info.deployments)

    async def _end_local_backend(self, how: How) -> DisconnectStep:
        """Its old key opens it as long as it runs."""
        if how == "delete-project":
            await self._local_backend.delete()
            return DisconnectStep("Ending the local backend and deleting its data", ok=True)
        await self._local_backend.stop()
        return DisconnectStep("Ending the local backend", ok=True)
