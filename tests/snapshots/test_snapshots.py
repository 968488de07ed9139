"""How the states of the page look.

After a wanted change: `pytest tests/snapshots --snapshot-update`, and look at what changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.snapshots.scenes import FIRST, NOWHERE, SCENES, page
from vibe_tui.app import VibeApp

SIZES = {"120x40": (120, 40), "80x24": (80, 24)}
WIDE = (
    "empty",
    "at_work",
    "in_the_log",
    "searching",
    "asking",
    "failed_deploy",
    "long_names",
    "hostile",
    "read_only",
    "palette",
    "projects",
    "backend_not_connected",
    "backend_connected",
    "tab_data",
)
SMALL = (
    "empty",
    "at_work",
    "asking",
    "diff_open",
    "failed_deploy",
    "hostile",
    "keys",
    "projects_empty",
    "backend_failed",
    "backend_signing_in",
    "backend_paste_refused",
    "backend_teams",
    "backend_cannot",
    "backend_begun",
    "backend_secret",
    "backend_choosing",
    "backend_connected",
    "backend_refused",
    "backend_pushing",
    "backend_disconnecting",
    "disconnect",
    "delete_project",
    "download",
    "downloaded",
    "progress",
    "publish",
    "tab_data",
    "tab_environment",
    "tab_health",
)
CHAT = ("chat_answer", "chat_busy", "chat_failed", "chat_hostile")
LOOKS = [
    *((name, "120x40", "dark") for name in (*CHAT, "approval")),
    *((name, "80x24", "dark") for name in ("chat_busy", "approval", "secret", "models")),
    ("chat_answer", "120x40", "light"),
    *((name, "120x40", "dark") for name in WIDE),
    *((name, "80x24", "dark") for name in SMALL),
    *((name, "120x40", "light") for name in ("at_work", "failed_deploy")),
    ("backend_connected", "80x24", "light"),
]

Compare = Callable[..., bool]


@pytest.mark.parametrize(("name", "size", "theme"), LOOKS)
def test_looks(snap_compare: Compare, name: str, size: str, theme: str) -> None:
    app = VibeApp(FIRST.get(name, page()), crash_folder=NOWHERE, light=theme == "light")

    async def show(pilot: Pilot[Any]) -> None:
        await SCENES[name](pilot)
        await settle(pilot)

    assert snap_compare(app, terminal_size=SIZES[size], run_before=show)


async def settle(pilot: Pilot[Any]) -> None:
    """Until two frames in a row are the same."""
    before = ""
    for _ in range(100):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause(0.1)
        now = pilot.app.export_screenshot()
        if now == before:
            return
        before = now
    pytest.fail("the page does not come to rest")
