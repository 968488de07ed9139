"""The user's E2B account as the lifecycle uses it, by the unmodified E2B SDK."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from vibe_tui.services.sandbox.base import OnLine
from vibe_tui.services.sandbox.cloud import Cloud, CloudInfo
from vibe_tui.services.sandbox.e2b import E2BSandbox
from vibe_tui.services.sandbox.e2b_errors import translated
from vibe_tui.services.sandbox.e2b_key import api_key
from vibe_tui.services.sandbox.e2b_process import Patience
from vibe_tui.services.sandbox.errors import SandboxFailed, SandboxGone, SandboxKeyMissing

if TYPE_CHECKING:
    from e2b import SandboxInfo
    from e2b.connection_config import ApiParams

    from vibe_tui.services.credentials import Credentials
    from vibe_tui.services.settings import Settings

_OURS = "vibe-tui"
_APP, _PROJECT = "app", "project"
"""Names in the metadata of every sandbox we make."""


def build_cloud(
    settings: Settings, credentials: Credentials, environ: Mapping[str, str], note: OnLine
) -> Cloud:
    """Asks nothing yet: whatever is wrong, a missing key too, is raised when the cloud is used."""
    return E2BCloud(settings.e2b_template, credentials, environ, note)


class E2BCloud:
    """A `Cloud`. Everything raises SandboxFailed, and CredentialsUnavailable besides."""

    def __init__(
        self,
        template: str,
        credentials: Credentials,
        environ: Mapping[str, str],
        note: OnLine,
        patience: Patience | None = None,
    ) -> None:
        self._template = template
        self._credentials = credentials
        self._environ = environ
        self._note = note
        self._patience = patience

    async def create(self, project: str, attempt: str, seconds: float) -> E2BSandbox:
        options = await self._options()
        from e2b import AsyncSandbox

        with translated():
            remote = await AsyncSandbox.create(
                self._template,
                timeout=int(seconds),
                metadata={_APP: _OURS, _PROJECT: project},
                lifecycle={"on_timeout": "pause", "auto_resume": False},
                idempotency_key=attempt,
                **options,
            )
        sandbox = E2BSandbox(remote, self._note, self._patience)
        with suppress(SandboxFailed):  # its id must be known first; connecting makes the folder as well
            await sandbox.made()
        return sandbox

    async def connect(self, id: str, seconds: float) -> E2BSandbox:
        options = await self._options()
        from e2b import AsyncSandbox

        with translated():
            remote = await AsyncSandbox.connect(id, timeout=int(seconds), **options)
        sandbox = E2BSandbox(remote, self._note, self._patience)
        await sandbox.made()
        return sandbox

    async def info(self, id: str) -> CloudInfo:
        options = await self._options()
        from e2b import AsyncSandbox

        with translated():
            return _told(await AsyncSandbox.get_info(id, **options))

    async def ours(self) -> Sequence[CloudInfo]:
        options = await self._options()
        from e2b import AsyncSandbox, SandboxQuery

        found: list[CloudInfo] = []
        with translated():
            pages = AsyncSandbox.list(query=SandboxQuery(metadata={_APP: _OURS}), **options)
            while pages.has_next:
                found += map(_told, await pages.next_items())
        return found

    async def pause(self, id: str) -> None:
        options = await self._options()
        from e2b import AsyncSandbox

        with translated():
            await AsyncSandbox.pause(id, **options)

    async def kill(self, id: str) -> None:
        options = await self._options()
        from e2b import AsyncSandbox

        try:
            with translated():
                await AsyncSandbox.kill(id, **options)
        except SandboxGone:
            return

    async def close(self) -> None:
        """The SDK's connections are the process's own."""

    async def _options(self) -> ApiParams:
        """Also loads the SDK, in a thread: that takes a third of a second."""
        key = await asyncio.to_thread(api_key, self._credentials, self._environ)
        if key is None:
            raise SandboxKeyMissing(
                "There is no API key for E2B.",
                next_step="Set E2B_API_KEY, or keep one with `vibe-tui sandbox key`.",
            )
        await asyncio.to_thread(importlib.import_module, "e2b")
        options: ApiParams = {"api_key": key.reveal()}
        if address := self._environ.get("E2B_API_URL"):
            options["api_url"] = address
        if address := self._environ.get("E2B_SANDBOX_URL"):
            options["sandbox_url"] = address
        if domain := self._environ.get("E2B_DOMAIN"):
            options["domain"] = domain
        return options


def _told(info: SandboxInfo) -> CloudInfo:
    from e2b import SandboxState

    return CloudInfo(
        info.sandbox_id,
        (info.metadata or {}).get(_PROJECT, ""),
        "paused" if info.state == SandboxState.PAUSED else "running",
        info.started_at.timestamp(),
        info.end_at.timestamp(),
        info.template_id,
        info.cpu_count,
        info.memory_mb,
    )
