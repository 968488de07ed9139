"""Deploying to production from the page: asked for, typed, streamed into the log, told."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.conftest import Vibe
from tests.flows.seen_page import Page
from tests.flows.test_page_flow import open_page, project_page

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real"), pytest.mark.timeout(120)]


async def choose_in_the_palette(page: Page, command: str) -> None:
    await page.press("ctrl+p")
    await page.type(command)
    await page.see(f"{command}\n|{command} ")
    await page.press("enter")


async def test_the_name_is_typed_and_the_outcome_told(vibe: Vibe) -> None:
    made = await asyncio.to_thread(vibe.json, "new", "my-app", "--dir", "./my-app")
    folder = Path(made["project"]["folder"])
    connection = (await asyncio.to_thread(vibe.json, "connect", "--project", "my-app", "--approve"))[
        "connection"
    ]
    async with open_page(project_page(vibe), vibe, (80, 24)) as page:
        await page.see("● Convex Connected|Convex: emulator")
        await choose_in_the_palette(page, "Deploy to production")
        await page.see(f"Project {connection['project']}, team personal")
        await page.see("none yet; this makes one")
        await page.press("enter")  # the name is not typed, so nothing is done
        await page.choose("Cancel", until="Nothing was deployed")

        await choose_in_the_palette(page, "Deploy to production")
        await page.see("Type ")
        await page.type(connection["project"])
        await page.choose("Deploy to production", until=r"npx convex deploy|Deployed to")
        found = await page.see(r"Deployed to ([\w-]+) in \d", 60)
        url = (await page.see(r"http://127\.0\.0\.1:\d+")).group()
        await page.choose("Close", until="Deployed Convex functions to")
    status = await asyncio.to_thread(vibe.json, "status", "--project", "my-app")
    assert status["connection"]["deployment"] == connection["deployment"] != found[1]
    assert status["connection"]["url"] == connection["url"] != url
    kept = json.loads((vibe.home / "credentials.json").read_text())["secrets"]
    assert len(kept) == 3, "the key for production was never stored"
    env_file = folder / ".env.local"
    assert not env_file.exists() or "prod:" not in env_file.read_text()
