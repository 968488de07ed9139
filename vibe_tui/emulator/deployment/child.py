"""The live Node child: started when needed, loaded with the live code and data, renewed after changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from vibe_tui.emulator.deployment.code import Code, CodeStore
from vibe_tui.emulator.deployment.database import JOBS, Database
from vibe_tui.emulator.deployment.environment import Environment
from vibe_tui.emulator.deployment.errors import FunctionFailed, Refusal
from vibe_tui.emulator.deployment.executor import Executor, Messages, Program

_LOAD_LIMIT = 60.0
_ABANDON_LIMIT = 10.0
ANALYSIS_LIMIT = 30.0


class Child:
    """upload: told the token of each upload URL that user code makes."""

    def __init__(
        self,
        program: Program,
        database: Database,
        code: CodeStore,
        environment: Environment,
        *,
        site_url: str,
        upload: Callable[[str], None],
    ) -> None:
        self._program = program
        self._database = database
        self._code = code
        self._environment = environment
        self._site_url = site_url
        self._executor = Executor(program, Messages(commit=database.commit, upload=upload))
        self._starting = asyncio.Lock()
        self._stale = False
        self._warming: asyncio.Task[Executor] | None = None

    async def ready(self) -> Executor:
        """The child, started and loaded. The caller sends its request without awaiting in between."""
        async with self._starting:
            executor = self._executor
            if self._stale and not executor.busy:
                await executor.stop()
            if not executor.running:
                await executor.start()
                self._stale = False
                try:
                    await self._load(executor, data=self._database.load_fields)
                    running = [
                        d["_id"] for d in self._database.table(JOBS) if d["state"]["kind"] == "inProgress"
                    ]
                    if running:
                        await executor.request("abandon", _ABANDON_LIMIT, jobs=running)
                except (FunctionFailed, Refusal) as error:
                    await executor.stop()
                    raise FunctionFailed(error.message) from error
            return executor

    async def _load(self, executor: Executor, data: dict[str, Any] | None) -> None:
        live = self._code.live
        fields = live.load_fields if live else {"code": "", "modules": [], "schema": None}
        await executor.request("load", _LOAD_LIMIT, **fields, environment=self._variables, data=data)

    @property
    def _variables(self) -> dict[str, str]:
        return {
            **self._environment.values,
            "CONVEX_CLOUD_URL": self._program.cloud_url,
            "CONVEX_SITE_URL": self._site_url,
        }

    async def analyse(self, code: Code) -> dict[str, Any]:
        """Import pushed code in a process of its own. Raises Refusal naming the module that is wrong."""
        executor = Executor(self._program)
        try:
            await executor.start()
            found = await executor.request(
                "analyse", ANALYSIS_LIMIT, **code.load_fields, environment=self._variables
            )
        except FunctionFailed as failure:
            raise Refusal("InvalidModules", f"Failed to analyze the code: {failure.message}") from failure
        finally:
            await executor.stop()
        return dict(found)

    async def renew(self) -> None:
        """A process keeps the modules it imported: replace it, or, while actions run in it, add to it."""
        async with self._starting:
            if self._executor.running and self._executor.busy:
                await self._load(self._executor, data=None)
                self._stale = True
            elif self._executor.running:
                await self._executor.stop()
                self._warm()

    def _warm(self) -> None:
        self._warming = asyncio.create_task(self.ready())
        # The next call meets the same problem and reports it.
        self._warming.add_done_callback(lambda task: None if task.cancelled() else task.exception())

    async def close(self) -> None:
        if self._warming is not None:
            self._warming.cancel()
        await self._executor.stop()
