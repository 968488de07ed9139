"""The main job, whole, from the command line, with the unmodified Convex CLI and the emulator."""

from __future__ import annotations

import dataclasses
import re
import signal
import stat
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import consenting_browser
from tests.conftest import Vibe, fresh_vibe
from tests.program import Output, left_running, processes_of, secrets_of

pytestmark = pytest.mark.xdist_group("real")


def test_the_whole_job_leaves_no_secret_behind(vibe: Vibe) -> None:
    (vibe.home / "settings.toml").write_text('credentials = "file"\n')  # where the test can read them
    browser = f"{sys.executable} {consenting_browser.__file__} authorize"
    vibe = dataclasses.replace(vibe, env={"BROWSER": browser})
    with sampled_command_lines(vibe) as command_lines:
        secrets = the_whole_job(vibe)
    assert left_running(vibe) == {}

    assert len(secrets) >= 5
    assert any("convex/bin/main.js" in line for line in command_lines)
    for secret in secrets:
        assert not [line for line in command_lines if secret in line]
        assert not [text for text in vibe.said if secret in text]
        assert not [path for path, content in everything_left(vibe) if secret.encode() in content]


def the_whole_job(vibe: Vibe) -> set[str]:
    """Returns every secret there was on the way."""
    app = Path(vibe.json("new", "my-app", "--dir", "./my-app")["project"]["folder"])
    env_file = app / ".env.local"
    env_file.write_text("# mine\nAPI=1\n")

    connection = vibe.json("connect", "--project", "my-app", "--with", "emulator")["connection"]
    assert connection["narrow"] is True
    assert vibe.json("status", "--project", "my-app")["connection"]["state"] == "connected"
    secrets = secrets_of(vibe)

    asked = vibe.json("ask", "--project", "my-app", "--yes", "Add a messages database table", limit=120)
    assert asked["changed"] == ["convex/schema.ts"]
    assert asked["push"]["result"] == "deployed"
    assert "messages: defineTable" in (app / "convex/schema.ts").read_text()
    assert (app / "convex/_generated/dataModel.d.ts").exists()

    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    assert env_file.read_text().startswith("# mine\nAPI=1\n")
    key = re.findall(r"CONVEX_SELF_HOSTED_ADMIN_KEY=(\S+)", env_file.read_text())[0]
    secrets |= {key, key.split("|")[1]}
    ignored = (app / ".gitignore").read_text().splitlines()
    assert {".env.local", ".env*.local"} & set(ignored)

    pushed = vibe("push", "--project", str(app))
    assert pushed.returncode == 0
    assert "Convex functions ready!" in pushed.stdout
    assert "warning" not in pushed.stdout.lower()
    assert vibe.json("projects")["projects"][0]["deployment"] == connection["deployment"]
    vibe("status", "--project", "my-app")

    dev = vibe.start("dev", "--project", "my-app")
    output = Output(dev)
    first = output.wait_for(lambda line: "✓ deployed" in line)
    (app / "convex" / "more.ts").write_text("export const more = 1;\n")
    output.wait_for(lambda line: "✓ deployed" in line, after=first + 1)
    dev.send_signal(signal.SIGINT)
    assert dev.wait(15) == 0
    vibe.said.extend(output.rest())

    vibe.json("download", "--project", "my-app", "-o", "app.zip")
    with zipfile.ZipFile(vibe.cwd / "app.zip") as archive:
        names = archive.namelist()
    assert "my-app/convex/schema.ts" in names
    assert "my-app/convex/_generated/api.d.ts" in names
    assert not [name for name in names if re.search(r"/(\.env|node_modules|\.git/|\.vibe-tui)", name)]

    secrets |= secrets_of(vibe)
    done = vibe.json("disconnect", "--project", "my-app", "--delete-project", "--yes")
    assert all(step["ok"] for step in done["steps"])
    assert env_file.read_text() == "# mine\nAPI=1\n"
    assert vibe.json("status", "--project", "my-app")["connection"]["state"] == "not connected"
    return secrets


@contextmanager
def sampled_command_lines(vibe: Vibe) -> Iterator[set[str]]:
    """The command lines of everything that runs meanwhile, looked at again and again. Linux only."""
    seen: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            seen.update(processes_of(vibe).values())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()


def everything_left(vibe: Vibe) -> Iterator[tuple[Path, bytes]]:
    """Every file of the state folder and the tree, zips unpacked; not the emulator's own client secret."""
    for path in [*vibe.home.rglob("*"), *vibe.cwd.rglob("*")]:
        if path.is_symlink() or not path.is_file() or path == vibe.home / "emulator" / "emulator.json":
            continue
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                yield path, b"".join(archive.read(name) for name in archive.namelist())
        else:
            yield path, path.read_bytes()


def test_the_second_project_needs_no_network(vibe: Vibe, tmp_path: Path) -> None:
    """New, connect and first push within 10 seconds; twice that here, where tests run side by side."""
    offline = dataclasses.replace(
        vibe,
        env={
            "npm_config_registry": "http://127.0.0.1:9/",
            "npm_config_cache": str(tmp_path / "empty"),
            "https_proxy": "http://127.0.0.1:9",
        },
    )
    vibe.json("new", "first")
    second = dataclasses.replace(offline, cwd=vibe.cwd / "second")
    began = time.monotonic()
    offline.json("new", "second")
    second.json("connect", "--approve")
    assert second.json("push")["push"]["result"] == "deployed"
    took = time.monotonic() - began
    assert (second.cwd / "node_modules").is_symlink()
    assert took < 20


@pytest.mark.slow
def test_the_first_push_of_a_new_machine_installs_the_tools(tmp_path: Path) -> None:
    """From an empty state folder, npm over the network included, within a minute."""
    with fresh_vibe(tmp_path, None) as program:
        began = time.monotonic()
        program.json("new", "app")
        inside = dataclasses.replace(program, cwd=program.cwd / "app")
        connected = inside("connect", "--approve", limit=120)
        assert connected.returncode == 0, connected.stderr
        assert connected.stdout.count("Installing the Convex tools") == 1
        assert inside.json("push")["push"]["result"] == "deployed"
        assert time.monotonic() - began < 60
        assert next(check for check in inside.json("doctor")["checks"] if check["name"] == "Convex tools")[
            "ok"
        ]
