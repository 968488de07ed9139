"""A model answers in the page's chat: it streams, asks, is queued for, stopped, and found again later."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.flows.seen_page import Page
from tests.model_server import Call, ModelServer, held, says
from vibe_tui.app import VibeApp
from vibe_tui.screens import dialog
from vibe_tui.screens.approval import ApprovalDialog
from vibe_tui.screens.model_picker import ModelPicker
from vibe_tui.screens.project.screen import ProjectScreen
from vibe_tui.services.model import Project
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
from vibe_tui.services.settings import Settings

SCHEMA = "convex/schema.ts"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


class Setup:
    def __init__(self, home: Home, project: Project, server: ModelServer) -> None:
        self.home, self.project, self.server = home, project, server

    @asynccontextmanager
    async def page(self, size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[Page, Pilot[None]]]:
        app = VibeApp(
            lambda: ProjectScreen(self.home, Settings(), self.project), crash_folder=self.home.crashes
        )
        async with app.run_test(size=size, notifications=True) as pilot:
            page = Page(pilot)
            await page.see(r"Convex: not connected", 20)
            await page.press("f5")
            yield page, pilot
            await pilot.press("ctrl+q")
        assert not list(self.home.crashes.glob("*"))


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Setup]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(dialog, "GRACE", 0)
    home = Home(tmp_path / "home")
    home.prepare()
    home.settings.write_text('[assistant]\nmodel = "openai/scripted"\n')
    project = Projects(home).new_from_template("my-app", tmp_path / "my-app")
    with ModelServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "of-no-use-anywhere")
        yield Setup(home, project, server)


async def test_a_turn_is_seen_asked_about_and_found_again(setup: Setup) -> None:
    server = setup.server
    server.then(
        says(
            "I look at the **schema**.", calls=[Call("read_file", path="convex/schema.ts")], reasoning="Hm."
        ),
        says(
            calls=[
                Call("write_file", path="convex/notes.ts", content="export const a = 1;\n"),
                Call("add_package", packages=["zod"]),
            ]
        ),
        says("Done: `notes`.\n\n```ts\nconst a = 1;\n```\n"),
    )
    async with setup.page() as (page, pilot):
        await page.see("to your app, or ask")
        await page.type("Add notes to @sch")
        await page.see("│  convex/schema.ts ")
        await page.press("tab", "enter")
        await page.see("npm install .*--")
        assert isinstance(pilot.app.screen, ApprovalDialog)
        await page.choose("Reject", until="Done: notes.")
        for text in ("I look at the schema.", "Thought  3 characters", "✓ Read convex/schema.ts"):
            assert page.text.count(text) == 1, text
        assert "✓ convex/notes.ts  +1 \N{MINUS SIGN}0  new" in page.text
        assert "declined" in page.text and "24 in" not in page.text
        await page.see("36 in, 21 out, cost unknown")
        assert "of-no-use-anywhere" not in page.text
        assert [one["content"] for one in server.requests[0].messages if one["role"] == "user"] == [
            "Add notes to @convex/schema.ts"
        ]
        assert server.listed == 0, "nobody is asked for models before the picker opens"
        await page.press("alt+m")
        await page.see("● scripted")
        assert isinstance(pilot.app.screen, ModelPicker) and server.listed == 1
        await page.press("up", "enter")
        await page.see("assistant: built-in recipes")
        assert "cost unknown" not in page.text
    async with setup.page() as (page, pilot):
        await page.see("Done: notes.")
        assert "✓ convex/notes.ts  +1" in page.text and "I look at the schema." in page.text
        await page.press("up")
        await page.see(r"│ Add notes to @convex/schema.ts +│")
        assert (setup.home.prompts(setup.project.id).stat().st_mode & 0o777) == 0o600


async def test_what_is_sent_meanwhile_is_queued_and_esc_stops_at_once(setup: Setup) -> None:
    first, second = threading.Event(), threading.Event()
    setup.server.then(
        held(says("The first answer is this one."), first, after=4),
        says(calls=[Call("write_file", path="convex/notes.ts", content="export const a = 1;\n")]),
        held(says("I am going on and on."), second, after=4),
    )
    async with setup.page() as (page, _pilot):
        await page.type("one\n")
        await page.see("The first")
        await page.type("two\n")
        await page.see("queued two")
        await page.type("three\n")
        await page.see("queued three")
        first.set()
        await page.see("The first answer is this one.")
        await page.see("I am going")
        assert "queued two" not in page.text and "queued three" in page.text
        await page.press("escape")
        await page.see("Stopped. What was written before stays.")
        await page.see("Undo this turn")
        assert "queued three" in page.text, "what is queued does not go on after a stop"
        assert len(setup.server.requests) == 3
        await page.type("/retry\n")
        await page.see("The script is over")
        assert "queued three" in page.text
    second.set()


async def test_a_picture_goes_along_where_the_model_takes_images(setup: Setup, tmp_path: Path) -> None:
    (setup.project.folder / "shot.png").write_bytes(PNG)
    (tmp_path / "other.png").write_bytes(PNG)
    setup.home.settings.write_text('[assistant]\nmodel = "openai/gpt-5"\n')
    setup.server.then(says("Seen."), says("Not seen."))
    async with setup.page((80, 24)) as (page, _pilot):
        await page.put(f"/image {tmp_path / 'none.png'}")
        await page.press("enter")
        await page.see("cannot be attached")
        await page.put(str(tmp_path / "other.png"))
        await page.see("image other.png  1 kB")
        await page.type("like @shot.png\n")
        await page.see("Seen.")
        await page.see("2 images")
        content = setup.server.requests[0].messages[-1]["content"]
        assert [part["type"] for part in content].count("image_url") == 2
        await page.put("/model openai/scripted")
        await page.press("enter")
        await page.see("assistant: scripted")
        await page.put("/image x.png")
        await page.press("enter")
        await page.see("takes no images")
