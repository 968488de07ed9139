"""One push: `.env.local`, then the unmodified Convex CLI in the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from vibe_tui.services.clock import now
from vibe_tui.services.convex.env_file import variables, with_connection, without_connection
from vibe_tui.services.convex.push_output import PushOutput
from vibe_tui.services.model import Connected, Push
from vibe_tui.services.sandbox.base import Command, OnLine, Running, Sandbox
from vibe_tui.services.secret import Secret

ARGUMENTS = ("dev", "--once", "--tail-logs", "disable")
LOOK_SECONDS = 1.0
"""Between two looks at the deployment during a push."""
DEFAULT_PROVISION_HOST = "https://api.convex.dev"


@dataclass(frozen=True, slots=True)
class PushTarget:
    """Where a push goes: a connection whose deployment is up, and the key that opens it."""

    connection: Connected
    key: Secret
    is_up: Callable[[], Awaitable[bool]]
    """Whether the deployment can answer; cheap, and never raises."""


async def run_push(sandbox: Sandbox, target: PushTarget, *, limit: float, on_line: OnLine) -> Push:
    """Write `.env.local` and run `npx convex dev --once`; its lines go to `on_line`.

    limit: seconds; the CLI retries some server errors for ever, so there must be one.
    A deployment that does not answer is not pushed to: the CLI would try for half a minute and more.
    Raises what `sandbox.prepare` and the sandbox's file access raise. Cancelling stops the CLI.
    """
    if not await _still_up(target.is_up):
        return unreachable("The Convex deployment does not answer.")
    await sandbox.prepare(on_line)
    await write_variables(sandbox, target)
    return await run_convex(
        sandbox,
        ARGUMENTS,
        platform_of(target.connection) if target.connection.backend == "cloud" else {},
        PushOutput(),
        is_up=target.is_up,
        limit=limit,
        on_line=on_line,
    )


def platform_of(connection: Connected) -> dict[str, str]:
    """The variables with which the CLI asks the right platform for the deployment of its deploy key."""
    if connection.provision_host == DEFAULT_PROVISION_HOST:
        return {}
    return {"CONVEX_PROVISION_HOST": connection.provision_host}


async def run_convex(
    sandbox: Sandbox,
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    output: PushOutput,
    *,
    is_up: Callable[[], Awaitable[bool]],
    limit: float,
    on_line: OnLine,
) -> Push:
    """Run `npx convex` with these arguments to its end, or until the deployment is gone; `output` judges it.

    environment: added to the command's own; the only place for a key that is not in `.env.local`.
    """
    on_line(f"$ npx convex {' '.join(arguments)}")

    def take(line: str) -> None:
        output.take(line)
        on_line(line)

    environment = {"CI": "1", "FORCE_COLOR": "1", **environment}
    running = await sandbox.start(
        Command(argv=sandbox.convex(*arguments), env=environment, limit=limit), take
    )
    down = asyncio.Event()
    watch = asyncio.create_task(_stop_when_down(is_up, running, down), name="watch deployment")
    try:
        ended = await running.wait()
    except asyncio.CancelledError:
        await asyncio.shield(running.stop())
        raise
    finally:
        watch.cancel()
        await asyncio.wait({watch})
    result, reason, problems = output.judge(ended)
    if down.is_set():
        result, reason = "unreachable", "The Convex deployment went away during the push."
    return Push(
        result=result,
        seconds=ended.seconds,
        reason=reason,
        problems=problems,
        exit_code=ended.code,
        finished_at=now(),
    )


def unreachable(reason: str) -> Push:
    """A push that was not begun."""
    return Push("unreachable", 0.0, reason=reason, finished_at=now())


async def _stop_when_down(
    is_up: Callable[[], Awaitable[bool]], running: Running, down: asyncio.Event
) -> None:
    """End the CLI once the deployment is gone: it would go on trying until its time is over."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if not await _still_up(is_up):
            break
    down.set()
    await running.stop()


async def _still_up(is_up: Callable[[], Awaitable[bool]]) -> bool:
    """One lost request means nothing yet."""
    return await is_up() or await is_up()


async def write_variables(sandbox: Sandbox, target: PushTarget) -> None:
    """Bring `.env.local` up to date; it is left alone when it already is."""
    text = await sandbox.read_env_file()
    wanted = with_connection(text, variables(target.connection, target.key))
    if wanted != text:
        await sandbox.write_env_file(wanted)


async def remove_variables(sandbox: Sandbox) -> None:
    """Take our variables out of `.env.local` again."""
    text = await sandbox.read_env_file()
    wanted = without_connection(text)
    if wanted != text:
        await sandbox.write_env_file(wanted)
