"""`vibe-tui` alone: the full-screen page."""

from __future__ import annotations

import argparse

from vibe_tui.cli.not_yet import NotYet
from vibe_tui.cli.output import Output


def run(options: argparse.Namespace, output: Output) -> int:
    raise NotYet("the full-screen page", "`vibe-tui --help` lists the commands there are.")
