"""`vibe-tui publish`."""

from __future__ import annotations

import argparse

from vibe_tui.cli.not_yet import NotYet
from vibe_tui.cli.output import Output


def run(options: argparse.Namespace, output: Output) -> int:
    raise NotYet("publishing the app", "`vibe-tui download` exports it as a zip.")
