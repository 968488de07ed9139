"""The command line: everything the page can do, for scripts (DESIGN 4).

Each command is a module of its own, imported when it is called, so that quick commands stay quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from vibe_tui.cli.output import Output
from vibe_tui.cli.parser import parse
from vibe_tui.services.errors import UsageError, VibeError


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code: 0 done, 1 failed, 2 wrong usage."""
    _open_standard_streams()
    try:
        options = parse(arguments)
    except UsageError as problem:
        asked_for_json = "--json" in arguments or "--stream-json" in arguments
        return Output("json" if asked_for_json else "text").fail(problem)
    output = Output(options.format)
    try:
        command = import_module(f"vibe_tui.cli.{options.module}")
        code: int = command.run(options, output)
    except VibeError as problem:
        code = output.fail(problem)
    except KeyboardInterrupt:  # before a command has put its own handling in place
        code = output.interrupted()
    return 1 if output.broken else code


def _open_standard_streams() -> None:
    """Give us those that our caller closed, before some file of ours takes their place."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
            setattr(sys, name, os.fdopen(number, mode, closefd=False))
