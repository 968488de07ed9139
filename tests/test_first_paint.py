"""What is loaded when the page is painted for the first time, and what only when it is used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAVY = (
    "openai",
    "e2b",
    "authlib",
    "httpx2",
    "httpx",
    "aiohttp",
    "keyring",
    "tree_sitter",
    "watchfiles",
    "tomlkit",
)

PAGE = """
import asyncio, json, sys
from pathlib import Path
from vibe_tui.app import VibeApp
from vibe_tui.cli import page
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
from vibe_tui.services.settings import Settings
from vibe_tui.services.folder_listing import list_top
from vibe_tui.screens.project.screen import ProjectScreen

home, folder, when = Home(Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]
project = Projects(home).new_from_template("my-app", folder)
screen = ProjectScreen(home, Settings(), project, list_top(folder))
app = VibeApp(lambda: screen, crash_folder=home.crashes)
painted = []
app.post_display_hook = lambda: painted.append(sorted(sys.modules))


async def main():
    async with app.run_test(size=(120, 40)) as pilot:
        text = "".join(strip.text for strip in screen._compositor.render_strips())
        loaded = sorted(sys.modules)
        for _ in range(200):
            if when == "first" or "Convex: not connected" in text:
                break
            await asyncio.sleep(0.05)
            text = "".join(strip.text for strip in screen._compositor.render_strips())
            loaded = sorted(sys.modules)
        print(json.dumps({"loaded": painted[0] if when == "first" else loaded, "text": text}))


asyncio.run(main())
"""


def look(tmp_path: Path, when: str) -> tuple[set[str], str]:
    """The modules that are loaded and what the page shows, in a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-c", PAGE, str(tmp_path / "home"), str(tmp_path / "my-app"), when],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    return set(seen["loaded"]), seen["text"]


def test_the_first_paint_loads_nothing_heavy_and_shows_the_whole_page(tmp_path: Path) -> None:
    loaded, text = look(tmp_path, "first")
    assert loaded.isdisjoint(HEAVY)
    assert "vibe_tui.services.workspace" not in loaded
    for part in ("my-app", "Connect Backend", "package.json", "Ask for a change", "Quit"):
        assert part in text


def test_an_open_project_waits_with_what_only_connecting_or_a_file_needs(tmp_path: Path) -> None:
    loaded, text = look(tmp_path, "opened")
    assert "Convex: not connected" in text and "vibe_tui.services.workspace" in loaded
    assert loaded.isdisjoint(set(HEAVY) - {"watchfiles"})  # the file tree is followed from now on
