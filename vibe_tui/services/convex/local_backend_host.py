"""Convex's own local backend as the product uses it: one for each project, in the background, on loopback.

Like the emulator it is a process of its own that others find through files: `backend.lock` is held while its
keeper runs (local_backend_keeper.py), `backend.json` says how to reach it, `leases/` who uses it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vibe_tui.services.atomic import FileLock, private_folder, write_error
from vibe_tui.services.convex.emulator_lease import EmulatorLease, is_held
from vibe_tui.services.convex.journal import SecretRefs
from vibe_tui.services.convex.local_backend_binary import (
    LocalBackendFailed,
    LocalBackendMissing,
    admin_key,
    find_binary,
)
from vibe_tui.services.convex.local_backend_keeper import ALREADY_RUNNING, LOCK, PUBLISHED
from vibe_tui.services.credentials import Credentials
from vibe_tui.services.paths import Home
from vibe_tui.services.process import base_environment
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import clean, redact

IDLE_LIMIT = 600.0
"""Seconds without a lease after which it ends by itself."""
_START_LIMIT = 45.0
"""Seconds; a backend with much data takes its time."""
_STOP_LIMIT = 12.0
_POLL = 0.05


@dataclass(frozen=True, slots=True)
class LocalBackend:
    """A running one."""

    pid: int
    """Of its keeper."""
    port: int
    site_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def site_url(self) -> str:
        return f"http://127.0.0.1:{self.site_port}"


class LocalBackendHost:
    """Starts and stops the local backend of one project."""

    def __init__(
        self,
        home: Home,
        project_id: str,
        credentials: Credentials,
        environ: Mapping[str, str],
        *,
        idle_limit: float = IDLE_LIMIT,
    ) -> None:
        self.instance = f"vibe-tui-{project_id}"
        """Its name, as it stands before the bar of its admin key."""
        self._folder = home.project(project_id) / "local-backend"
        self._ref = SecretRefs(project_id).instance_secret
        self._credentials = credentials
        self._environ = environ
        self._idle_limit = idle_limit

    def binary(self) -> Path:
        """Blocking. Raises LocalBackendMissing."""
        found = find_binary(self._environ)
        if found is None:
            raise LocalBackendMissing
        return found

    async def admin_key(self) -> Secret:
        """Raises LocalBackendMissing, LocalBackendFailed and what the credential store raises."""
        binary = await asyncio.to_thread(self.binary)
        return await admin_key(binary, self.instance, await asyncio.to_thread(self._secret), self._environ)

    async def ensure(self) -> LocalBackend:
        """The running one, started first if need be; it answers when this returns.

        Raises LocalBackendMissing, LocalBackendFailed and what the credential store raises.
        """
        deadline = time.monotonic() + _START_LIMIT
        while time.monotonic() < deadline:
            info = await asyncio.to_thread(self.running)
            if info is not None:
                return info
            await self._start(deadline - time.monotonic())
            await asyncio.sleep(_POLL)
        raise self._failed("it did not answer in time.")

    def running(self) -> LocalBackend | None:
        """None when it does not run, or does not answer yet. Blocking, but cheap."""
        try:
            if not is_held(self._folder / LOCK):
                return None
            document = json.loads((self._folder / PUBLISHED).read_bytes())
            return LocalBackend(int(document["pid"]), int(document["port"]), int(document["site_port"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def lease(self) -> EmulatorLease:
        """Keeps it from ending for want of users, until it is released or we die."""
        return EmulatorLease(self._folder)

    async def stop(self) -> bool:
        """End it; True when one ran. Raises LocalBackendFailed."""
        deadline = time.monotonic() + _STOP_LIMIT
        ran = False
        while await asyncio.to_thread(is_held, self._folder / LOCK):
            info = await asyncio.to_thread(self.running)
            if info is not None:
                with contextlib.suppress(ProcessLookupError):  # ended meanwhile, which is what we want
                    os.kill(info.pid, signal.SIGTERM if not ran else 0)
                ran = True
            if time.monotonic() > deadline:
                raise self._failed("it does not stop.", what="stopped")
            await asyncio.sleep(_POLL)
        return ran

    async def delete(self) -> None:
        """End it and delete its data. Raises LocalBackendFailed, StoreNotWritable."""
        await self.stop()
        try:
            await asyncio.to_thread(shutil.rmtree, self._folder)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise write_error(self._folder, error) from error

    def _secret(self) -> Secret:
        """The instance's secret, made at the first use, once however many processes want it."""
        try:
            private_folder(self._folder)
        except OSError as error:
            raise write_error(self._folder, error) from error
        with FileLock(self._folder / "secret.lock"):
            kept = self._credentials.get(self._ref)
            if kept is None:
                kept = Secret(secrets.token_hex(32))
                self._credentials.set(self._ref, kept)
            return kept

    async def _start(self, limit: float) -> None:
        """Run the keeper's starter, which returns when the backend answers or has failed."""
        binary = await asyncio.to_thread(self.binary)
        secret = await asyncio.to_thread(self._secret)
        # -P: the folder it starts in, or the one the user stands in, is not a place to import from.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "vibe_tui.services.convex.local_backend_keeper"),
            *(str(self._folder), str(binary), self.instance, str(self._idle_limit)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=base_environment({"PYTHONPATH": os.environ.get("PYTHONPATH", "")}, self._environ),
            cwd=self._folder,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(max(limit, 0.1)):
                _, errors = await process.communicate(secret.reveal().encode())
        except TimeoutError:
            raise self._failed("it did not answer in time.") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode not in (0, ALREADY_RUNNING):
            lines = redact(clean(errors.decode(errors="replace"))).strip().split("\n")
            raise self._failed(lines[-1] or "it ended at once.")

    def _failed(self, why: str, what: str = "started") -> LocalBackendFailed:
        return LocalBackendFailed(
            f"Convex's local backend could not be {what}: {why}",
            next_step=f"Its log is {self._folder / 'backend.log'}.",
        )
