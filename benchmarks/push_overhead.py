"""What `vibe-tui push` costs over the bare Convex CLI in the same folder: median of alternating pairs.

Run: make bench, or .venv/bin/python benchmarks/push_overhead.py [pairs]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

VIBE = [sys.executable, "-m", "vibe_tui"]


def main(pairs: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        home, app = Path(scratch, "home"), Path(scratch, "app")
        # Without cached byte code, which nobody runs the program without, compiling would be measured.
        env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        env["VIBE_TUI_HOME"] = str(home)

        def run(argv: list[str], extra: dict[str, str] | None = None) -> float:
            began = time.perf_counter()
            subprocess.run(
                argv,
                cwd=app if app.exists() else scratch,
                env={**env, **(extra or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=True,
            )
            return time.perf_counter() - began

        first = run([*VIBE, "new", "app", "--dir", str(app)])
        first += run([*VIBE, "connect", "--approve"])
        first += run([*VIBE, "push"])
        bare_argv = ["node", "node_modules/convex/bin/main.js", "dev", "--once", "--tail-logs", "disable"]
        bare, ours = [], []
        for _ in range(pairs):
            bare.append(run(bare_argv, {"CI": "1"}))
            ours.append(run([*VIBE, "push"]))
        run([*VIBE, "emulator", "stop"])
    print(f"new + connect + first push (npm included): {first:.1f} s")
    print(f"{'':<18}{'median':>8}{'min':>8}{'max':>8}   ({pairs} pairs)")
    for name, times in (("bare Convex CLI", bare), ("vibe-tui push", ours)):
        print(f"{name:<18}{statistics.median(times):>7.2f}s{min(times):>7.2f}s{max(times):>7.2f}s")
    ratio = statistics.median(our / their for our, their in zip(ours, bare, strict=True))
    print(f"overhead: {ratio:.2f} x (median of the pairs' ratios; goal: at most 1.15)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
