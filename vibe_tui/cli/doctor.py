"""`vibe-tui doctor`: what is missing on this machine and what fixes it."""

from __future__ import annotations

import argparse
import os

from vibe_tui.cli.context import Context, context
from vibe_tui.cli.output import Output
from vibe_tui.cli.runner import run_until_done
from vibe_tui.services.convex import local_emulator
from vibe_tui.services.credentials import Credentials
from vibe_tui.services.doctor import Check, examine


def run(options: argparse.Namespace, output: Output) -> int:
    return run_until_done(_doctor(output), output)


async def _doctor(output: Output) -> int:
    here = context(output)
    checks = await examine(
        here.home.root,
        here.settings.node,
        os.environ,
        redirect_ports=here.settings.convex.redirect_ports,
        credentials=Credentials(here.home, here.settings.credentials).where,
        emulator=lambda: _emulator(here),
    )
    ok = all(check.ok for check in checks if check.required)
    output.result(
        {"checks": [_plain(check) for check in checks]},
        "\n".join([*(_lines(check) for check in checks), "", _verdict(checks)]),
        ok=ok,
    )
    return 0 if ok else 1


def _emulator(here: Context) -> str:
    info = local_emulator.running(here.home.emulator)
    return f"running at {info.host} (process {info.pid}, since {info.started})" if info else ""


def _plain(check: Check) -> dict[str, object]:
    return {
        "name": check.name,
        "ok": check.ok,
        "required": check.required,
        "detail": check.detail,
        "fix": "" if check.ok else check.fix,
    }


def _lines(check: Check) -> str:
    mark = "✓" if check.ok else "✗" if check.required else "-"
    line = f"{mark} {check.name + ':':<14} {check.detail}"
    return line if check.ok else f"{line}\n  {'':<14} {check.fix}"


def _verdict(checks: list[Check]) -> str:
    missing = [check.name for check in checks if check.required and not check.ok]
    return f"Missing: {', '.join(missing)}." if missing else "Everything that is needed is there."
