"""The Convex backend of one project: connecting, disconnecting, and having its deployment up."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from vibe_tui.services.convex.connect import ConnectMethod, SignInPorts, Target
from vibe_tui.services.convex.emulator_host import EmulatorHost
from vibe_tui.services.convex.journal import Begun
from vibe_tui.services.convex.key_check import key_problem
from vibe_tui.services.convex.key_methods import KeyMethod
from vibe_tui.services.convex.local_emulator import EmulatorInfo
from vibe_tui.services.convex.provisioning import DisconnectStep, How, Provisioning
from vibe_tui.services.convex.push import PushTarget, remove_variables
from vibe_tui.services.convex.reachability import Pulse, answers
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected, Connecting, Connection
from vibe_tui.services.part import Part
from vibe_tui.services.sandbox.base import OnLine, Sandbox
from vibe_tui.services.sandbox.local import SandboxGone


class NotConnectedYet(VibeError):
    code = "not_connected"

    def __init__(self) -> None:
        super().__init__(
            "The project is not connected to Convex.",
            next_step="Run `vibe-tui connect` first; it needs no account.",
        )


class DeploymentGone(VibeError):
    code = "deployment_gone"


@dataclass(frozen=True, slots=True)
class StepDone:
    """One step of disconnecting, as it went."""

    step: DisconnectStep


class Backend(Part[Connection, StepDone]):
    """The connection's state, and the commands that change it.

    on_line: receives what starting the emulator prints.
    """

    def __init__(
        self, provisioning: Provisioning, emulator: EmulatorHost, sandbox: Sandbox, on_line: OnLine
    ) -> None:
        super().__init__(provisioning.connection())
        self._provisioning = provisioning
        self._emulator = emulator
        self._sandbox = sandbox
        self._on_line = on_line
        self._using_emulator = ExitStack()
        self._uses_emulator = False

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
        Raises what went wrong; the state is then Failed, with the reason.
        """
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
        if connection.backend == "emulator" and not await asyncio.to_thread(self._emulator.runs):
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
        if kind == "emulator" and how != "forget":
            await self._start_emulator()
        steps = await self._provisioning.disconnect(
            how, lambda step: self._emit(StepDone(step)), typed_name=typed_name
        )
        if all(step.ok for step in steps):
            steps.append(await self._remove_variables())
            self._emit(StepDone(steps[-1]))
        self._become(await asyncio.to_thread(self._provisioning.connection))
        return steps

    async def target(self) -> PushTarget:
        """Where to push to. An emulated deployment is started first if it does not run.

        Raises NotConnectedYet, DeploymentGone, and what starting the emulator raises.
        """
        connection = self.state
        if not isinstance(connection, Connected):
            raise NotConnectedYet
        if connection.backend == "emulator":
            connection = await self._up(connection)
        key = await asyncio.to_thread(self._provisioning.deploy_key)
        return PushTarget(connection, key, partial(self._is_up, connection))

    async def pulse(self) -> Pulse:
        """How the deployment is, without starting anything."""
        connection = self.state
        if not isinstance(connection, Connected):
            return "silent"
        if connection.backend == "emulator":
            address = await asyncio.to_thread(self._emulator.address, connection.deployment)
            if address != connection.url:
                return "gone"
        return "answers" if await self._is_up(connection) else "silent"

    def close(self) -> None:
        """Let go of the emulator; it ends by itself once nobody uses it."""
        self._using_emulator.close()

    async def _remove_variables(self) -> DisconnectStep:
        title = "Removing our variables from .env.local"
        try:
            await remove_variables(self._sandbox)
        except SandboxGone:
            return DisconnectStep(title, ok=True, reason="The folder is gone, and they with it.")
        except VibeError as problem:
            return DisconnectStep(title, ok=False, reason=f"{problem.message} {problem.next_step}".strip())
        return DisconnectStep(title, ok=True)

    async def _is_up(self, connection: Connected) -> bool:
        if connection.backend == "emulator":
            return await asyncio.to_thread(self._emulator.runs)
        # With a deploy key of the cloud, the CLI first asks the platform where the deployment is.
        platform = [connection.provision_host] if connection.backend == "cloud" else []
        return await answers(connection.url, *platform)

    def _step(self, step: Connecting) -> None:
        self._become(step)

    async def _up(self, connection: Connected) -> Connected:
        """The emulated deployment runs, at the addresses it has now."""
        info = await self._start_emulator()
        if connection.deployment not in info.deployments:
            raise DeploymentGone(
                f"The emulator has no deployment {connection.deployment} any more.",
                next_step="Run `vibe-tui disconnect`, then `vibe-tui connect`. The code stays.",
            )
        now = await asyncio.to_thread(self._provisioning.connection)
        assert isinstance(now, Connected)
        self._become(now)
        return now

    async def _start_emulator(self) -> EmulatorInfo:
        """The emulator runs as long as we do; our journal has its addresses, which may be new."""
        if not self._uses_emulator:
            await asyncio.to_thread(self._using_emulator.enter_context, self._emulator.lease())
            self._uses_emulator = True
        info = await self._emulator.ensure(self._on_line)
        await asyncio.to_thread(self._provisioning.emulator_is_at, info.host, info.deployments)
        return info
