"""Runs connects and disconnects in processes of their own, to be killed at any moment.

One line of JSON on stdin is one run; its process id and then its exit status come back as lines. The
runs are forked from here, because importing everything takes longer than connecting.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import connecting_setup

import vibe_tui.services.convex.connecting
import vibe_tui.services.convex.consent
import vibe_tui.services.convex.oauth  # noqa: F401
from vibe_tui.services.convex import leftovers
from vibe_tui.services.secret import Secret


def main() -> None:
    from authlib.integrations.httpx_client import AsyncOAuth2Client  # noqa: F401  # warm for the forks

    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(_run(order))
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(order: dict[str, Any]) -> int:
    leftovers.LOOKS = (0.0, 0.01, 0.01)
    if order["kill_at_write"] is not None:
        _die_at_write(*order["kill_at_write"])
    running = connecting_setup.Running(order["host"], order["client_id"], Secret(order["client_secret"]))
    app = connecting_setup.App(
        Path(order["root"]),
        order["host"],
        running,
        tuple(order["ports"]),
        token=order["token"],
        wants=order["wants"],
    )
    if order["do"] == "connect":
        asyncio.run(app.connect())
    else:
        asyncio.run(app.provisioning().disconnect(order["do"], lambda _: None))
    return 0


def _die_at_write(number: int, when: str) -> None:
    """SIGKILL ourselves before or after the number-th replacement of a file: each is one stored change."""
    replace, done = os.replace, 0

    def counted(*arguments: Any, **options: Any) -> None:
        nonlocal done
        done += 1
        if (done, when) == (number, "before"):
            os.kill(os.getpid(), signal.SIGKILL)
        replace(*arguments, **options)
        if (done, when) == (number, "after"):
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = counted


if __name__ == "__main__":
    main()
