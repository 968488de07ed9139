"""Reaching the deployment for as long as the Backend screen is open, and how that stands."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from vibe_tui.services.convex.backend import DeploymentGone, NotConnectedYet
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.deployment_http import KeyRefused
from vibe_tui.services.convex.provisioning import KeyMissing
from vibe_tui.services.convex.reach import reach, stored_connection
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http_errors import RateLimited
from vibe_tui.services.model import Connected, Project
from vibe_tui.services.paths import Home
from vibe_tui.services.settings import Settings

RETRY_SECONDS = (2.0, 3.0, 5.0, 10.0)
"""Waits between tries to reach a deployment that does not answer; the last repeats."""
LOOK_SECONDS = 1.5
"""How often we look whether somebody has changed the connection."""


@dataclass(frozen=True, slots=True)
class Trying:
    line: str = ""
    """What starting the emulator said last. Untrusted."""


@dataclass(frozen=True, slots=True)
class Reached:
    connection: Connected
    api: DeploymentApi


@dataclass(frozen=True, slots=True)
class Unreachable:
    problem: VibeError
    retry_at: float
    """By the monotonic clock."""


@dataclass(frozen=True, slots=True)
class NeedsSignIn:
    """The key is not good any more, or is not there: no try will help."""

    problem: VibeError


@dataclass(frozen=True, slots=True)
class Gone:
    """The deployment is not there any more."""

    problem: VibeError


@dataclass(frozen=True, slots=True)
class Disconnected:
    """Whoever disconnected the project, there is nothing to look at."""


Reaching = Trying | Reached | Unreachable | NeedsSignIn | Gone | Disconnected


class Connection:
    """`run` it beside the page; cancelling it lets go of everything."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        project: Project,
        *,
        on_change: Callable[[Reaching], None],
        on_wait: Callable[[float, str], None],
    ) -> None:
        """on_change: told how it stands, also when that is as before.

        on_wait: told the seconds until the deployment is asked again, and why.
        """
        self._home = home
        self._settings = settings
        self._project = project
        self._on_change = on_change
        self._on_wait = on_wait
        self._reached: Reached | None = None
        self._again = asyncio.Event()
        self._seen = (0, 0)

    def try_now(self) -> None:
        """Somebody wants it, or a request failed: see whether the deployment answers."""
        self._again.set()

    async def run(self) -> None:
        """Until the project is disconnected."""
        failures = 0
        # An api that may be in use is closed at the end only; only a new address or key needs a new one.
        async with AsyncExitStack() as kept:
            self._on_change(Trying())
            while True:
                self._again.clear()
                try:
                    await self._reach(kept)
                    failures = 0
                    await self._watch()
                except NotConnectedYet:
                    self._on_change(Disconnected())
                    return
                except (KeyRefused, KeyMissing) as problem:
                    self._on_change(NeedsSignIn(problem))
                    await self._wait(None)
                except DeploymentGone as problem:
                    self._on_change(Gone(problem))
                    await self._wait(None)
                except VibeError as problem:
                    wait = _wait_for(problem, failures)
                    failures += 1
                    self._on_change(Unreachable(problem, time.monotonic() + wait))
                    await self._wait(wait)

    async def _reach(self, kept: AsyncExitStack) -> None:
        self._seen = await asyncio.to_thread(self._stamp)
        async with AsyncExitStack() as trial:
            api = await trial.enter_async_context(
                reach(self._home, self._settings, self._project, on_line=self._say, on_wait=self._on_wait)
            )
            await api.check()
            stored = await stored_connection(self._home, self._settings, self._project)
            if not isinstance(stored, Connected):
                raise NotConnectedYet
            connection = replace(stored, url=api.url)
            now = self._reached
            if now is not None and (now.api.url, now.api.key) == (api.url, api.key):
                api = now.api
            else:
                kept.push_async_callback(trial.pop_all().aclose)
            self._reached = Reached(connection, api)
            self._on_change(self._reached)

    async def _watch(self) -> None:
        """Return when there is a reason to reach it again."""
        assert self._reached is not None, "reached before it is watched"
        while not self._again.is_set():
            await self._wait(None)
            stored = await stored_connection(self._home, self._settings, self._project)
            if not isinstance(stored, Connected) or _identity(stored) != _identity(self._reached.connection):
                return

    async def _wait(self, seconds: float | None) -> None:
        """Until somebody wants another try, the project's store was written, or the time is over."""
        end = math.inf if seconds is None else time.monotonic() + seconds
        while not self._again.is_set() and (left := end - time.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._again.wait(), min(LOOK_SECONDS, left))
            stamp = await asyncio.to_thread(self._stamp)
            if stamp != self._seen:
                self._seen = stamp
                return

    def _stamp(self) -> tuple[int, int]:
        """Differs after the project's store was written. Blocking."""
        try:
            found = self._home.project_store(self._project.id).stat()
        except OSError:
            return 0, 0
        return found.st_mtime_ns, found.st_ino

    def _say(self, line: str) -> None:
        self._on_change(Trying(line))


def _identity(connection: Connected) -> tuple[str, str, str, str]:
    """What makes it another connection; an emulator may come back at another address."""
    return connection.backend, connection.deployment, connection.key_ref, connection.key_name


def _wait_for(problem: VibeError, failures: int) -> float:
    asked = problem.retry_after if isinstance(problem, RateLimited) else None
    usual = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
    return max(usual, asked or 0.0)
