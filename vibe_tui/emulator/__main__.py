"""`python -m vibe_tui.emulator serve`: run the emulator, in the background unless told otherwise."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from vibe_tui.emulator import background
from vibe_tui.emulator.files import EmulatorFolder
from vibe_tui.emulator.process import ALREADY_RUNNING, CannotStart, Options, run

_IDLE_MINUTES = 10.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 it ran (in the background: it answers), 1 it could not, 2 usage, 3 it runs already."""
    options = _parse(arguments)
    os.umask(0o077)
    try:
        if options.foreground:
            run(options, lambda port: print(f"Emulated Convex: http://127.0.0.1:{port}", flush=True))
        else:
            background.start(options)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m vibe_tui.emulator", description="Emulated Convex.")
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser(
        "serve", help=f"run the emulator; exits with {ALREADY_RUNNING} when one runs on the folder"
    )
    serve.add_argument("--folder", type=Path, required=True, help="where it keeps its data")
    serve.add_argument("--node", required=True, help="the Node program")
    serve.add_argument("--toolchain", type=Path, required=True, help="the folder with node_modules")
    serve.add_argument("--foreground", action="store_true", help="stay here, and log here too")
    serve.add_argument(
        "--idle-minutes", type=float, default=_IDLE_MINUTES, help="end after this long without use"
    )
    given = parser.parse_args(arguments)
    return Options(
        folder=EmulatorFolder(given.folder.absolute()),
        node=given.node,
        toolchain=given.toolchain.absolute(),
        foreground=given.foreground,
        idle_limit=given.idle_minutes * 60,
    )


if __name__ == "__main__":
    sys.exit(main())
