"""What a turn asks is answered in a dialog, and goes with the turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen

from vibe_tui.app import VibeApp
from vibe_tui.screens import approval, dialog
from vibe_tui.screens.approval import ApprovalDialog
from vibe_tui.screens.project.chat_asking import ChatAsking
from vibe_tui.screens.project.chat_story import ChatStory
from vibe_tui.screens.secret_form import SecretForm
from vibe_tui.services.assistant.ports import SecretRequest, ToolRequest, TurnPorts
from vibe_tui.widgets.chat import ChatPanel

REQUEST = ToolRequest("command", "Run a command", "npm test")


class ChatScreen(Screen[None]):
    def compose(self) -> ComposeResult:
        yield ChatPanel()


@asynccontextmanager
async def asking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[TurnPorts, Pilot[Any]]]:
    monkeypatch.setattr(dialog, "GRACE", 0)
    monkeypatch.setattr(approval, "GRACE_SECONDS", 0)
    async with VibeApp(ChatScreen, crash_folder=tmp_path).run_test(size=(80, 24)) as pilot:
        panel = pilot.app.screen.query_one(ChatPanel)
        story = ChatStory(panel, lambda _: None, lambda _: None)
        yield ChatAsking(panel, story).ports(review_changes=True), pilot


async def until(pilot: Pilot[Any], kind: type[Screen[Any]]) -> None:
    end = time.monotonic() + 5
    while not (isinstance(pilot.app.screen, kind) and pilot.app.focused is not None):
        assert time.monotonic() < end
        await pilot.pause(0.02)


async def test_each_answer_reaches_the_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with asking(tmp_path, monkeypatch) as (ports, pilot):
        assert ports.review_changes
        for keys, answer in ((("right", "enter"), True), (("enter",), False), (("escape",), False)):
            asked = asyncio.create_task(ports.approve(REQUEST))
            await until(pilot, ApprovalDialog)
            await pilot.press(*keys)
            assert await asyncio.wait_for(asked, 5) is answer


async def test_a_turn_that_is_stopped_takes_its_question_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asking(tmp_path, monkeypatch) as (ports, pilot):
        asked = asyncio.create_task(ports.approve(REQUEST))
        await until(pilot, ApprovalDialog)
        asked.cancel()
        await until_back(pilot)
        assert asked.cancelled()


async def test_a_secret_is_typed_into_a_form_or_declined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asking(tmp_path, monkeypatch) as (ports, pilot):
        request = SecretRequest("RESEND_KEY", "to send " + "mail " * 200)
        asked = asyncio.create_task(ports.ask_secret(request))
        await until(pilot, SecretForm)
        assert pilot.app.screen.query_one("#accept").region.bottom < 24, "the buttons are in sight"
        pilot.app.post_message(events.Paste("value-of-the-key"))
        await pilot.press("enter")
        assert await asyncio.wait_for(asked, 5) == "value-of-the-key"
        asked = asyncio.create_task(ports.ask_secret(request))
        await until(pilot, SecretForm)
        await pilot.press("escape")
        assert await asyncio.wait_for(asked, 5) == ""


async def until_back(pilot: Pilot[Any]) -> None:
    end = time.monotonic() + 5
    while not isinstance(pilot.app.screen, ChatScreen):
        assert time.monotonic() < end
        await pilot.pause(0.02)
