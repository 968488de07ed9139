"""The clock of a deployment: scheduled functions and cron jobs, also those of before a restart."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from pathlib import Path
from typing import Any

from vibe_tui.emulator.deployment.code import CodeStore
from vibe_tui.emulator.deployment.cron import next_run
from vibe_tui.emulator.deployment.database import JOBS, Database
from vibe_tui.emulator.deployment.files import write_private
from vibe_tui.emulator.deployment.journal import Commit, Document
from vibe_tui.emulator.deployment.runtime import Caller, Runtime
from vibe_tui.emulator.deployment.validation import table_of


class Jobs:
    """Runs what is due. A cron job that was missed while the emulator was off runs once."""

    def __init__(self, folder: Path, runtime: Runtime, database: Database, code: CodeStore) -> None:
        self._path = folder / "crons.json"
        self._runtime = runtime
        self._database = database
        self._code = code
        self._due: dict[str, float] = {}
        self._crons: dict[str, dict[str, Any]] = {}
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[Any]] = set()
        self._clock: asyncio.Task[None] | None = None
        database.committed.append(self._note)

    async def start(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._crons = json.loads(await asyncio.to_thread(self._path.read_text, "utf-8"))
        for job in self._database.table(JOBS):
            self._note_job(job["_id"], job)
        self._clock = asyncio.create_task(self._run())

    async def stop(self) -> None:
        tasks = [*self._running, *([self._clock] if self._clock else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def code_changed(self) -> None:
        """Take the cron jobs of the live code; one whose schedule is the same keeps its next time."""
        now = time.time()
        crons: dict[str, dict[str, Any]] = {}
        for name, spec in (self._code.live.crons if self._code.live else {}).items():
            known = self._crons.get(name)
            if known is not None and known["spec"] == spec:
                crons[name] = known
            else:
                # As Convex: an interval runs for the first time when it is deployed.
                is_interval = spec["schedule"]["type"] == "interval"
                crons[name] = {"spec": spec, "next": now if is_interval else next_run(spec["schedule"], now)}
        if crons != self._crons:
            self._crons = crons
            await self._save()
        self._wake.set()

    async def _save(self) -> None:
        await asyncio.to_thread(write_private, self._path, json.dumps(self._crons).encode())

    def _note(self, commit: Commit) -> None:
        for id_, document in commit.documents.items():
            if table_of(id_) == JOBS:
                self._note_job(id_, document)

    def _note_job(self, id_: str, document: Document | None) -> None:
        if document is not None and document["state"]["kind"] == "pending":
            self._due[id_] = document["scheduledTime"] / 1000
        else:
            self._due.pop(id_, None)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            await self._start_due(time.time())
            times = [*self._due.values(), *(cron["next"] for cron in self._crons.values())]
            # At most an hour at a time: a laptop that slept has to notice that the time has come.
            pause = min(max(0.0, min(times) - time.time()), 3600) if times else None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)

    async def _start_due(self, now: float) -> None:
        for id_ in sorted((id_ for id_, when in self._due.items() if when <= now), key=self._due.__getitem__):
            del self._due[id_]
            self._spawn(self._runtime.run_job(id_))
        due = [cron for cron in self._crons.values() if cron["next"] <= now]
        for cron in due:
            spec = cron["spec"]
            cron["next"] = next_run(spec["schedule"], now)
            args = spec["args"][0] if spec["args"] else {}
            self._spawn(self._runtime.run(spec["name"], args, Caller(admin=True, origin="Cron")))
        if due:
            # Not being able to note it costs one run too many after a restart.
            with contextlib.suppress(OSError):
                await self._save()

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
