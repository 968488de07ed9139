"""What this machine has of what vibe-tui needs, and the command that gets what is missing.

Looking changes nothing: no folder is made, nothing is installed. The one thing that servers are asked is
whether they keep something of ours that nobody remembers (convex/orphans.py).
"""

from __future__ import annotations

import asyncio
import errno
import os
import shlex
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vibe_tui.services.errors import VibeError
from vibe_tui.services.node import Node, NpmMissing, find_node, find_npm
from vibe_tui.services.terminal_text import visible
from vibe_tui.services.toolchain import toolchain_ready

if TYPE_CHECKING:
    from vibe_tui.services.convex.orphans import OrphanReport

PYTHONS = ((3, 11), (3, 14))
"""The first supported version, and the first one that is not."""
FREE_BYTES = 300_000_000
"""The Convex tools take 90 MB, a project with its dependencies more."""
_PACKAGES = {
    "brew": "brew install",
    "apt-get": "sudo apt-get install",
    "dnf": "sudo dnf install",
    "pacman": "sudo pacman -S",
    "zypper": "sudo zypper install",
    "apk": "sudo apk add",
}
_CLIPBOARDS = ("pbcopy", "wl-copy", "xclip", "xsel")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    """What was found, one line."""
    fix: str = ""
    """What to run or do when it is not ok."""
    required: bool = True
    """False: vibe-tui works without it, if less comfortably."""


async def examine(
    home_root: Path,
    settings_node: str,
    environ: Mapping[str, str] = os.environ,
    *,
    redirect_ports: Sequence[int] = range(43110, 43118),
    credentials: Callable[[], str],
    emulator: Callable[[], str],
) -> list[Check]:
    """Look at everything, in the order in which it is needed.

    credentials: says where a secret would be kept, or raises a VibeError. emulator: describes the running
    emulator, "" when none runs. Both are called in a thread.
    """
    groups = await asyncio.gather(
        asyncio.to_thread(_python),
        asyncio.to_thread(_node, home_root, settings_node, environ),
        asyncio.to_thread(_home, home_root),
        asyncio.to_thread(_credentials, credentials),
        asyncio.to_thread(_emulator, emulator),
        asyncio.to_thread(_ports, redirect_ports),
        asyncio.to_thread(_comforts, environ),
    )
    return [check for group in groups for check in group]


def left_behind(report: OrphanReport) -> Check:
    """What is at Convex and not remembered here; it counts towards the team's limits."""
    count = len(report.orphans)
    found = f"{count} that no project here remembers" if count else "nothing that nobody remembers"
    return Check(
        "Left behind",
        not count,
        ". ".join((found, *(sentence.rstrip(".") for sentence in report.not_asked))),
        "Run `vibe-tui doctor --delete-orphans`; it asks for each.",
        required=False,
    )


def _python() -> list[Check]:
    first, beyond = PYTHONS
    return [
        Check(
            "Python",
            first <= sys.version_info[:2] < beyond,
            f"{sys.version.split()[0]} at {visible(sys.executable)}",
            f"Install vibe-tui with Python {first[0]}.{first[1]} to {beyond[0]}.{beyond[1] - 1}.",
        )
    ]


def _node(home_root: Path, setting: str, environ: Mapping[str, str]) -> list[Check]:
    tools = toolchain_ready(home_root / "toolchain")
    try:
        node = find_node(setting, environ)
    except VibeError as error:
        return [Check("Node.js", False, error.message, error.next_step), _tools(tools)]
    found = Check("Node.js", True, f"{visible(node.version)} at {visible(str(node.path))}")
    return [found, _npm(node, environ, needed=tools is None), _tools(tools)]


def _npm(node: Node, environ: Mapping[str, str], *, needed: bool) -> Check:
    try:
        return Check("npm", True, visible(str(find_npm(node, environ))))
    except NpmMissing as error:
        return Check("npm", False, error.message, error.next_step, required=needed)


def _tools(tools: Path | None) -> Check:
    if tools:
        return Check("Convex tools", True, f"installed in {visible(str(tools))}")
    return Check(
        "Convex tools",
        False,
        "not installed yet",
        "Run `vibe-tui connect --with emulator` in a project; it installs them, once, from npm.",
        required=False,
    )


def _home(root: Path) -> list[Check]:
    place = next(folder for folder in (root, *root.parents) if os.access(folder, os.F_OK))
    shown, quoted = visible(str(root)), visible(shlex.quote(str(place)))
    elsewhere = "or set VIBE_TUI_HOME to another folder."
    try:
        with tempfile.TemporaryFile(dir=place):
            writable = Check("State folder", True, f"{shown} can be written")
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        fix = f"Run `chmod u+rwx {quoted}`, {elsewhere}"
        writable = Check("State folder", False, f"{shown} cannot be written: {reason}", fix)
    free = shutil.disk_usage(place).free
    space = Check(
        "Free space",
        free >= FREE_BYTES,
        f"{free / 1e9:.1f} GB for {shown}",
        f"Free at least {FREE_BYTES / 1e6:.0f} MB there (`df -h {quoted}`), {elsewhere}",
    )
    return [writable, space]


def _credentials(where: Callable[[], str]) -> list[Check]:
    try:
        return [Check("Credentials", True, f"kept in {where()}")]
    except VibeError as error:
        return [Check("Credentials", False, error.message, error.next_step)]


def _emulator(describe: Callable[[], str]) -> list[Check]:
    return [Check("Emulator", True, describe() or "not running; it starts when it is needed")]


def _ports(ports: Sequence[int]) -> list[Check]:
    busy = [port for port in ports if _busy(port)]
    named = ", ".join(map(str, busy))
    if len(busy) < len(ports):
        return [
            Check("Sign-in ports", True, f"busy: {named}" if busy else f"{ports[0]} to {ports[-1]} are free")
        ]
    look = f"`lsof -nP -iTCP:{ports[0]} -sTCP:LISTEN`"
    return [
        Check(
            "Sign-in ports",
            False,
            f"all are busy: {named}",
            f"Stop what listens there ({look} names it), or paste the redirected link when signing in.",
            required=False,
        )
    ]


def _busy(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise
            return True
    return False


def _comforts(environ: Mapping[str, str]) -> list[Check]:
    """What vibe-tui works without."""
    path = environ.get("PATH", "")
    git = shutil.which("git", path=path)
    manager = next((install for name, install in _PACKAGES.items() if shutil.which(name, path=path)), "")
    install = f"Run `{manager} git`." if manager else "Install git with your package manager."
    clipboard = next((tool for tool in _CLIPBOARDS if shutil.which(tool, path=path)), "")
    return [
        Check("git", bool(git), visible(git or "not found"), install, required=False),
        Check("Browser", True, _browser(environ)),
        Check(
            "Clipboard", True, clipboard or "no tool of its own; copying goes through the terminal (OSC 52)"
        ),
        _terminal(environ),
    ]


def _browser(environ: Mapping[str, str]) -> str:
    if environ.get("BROWSER"):
        return f"{visible(environ['BROWSER'])} (from BROWSER)"
    remote = environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")
    if not remote and (sys.platform == "darwin" or environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        return "the desktop's own"
    return "no desktop here; the sign-in link is shown, and its answer can be pasted back"


def _terminal(environ: Mapping[str, str]) -> Check:
    term = environ.get("TERM", "")
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    detail = f"{visible(term) or 'TERM is not set'}, {visible(locale) or 'no locale'}"
    if term in {"", "dumb"}:
        fix = "Use a terminal that names itself in TERM, e.g. `export TERM=xterm-256color`."
        return Check("Terminal", False, detail, fix, required=False)
    utf8 = "utf8" in locale.lower().replace("-", "")
    return Check("Terminal", utf8, detail, "Run `export LANG=C.UTF-8`.", required=False)
