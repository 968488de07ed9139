"""Scheduled functions, and cron jobs."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.emulator.deployment.deployment_client import (
    KEY,
    Cli,
    Client,
    make_project,
    open_deployment,
    until,
    write,
)
from tests.emulator.deployment.test_crashes import children_of
from vibe_tui.emulator.deployment import Deployment
from vibe_tui.emulator.deployment.cron import next_run


async def state_of(client: Client, job: str) -> str:
    [found] = [it for it in await client.query("messages:jobs") if it["_id"] == job]
    return str(found["state"]["kind"])


async def test_a_scheduled_function_runs_in_time(client: Client) -> None:
    job = await client.mutation("messages:later", milliseconds=150, body="now")
    assert await state_of(client, job) == "pending"

    async def done() -> bool:
        return await state_of(client, job) == "success"

    await until(done)
    [message] = await client.query("messages:list")
    assert (message["author"], message["body"]) == ("the past", "now")


async def test_far_in_the_future_is_not_now(client: Client) -> None:
    job = await client.mutation("messages:later", milliseconds=40 * 24 * 3600 * 1000, body="in 40 days")
    soon = await client.mutation("messages:later", milliseconds=0, body="now")

    async def done() -> bool:
        return await state_of(client, soon) == "success"

    await until(done)
    assert await state_of(client, job) == "pending"


async def test_a_cancelled_function_does_not_run(client: Client) -> None:
    job = await client.mutation("messages:later", milliseconds=100, body="never")
    await client.mutation("messages:cancel", job=job)
    later = await client.mutation("messages:later", milliseconds=200, body="after it")

    async def done() -> bool:
        return await state_of(client, later) == "success"

    await until(done)
    assert await state_of(client, job) == "canceled"
    assert [message["body"] for message in await client.query("messages:list")] == ["after it"]


async def test_a_failing_function_is_marked_and_logged(client: Client, admin: Client) -> None:
    job = await client.mutation("messages:later", milliseconds=0, body="fail")

    async def failed() -> bool:
        return await state_of(client, job) == "failed"

    await until(failed)
    assert await client.query("messages:list") == []

    async def logged() -> Any:
        entries = (await admin.get("/api/stream_function_logs?cursor=0"))["entries"]
        return [entry for entry in entries if entry["caller"] == "Scheduler"]

    [entry] = await until(logged)
    assert "not delivered" in entry["error"]


async def test_scheduled_functions_survive_a_restart(
    folder: Path, toolchain: Path, session: ClientSession
) -> None:
    first = open_deployment(folder, toolchain)
    await first.start()
    await Client(session, first.url).mutation("messages:later", milliseconds=300, body="later")
    await first.stop()
    again = open_deployment(folder, toolchain)
    await again.start()
    try:
        client = Client(session, again.url)

        async def arrived() -> Any:
            return await client.query("messages:list")

        assert len(await until(arrived)) == 1
    finally:
        await again.stop()


async def test_cron_jobs_run_and_survive_a_killed_child(
    tmp_path: Path, toolchain: Path, empty: Deployment, session: ClientSession
) -> None:
    project = make_project(tmp_path / "project", toolchain)
    write(
        project,
        ticks="""
        import { internalMutation, query } from "./_generated/server";
        export const tick = internalMutation({ args: {}, handler: async (ctx) => {
          await ctx.db.insert("ticks", {});
        } });
        export const count = query({ args: {}, handler: async (ctx) =>
          (await ctx.db.query("ticks").collect()).length });
        """,
        crons="""
        import { cronJobs } from "convex/server";
        import { internal } from "./_generated/api";
        const crons = cronJobs();
        crons.interval("tick", { seconds: 1 }, internal.ticks.tick, {});
        crons.daily("rare", { hourUTC: 3, minuteUTC: 0 }, internal.ticks.tick, {});
        export default crons;
        """,
    )
    ended = await Cli(project, empty).push()
    assert ended.code == 0, ended.stderr
    client = Client(session, empty.url, f"Convex {KEY}")

    async def counted(least: int) -> bool:
        return int(await client.query("ticks:count")) >= least

    await until(lambda: counted(1))
    [child] = children_of(os.getpid())
    os.kill(child, signal.SIGKILL)
    await until(lambda: counted(3))


MONDAY = datetime(2024, 1, 15, 10, 30, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"type": "interval", "minutes": 5}, datetime(2024, 1, 15, 10, 35, 20)),
        ({"type": "hourly", "minuteUTC": 30}, datetime(2024, 1, 15, 11, 30)),
        ({"type": "hourly"}, datetime(2024, 1, 15, 11, 0)),
        ({"type": "daily", "hourUTC": 9, "minuteUTC": 0}, datetime(2024, 1, 16, 9, 0)),
        ({"type": "weekly", "dayOfWeek": "Monday", "hourUTC": 10}, datetime(2024, 1, 22, 10, 0)),
        ({"type": "monthly", "day": 31, "hourUTC": 0, "minuteUTC": 5}, datetime(2024, 1, 31, 0, 5)),
        ({"type": "cron", "cron": "*/15 * * * *"}, datetime(2024, 1, 15, 10, 45)),
        ({"type": "cron", "cron": "0 9-17/4 * * MON-FRI"}, datetime(2024, 1, 15, 13, 0)),
        ({"type": "cron", "cron": "0 0 29 feb *"}, datetime(2024, 2, 29, 0, 0)),
        ({"type": "cron", "cron": "0 0 1 * 7"}, datetime(2024, 1, 21, 0, 0)),
    ],
)
def test_when_a_cron_job_runs_next(schedule: dict[str, Any], expected: datetime) -> None:
    assert next_run(schedule, MONDAY.timestamp()) == expected.replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize("cron", ["* * * *", "61 * * * *", "x * * * *", "0 0 31 2 *"])
def test_cron_expressions_that_mean_nothing(cron: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        next_run({"type": "cron", "cron": cron}, MONDAY.timestamp())


async def test_an_interrupted_action_is_not_repeated(
    tmp_path: Path, toolchain: Path, empty: Deployment, session: ClientSession
) -> None:
    project = make_project(tmp_path / "project", toolchain)
    write(
        project,
        slow="""
        import { internal } from "./_generated/api";
        import { internalAction, mutation, query } from "./_generated/server";
        export const never = internalAction({ args: {}, handler: async (): Promise<null> =>
          await new Promise(() => setTimeout(() => null, 60000)) });
        export const start = mutation({ args: {}, handler: async (ctx): Promise<string> =>
          await ctx.scheduler.runAfter(0, internal.slow.never, {}) });
        export const states = query({ args: {}, handler: async (ctx): Promise<string[]> =>
          (await ctx.db.system.query("_scheduled_functions").collect()).map((job) => job.state.kind) });
        """,
    )
    ended = await Cli(project, empty).push()
    assert ended.code == 0, ended.stderr
    client = Client(session, empty.url)
    await client.mutation("slow:start")

    async def states_are(wanted: list[str]) -> bool:
        return bool(await client.query("slow:states") == wanted)

    await until(lambda: states_are(["inProgress"]))
    [child] = children_of(os.getpid())
    os.kill(child, signal.SIGKILL)
    await until(lambda: states_are(["failed"]))
    assert await states_are(["failed"])
