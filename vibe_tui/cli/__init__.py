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
from vibe_tui.services.errors import VibeError


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code: 0 done, 1 failed, 2 wrong usage."""
    options = parse(arguments)
    output = Output(options.format)
    try:
        command = import_module(f"vibe_tui.cli.{options.module}")
        code: int = command.run(options, output)
        sys.stdout.flush()
    except VibeError as problem:
        code = output.fail(problem)
    except KeyboardInterrupt:  # before a command has put its own handling in place
        code = output.interrupted()
    except BrokenPipeError:
        # Whoever read our output has gone. Point stdout elsewhere, or the interpreter complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    return code
