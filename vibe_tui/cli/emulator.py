"""`vibe-tui emulator`: its status, stopping it, running it in the foreground."""

from __future__ import annotations

import argparse
import os

from vibe_tui.cli.context import Context, context
from vibe_tui.cli.output import Output
from vibe_tui.cli.runner import run_until_done
from vibe_tui.services.convex import local_emulator
from vibe_tui.services.convex.emulator_host import EmulatorHost


def run(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    if options.action == "status":
        return _status(here, output)
    if options.action == "stop":
        return run_until_done(_stop(here, output), output)
    return run_until_done(_run(here, output), output)


def _status(here: Context, output: Output) -> int:
    info = local_emulator.running(here.home.emulator)
    if info is None:
        output.result(
            {"running": False}, "The emulator is not running. It starts by itself when it is needed."
        )
        return 0
    names = sorted(info.deployments)
    output.result(
        {"running": True, "pid": info.pid, "host": info.host, "started": info.started, "deployments": names},
        f"Running since {info.started}: {info.host} (process {info.pid}), {len(names)} deployments.",
    )
    return 0


async def _stop(here: Context, output: Output) -> int:
    stopped = await local_emulator.stop(here.home.emulator)
    output.result(
        {"stopped": stopped}, "The emulator is stopped." if stopped else "The emulator was not running."
    )
    return 0


async def _run(here: Context, output: Output) -> int:
    host = EmulatorHost(here.home, here.settings, os.environ)
    ended = await host.run_in_foreground(output.say)
    output.result({"exit_code": ended.code}, ok=ended.code == 0)
    return 0 if ended.code == 0 else 1
