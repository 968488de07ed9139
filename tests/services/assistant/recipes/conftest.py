from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

_SOURCE = Path(__file__).parent / "toolchain"
_BUILD = Path(__file__).parents[4] / ".build" / "recipe-checks"


@pytest.fixture(scope="session")
def checks() -> Path:
    """A `node_modules` with everything that a whole app uses and what checks it, installed once per checkout.

    It takes a minute and 600 MB, so that only slow tests ask for it.
    """
    lock = (_SOURCE / "package-lock.json").read_bytes()
    folder = _BUILD / hashlib.sha256(lock).hexdigest()[:16]
    _BUILD.mkdir(parents=True, exist_ok=True)
    with FileLock(_BUILD / ".lock"):
        if not (folder / ".complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(_SOURCE, folder)
            npm = ["npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]
            subprocess.run(npm, cwd=folder, check=True, timeout=600, env=os.environ)
            (folder / ".complete").touch()
    return folder / "node_modules"
