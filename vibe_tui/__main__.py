"""`python -m vibe_tui` and the console script `vibe-tui`."""

from __future__ import annotations

import sys


def main() -> int:
    from vibe_tui.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
