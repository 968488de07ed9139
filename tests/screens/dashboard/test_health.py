"""The Health tab on a real (emulated) deployment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployed import APP, Deployed
from tests.screens.dashboard.backend_screen import backend_screen
from vibe_tui.screens.dashboard import health_tab
from vibe_tui.screens.dashboard.screen import OpenFile
from vibe_tui.services.lease import Lease
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects

GOOD = (APP / "schema.ts").read_text()


def write(path: Path, text: str) -> None:
    path.write_text(text)


@pytest.fixture
def schema(deployed: Deployed) -> Iterator[Path]:
    """The project's schema file, as it was pushed, before and after."""
    path = deployed.folder / "convex" / "schema.ts"
    write(path, GOOD)
    yield path
    write(path, GOOD)


async def test_what_the_deployment_tells_and_how_the_schema_differs(deployed: Deployed, schema: Path) -> None:
    async with backend_screen(deployed, "5") as page:
        await page.see(r"convex/schema\.ts is what is deployed")
        await page.see(f"Address +{deployed.url}")
        await page.see(r"Last push +.*by Convex CLI 1\.")
        await page.see("Key +vibe-tui-.* opens this deployment only")
        await page.see("Dev server +○ stopped: nobody has the project open")
        write(schema, GOOD.replace("rows: defineTable({ n: v.number() })", "lines: defineTable({})"))
        await page.press("r")
        await page.see(r"\+ table lines(.|\n)*- table rows; its documents stay")


async def test_a_schema_that_is_none_is_opened_where_it_is_wrong(deployed: Deployed, schema: Path) -> None:
    write(schema, GOOD.replace("v.number()", "v.numb()", 1))
    async with backend_screen(deployed, "5", size=(80, 24)) as page:
        await page.see(r"✗ convex/schema\.ts:5: TypeError: v\.numb is not a function")
        await page.press("enter")
        await page.until(lambda: page.left == [OpenFile("convex/schema.ts", 5)])


async def test_it_follows_the_dev_server(
    deployed: Deployed, schema: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_tab, "LOOK_SECONDS", 0.05)
    home = Home(deployed.vibe.home)
    project = Projects(home).find("shop", deployed.folder)
    pushed = {"result": "deployed", "seconds": 1.9, "finished_at": "2026-01-01T00:00:00Z", "reason": ""}
    running = {"status": "running", "since": "2026-01-01T00:00:00Z", "last_push": pushed}
    async with backend_screen(deployed, "5") as page:
        await page.see("is what is deployed")
        with Lease.acquire(home.lease(project.id), "vibe-tui dev") as lease:
            lease.publish(running)
            await page.see(r"● running since \d\d:\d\d, last push deployed in 1\.9 s; in vibe-tui dev")
            write(schema, GOOD.replace("many:", "more:"))
            lease.publish({**running, "last_push": {**pushed, "finished_at": "2026-01-01T00:01:00Z"}})
            await page.see(r"\+ table more")
        await page.see("○ stopped")
