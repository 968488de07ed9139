"""How long `vibe-tui status` takes against the bare interpreter, in alternating pairs.

Run: .venv/bin/python benchmarks/startup.py [pairs]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main(pairs: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        app = Path(scratch, "app")
        # Without cached byte code, which nobody runs the program without, compiling would be measured.
        env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        env["VIBE_TUI_HOME"] = str(Path(scratch, "home"))
        vibe = [str(Path(sys.executable).with_name("vibe-tui"))]

        def run(argv: list[str]) -> float:
            began = time.perf_counter()
            subprocess.run(argv, cwd=scratch, env=env, stdout=subprocess.DEVNULL, check=True)
            return (time.perf_counter() - began) * 1000

        run([*vibe, "new", "app", "--dir", str(app)])
        floor, ours = [], []
        for _ in range(pairs):
            floor.append(run([sys.executable, "-c", "pass"]))
            ours.append(run([*vibe, "status", "--project", "app"]))
    goal = 3 * statistics.median(floor) + 100
    print(f"python -c pass   {statistics.median(floor):6.0f} ms")
    print(f"vibe-tui status  {statistics.median(ours):6.0f} ms   goal: under {goal:.0f} ms ({pairs} pairs)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 21)
