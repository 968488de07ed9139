"""Who uses the emulator: each user holds a file in `leases/` by flock, so a dead user holds nothing."""

from __future__ import annotations

import os
from pathlib import Path

from vibe_tui.emulator.files import try_lock


def held(folder: Path) -> bool:
    """Whether anybody holds a lease. Files that nobody holds any more are removed. Raises OSError."""
    any_held = False
    for path in folder.iterdir():
        descriptor = try_lock(path)
        if descriptor is None:
            any_held = True
            continue
        try:
            # Removed while we hold it: a user who opened it meanwhile sees that it has no name left.
            path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)
    return any_held
