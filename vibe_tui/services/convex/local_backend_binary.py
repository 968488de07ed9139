"""Convex's own backend program, if the user has it: where it is, and the keys that only it can make.

We never download it. Sources: the Convex CLI 1.48 (lib/localDeployment: filePaths.ts, secrets.ts), and
crates/local_backend/src/config.rs of convex-backend.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from vibe_tui.services.errors import VibeError
from vibe_tui.services.process import base_environment
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import clean, redact

NAME = "convex-local-backend"
GET_IT = (
    f"Get `{NAME}` from the releases of https://github.com/get-convex/convex-backend and put it on PATH, "
    "or let `npx convex dev` install it once."
)
_KEYGEN_LIMIT = 15.0
_VERSION = re.compile(r"precompiled-\d{4}-\d{2}-\d{2}-[\w.-]+")
_ADMIN_KEY = re.compile(r"[A-Za-z0-9_-]+\|[A-Za-z0-9]{16,}")


class LocalBackendMissing(VibeError):
    """Convex's local backend is not installed."""

    code = "local_backend_missing"

    def __init__(self) -> None:
        super().__init__("Convex's local backend is not installed on this computer.", next_step=GET_IT)


class LocalBackendFailed(VibeError):
    """The local backend did not start, did not answer, did not stop, or made no key."""

    code = "local_backend_failed"


def find_binary(environ: Mapping[str, str]) -> Path | None:
    """The one on PATH, else the newest that the Convex CLI has installed. Blocking."""
    on_path = shutil.which(NAME, path=environ.get("PATH", ""))
    if on_path:
        return Path(on_path)
    cache = Path(environ.get("HOME", ""), ".cache", "convex", "binaries")
    versions: list[Path] = []
    with contextlib.suppress(OSError):
        versions = sorted(it for it in cache.iterdir() if _VERSION.fullmatch(it.name))
    found = (version / NAME for version in reversed(versions))
    return next((path for path in found if path.is_file() and os.access(path, os.X_OK)), None)


async def admin_key(binary: Path, instance: str, secret: Secret, environ: Mapping[str, str]) -> Secret:
    """The key that opens the instance, which only the program itself can derive from the instance's secret.

    The program takes the secret as an argument and in no other way, so for that moment, and as long as the
    backend runs, other programs of this computer can read it in the list of processes.
    Raises LocalBackendFailed.
    """
    process = await asyncio.create_subprocess_exec(
        *(str(binary), "keygen", "admin-key", "--instance-name", instance),
        *("--instance-secret", secret.reveal()),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=base_environment(environ=environ),
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(_KEYGEN_LIMIT):
            said, complaint = await process.communicate()
    except TimeoutError:
        said, complaint = b"", b"it did not answer in time"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    key = said.decode(errors="replace").strip()
    if process.returncode != 0 or not _ADMIN_KEY.fullmatch(key):
        lines = redact(clean(complaint.decode(errors="replace"))).strip().split("\n")
        raise LocalBackendFailed(
            f"Convex's local backend made no admin key: {lines[-1] or 'it gave none'}.",
            next_step=f"An old version may lack `keygen admin-key`. {GET_IT}",
        )
    return Secret(key)
