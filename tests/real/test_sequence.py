"""The main job, whole, from the command line, with the unmodified Convex CLI and the emulator."""

from __future__ import annotations

import re
import stat
import zipfile
from pathlib import Path

import pytest

from tests.conftest import Vibe

pytestmark = pytest.mark.xdist_group("real")


def test_the_whole_job(vibe: Vibe) -> None:
    made = vibe.json("new", "my-app", "--dir", "./my-app")
    app = Path(made["project"]["folder"])
    (app / ".env.local").write_text("# mine\nAPI=1\n")

    connection = vibe.json("connect", "--project", "my-app", "--with", "emulator", "--approve")["connection"]
    assert connection["narrow"] is True
    assert vibe.json("status", "--project", "my-app")["connection"]["state"] == "connected"

    asked = vibe.json("ask", "--project", "my-app", "--yes", "Add a messages database table", limit=120)
    assert asked["changed"] == ["convex/schema.ts"]
    assert asked["push"]["result"] == "deployed"
    assert "messages: defineTable" in (app / "convex/schema.ts").read_text()
    assert (app / "convex/_generated/dataModel.d.ts").exists()

    env_file = app / ".env.local"
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    assert env_file.read_text().startswith("# mine\nAPI=1\n")
    key = re.search(r"CONVEX_SELF_HOSTED_ADMIN_KEY=(\S+)", env_file.read_text())
    assert key is not None

    assert vibe.json("push", "--project", str(app))["push"]["result"] == "deployed"
    assert vibe.json("projects")["projects"][0]["deployment"] == connection["deployment"]

    vibe.json("download", "--project", "my-app", "-o", "app.zip")
    with zipfile.ZipFile(vibe.cwd / "app.zip") as archive:
        names = archive.namelist()
    assert "my-app/convex/schema.ts" in names
    assert "my-app/convex/_generated/api.d.ts" in names
    assert not [name for name in names if re.search(r"/(\.env|node_modules|\.git/|\.vibe-tui)", name)]

    done = vibe.json("disconnect", "--project", "my-app", "--delete-project", "--yes")
    assert all(step["ok"] for step in done["steps"])
    assert env_file.read_text() == "# mine\nAPI=1\n"
    assert vibe.json("status", "--project", "my-app")["connection"]["state"] == "not connected"
    assert_no_secret_left(vibe, [key[1], key[1].split("|")[1]])


def assert_no_secret_left(vibe: Vibe, secrets: list[str]) -> None:
    """Neither in the state folder (credential stores apart) nor in the tree nor in the zip."""
    kept_by_design = {"credentials.json", "credentials.json.bak", "state.json", "emulator.json"}
    for path in [*vibe.home.rglob("*"), *vibe.cwd.rglob("*")]:
        if path.is_symlink() or not path.is_file() or path.name in kept_by_design:
            continue
        if "node_modules" in path.parts or "toolchain" in path.parts:
            continue
        content = path.read_bytes()
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                content = b"".join(archive.read(name) for name in archive.namelist())
        for secret in secrets:
            assert secret.encode() not in content, path
