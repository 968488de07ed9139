"""`emulator.json`: how the running emulator is reached. Only its user can read it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from vibe_tui import __version__
from vibe_tui.emulator.files import write_atomic

_log = logging.getLogger(__name__)


class Publisher:
    """Writes the file while open; `addresses()` gives name → (url, site url) of the deployments."""

    def __init__(
        self,
        path: Path,
        *,
        client_id: str,
        client_secret: str,
        addresses: Callable[[], Mapping[str, tuple[str, str]]],
    ) -> None:
        self._path = path
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._addresses = addresses
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._port: int | None = None
        self._writing = asyncio.Lock()

    async def open(self, port: int) -> None:
        """Publish from now on. Raises OSError."""
        self._port = port
        await self._write(port)

    async def refresh(self) -> None:
        """After a change of the deployments; a full disk is logged, since the change itself is done."""
        if self._port is None:
            return
        try:
            await self._write(self._port)
        except OSError as error:
            _log.error("%s could not be written: %s", self._path.name, error.strerror)

    async def close(self) -> None:
        async with self._writing:
            self._port = None
            await asyncio.to_thread(self._path.unlink, missing_ok=True)

    async def _write(self, port: int) -> None:
        async with self._writing:
            document = {
                "pid": os.getpid(),
                "port": port,
                "version": __version__,
                "started": self._started,
                **self._client,
                "deployments": {
                    name: {"url": url, "site_url": site_url}
                    for name, (url, site_url) in self._addresses().items()
                },
            }
            await asyncio.to_thread(write_atomic, self._path, json.dumps(document, indent=1).encode())
