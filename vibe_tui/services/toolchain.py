"""The Convex toolchain: npm packages installed once under the app's home, linked into projects.

DESIGN 5.16. The packages and their exact versions are those of `vibe_tui/toolchain/`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import platform
import re
import shutil
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from vibe_tui.services.errors import VibeError
from vibe_tui.services.node import Node, NpmMissing, find_npm
from vibe_tui.services.process import base_environment, run
from vibe_tui.services.sandbox.base import Exit, OnLine
from vibe_tui.services.terminal_text import clean, visible

TOOLCHAIN_SOURCE = Path(__file__).parents[1] / "toolchain"
TOOLCHAIN_FILES = ("package.json", "package-lock.json", ".npmrc")
_COMPLETE = ".complete"
_INSTALLING = ".installing-"
CONVEX = Path("node_modules", "convex", "bin", "main.js")
"""The Convex CLI below a project or a toolchain: what `npx convex` runs."""
INSTALL_LIMIT = 600.0
"""Seconds for one installation, and for waiting for somebody else's."""
_NPM_CI = (
    "ci", "--ignore-scripts", "--include=optional", "--package-lock", "--prefer-offline",
    "--no-audit", "--no-fund", "--no-progress",
    "--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000",
)  # fmt: skip


class ToolchainFailed(VibeError):
    """The Convex tools are not there and could not be installed."""

    code = "toolchain_failed"


def toolchain_ready(folder: Path) -> Path | None:
    """The installed toolchain below `folder`, which is complete; None when there is none. Cheap."""
    target = folder / _lock_hash()
    return target if os.access(target / _COMPLETE, os.R_OK) else None


async def ensure_toolchain(
    folder: Path, node: Node, on_line: OnLine, environ: Mapping[str, str] = os.environ
) -> Path:
    """The toolchain below `folder`, installed with npm unless it is there: a folder with a `node_modules`.

    Several processes may ask at once: one installs, the others wait.
    Raises ToolchainFailed.
    """
    ready = await asyncio.to_thread(toolchain_ready, folder)
    if ready:
        return ready
    from filelock import AsyncFileLock, Timeout

    try:
        await asyncio.to_thread(folder.mkdir, 0o700, parents=True, exist_ok=True)
        npm = await asyncio.to_thread(find_npm, node, environ)
        async with AsyncFileLock(folder / ".lock", timeout=INSTALL_LIMIT, mode=0o600):
            ready = await asyncio.to_thread(toolchain_ready, folder)
            return ready or await _install(folder, node, npm, on_line, environ)
    except NpmMissing as error:
        raise ToolchainFailed(error.message, next_step=error.next_step) from error
    except Timeout as error:
        raise ToolchainFailed(
            "Another vibe-tui has been installing the Convex tools for too long.",
            next_step="Stop it, then try again.",
        ) from error
    except OSError as error:
        raise ToolchainFailed(
            f"The Convex tools cannot be installed in {visible(str(folder))}: "
            f"{(error.strerror or 'unknown reason').lower()}.",
            next_step="Make the folder writable and free some space, or set VIBE_TUI_HOME to another folder.",
        ) from error


def link_toolchain(project: Path, toolchain: Path) -> None:
    """Let a project without a `node_modules` of its own use the toolchain's. Blocking.

    `npm install` in the project replaces the link by a real folder. Raises ToolchainFailed.
    """
    modules, wanted = project / "node_modules", toolchain / "node_modules"
    if modules.is_symlink():
        now = modules.readlink()
        ours = now.parent.parent == toolchain.parent or not modules.exists()
        if now == wanted or not ours:
            return _require_convex(project)
    elif modules.exists():
        return _require_convex(project)
    link = project / f".node_modules-{os.urandom(4).hex()}"
    try:
        link.symlink_to(wanted, target_is_directory=True)
        link.replace(modules)
    except OSError as error:
        raise ToolchainFailed(
            f"The Convex tools cannot be linked into {visible(str(project))}: "
            f"{(error.strerror or 'unknown reason').lower()}.",
            next_step="Make the project's folder writable, then try again.",
        ) from error


def _require_convex(project: Path) -> None:
    if not (project / CONVEX).is_file():
        raise ToolchainFailed(
            "This project has its own node_modules without convex in it.",
            next_step=f"Run `npm install` in {visible(str(project))} (its package.json must name convex).",
        )


def _lock_hash() -> str:
    """Names a toolchain: its exact packages, and the machine they are for (esbuild is a native program)."""
    digest = hashlib.sha256(f"{sys.platform} {platform.machine()}".encode())
    for name in TOOLCHAIN_FILES[:2]:
        digest.update((TOOLCHAIN_SOURCE / name).read_bytes())
    return digest.hexdigest()[:16]


async def _install(folder: Path, node: Node, npm: Path, on_line: OnLine, environ: Mapping[str, str]) -> Path:
    """Install into a temporary folder, then give it its name. Under the lock."""
    work = folder / f"{_INSTALLING}{os.urandom(4).hex()}"
    said: deque[str] = deque(maxlen=200)

    def heard(line: str) -> None:
        said.append(clean(line))
        on_line(line)

    on_line("Installing the Convex tools (once)…")
    await asyncio.to_thread(_prepare, folder, work)
    try:
        env = base_environment({"PATH": path_with(node, environ), "NO_COLOR": "1"}, environ)
        argv = (str(node.path), str(npm), *_NPM_CI)
        ended = await run(argv, cwd=work, env=env, on_line=heard, limit=INSTALL_LIMIT)
        if ended.code != 0:
            raise _failure(ended, list(said))
        return await asyncio.to_thread(_publish, folder, work)
    finally:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, work, ignore_errors=True))


def _prepare(folder: Path, work: Path) -> None:
    for left in folder.glob(f"{_INSTALLING}*"):  # we hold the lock, so nobody is at work in them
        shutil.rmtree(left, ignore_errors=True)
    work.mkdir(mode=0o700)
    for name in TOOLCHAIN_FILES:
        shutil.copyfile(TOOLCHAIN_SOURCE / name, work / name)


def _publish(folder: Path, work: Path) -> Path:
    if not (work / CONVEX).is_file():
        raise ToolchainFailed("npm ended well but installed no Convex CLI.", next_step="Try again.")
    target = folder / _lock_hash()
    shutil.rmtree(target, ignore_errors=True)  # left without its mark: not complete
    (work / _COMPLETE).touch()
    work.rename(target)
    return target


def path_with(node: Node, environ: Mapping[str, str]) -> str:
    """PATH such that `node` means this Node."""
    path = environ.get("PATH", os.defpath)
    if shutil.which("node", path=path) == str(node.path):
        return path
    return f"{node.path.parent}{os.pathsep}{path}"


_UNREACHABLE = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT"
)
_UNTRUSTED = re.compile(r"SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_")


def _failure(ended: Exit, said: list[str]) -> ToolchainFailed:
    """What npm's own words mean to the user."""
    again = "then try again"
    if ended.timed_out:
        return ToolchainFailed(
            f"npm did not finish installing the Convex tools within {INSTALL_LIMIT / 60:.0f} minutes.",
            next_step=f"Check the network, {again}.",
        )
    text = "\n".join(said)
    code = next(iter(re.findall(r"npm (?:error|ERR!) code (\S+)", text)), "")
    if _UNREACHABLE.search(code):
        return ToolchainFailed(
            f"npm could not reach its package registry to install the Convex tools ({code}).",
            next_step=f"Connect to the network (or set a proxy or a registry that npm can reach), {again}. "
            "It is needed once; afterwards vibe-tui works offline.",
        )
    if _UNTRUSTED.search(code):
        return ToolchainFailed(
            f"npm does not trust the certificate of its package registry ({code}).",
            next_step=f"Name your organisation's certificates in NODE_EXTRA_CA_CERTS, {again}.",
        )
    if code in {"ENOSPC", "EDQUOT"}:
        return ToolchainFailed(
            "There is no space left to install the Convex tools.", next_step=f"Free about 200 MB, {again}."
        )
    reasons = re.findall(r"npm (?:error|ERR!) (?!code |A complete log)(\S.*)", text)
    reason = reasons[0].rstrip(".") if reasons else f"npm ended with {ended.code}"
    return ToolchainFailed(
        f"npm could not install the Convex tools: {reason}.",
        next_step="Run `vibe-tui doctor` to see what is missing, " + again + ".",
    )
