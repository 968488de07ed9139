"""The user's E2B account as the lifecycle uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vibe_tui.services.sandbox.base import OnLine
from vibe_tui.services.sandbox.cloud import Cloud, CloudInfo, CloudSandbox
from vibe_tui.services.sandbox.errors import SandboxFailed

if TYPE_CHECKING:
    from vibe_tui.services.credentials import Credentials
    from vibe_tui.services.settings import Settings


class E2BNotBuilt(SandboxFailed):
    """This version has no adapter for E2B."""

    code = "e2b_not_built"


def build_cloud(
    settings: Settings, credentials: Credentials, environ: Mapping[str, str], note: OnLine
) -> Cloud:
    """Asks nothing yet: whatever is wrong, a missing key too, is raised when the cloud is used."""
    return _NotBuilt()


class _NotBuilt:
    """Every use of it raises E2BNotBuilt; a project can be opened and moved all the same."""

    async def create(self, project: str, attempt: str, seconds: float) -> CloudSandbox:
        raise _not_built()

    async def connect(self, id: str, seconds: float) -> CloudSandbox:
        raise _not_built()

    async def info(self, id: str) -> CloudInfo:
        raise _not_built()

    async def ours(self) -> Sequence[CloudInfo]:
        raise _not_built()

    async def pause(self, id: str) -> None:
        raise _not_built()

    async def kill(self, id: str) -> None:
        raise _not_built()

    async def close(self) -> None:
        return


def _not_built() -> E2BNotBuilt:
    return E2BNotBuilt(
        "This version of vibe-tui cannot use E2B sandboxes yet.",
        next_step="Use this computer: `vibe-tui sandbox move --to local`.",
    )
