"""The Functions tab on a real (emulated) deployment."""

from __future__ import annotations

import asyncio
import json
import shlex
import time
import urllib.request
from collections.abc import AsyncIterator

import pytest
from textual.widgets import Input

from tests.deployed import Deployed
from tests.screens.dashboard.one_tab import Page, one_tab
from vibe_tui.screens.dashboard.functions_tab import FunctionsTab
from vibe_tui.widgets.json_input import JsonInput

pytestmark = pytest.mark.xdist_group("real")


@pytest.fixture
async def page(deployed: Deployed) -> AsyncIterator[Page]:
    async with one_tab(FunctionsTab, deployed.api(), deployed.folder) as page:
        await page.see("messages")
        yield page


async def choose(page: Page, name: str) -> None:
    """By the filter, as a user does, with the name put in at once."""
    await page.screen.action_perform("functions_find")
    page.screen.query_one("#function-filter", Input).value = name
    await page.see(rf"{name}  ")
    await page.press("enter")
    await page.pilot.pause()


def arguments(page: Page) -> JsonInput:
    return page.screen.query_one(JsonInput)


async def test_functions_are_listed_by_module_and_filtered_as_one_types(page: Page) -> None:
    await page.see("GET /hello")
    shown = page.text
    assert shown.index("messages") < shown.index("fails") < shown.index("send") < shown.index("HTTP actions")
    await page.see(r"secret +query, internal")
    await page.see(r"send +mutation")
    await page.press("slash", *"SEN")
    await page.until(lambda: "fails" not in page.text, "only what fits")
    await page.see(r"takes +\{ author: string, body: string, stars\?: number \}")
    await page.see(r'returns +Id<"messages">')
    await page.press(*"x")
    await page.see("No function has “senx” in")
    await page.press("escape")
    await page.see("fails")


async def test_arguments_are_completed_checked_and_sent(page: Page) -> None:
    await choose(page, "messages:send")
    assert json.loads(arguments(page).text) == {"author": "", "body": ""}
    before = (await page.screen.api.logs.history()).cursor

    await page.press("down", "down", "end", "comma", "enter", *"st")
    await page.see('Tab "stars"')
    await page.press("tab", *'"x"', "ctrl+r")
    await page.see('stars has to be number, not "x"')
    assert (await page.screen.api.logs.history()).cursor == before

    await page.press("backspace", "backspace", "backspace", "5", "ctrl+r")
    await page.see(r"● Ran in \d+ ms, 2 log lines")
    await page.see(r"\[WARN\] 'carefully'")
    await page.press("tab", "tab", "enter")  # Copy result
    await page.until(lambda: bool(page.screen.copied), "the copy")
    documents = (await page.screen.api.functions.find("messages:list")), {}
    kept = (await page.screen.api.functions.run(*documents)).value
    assert isinstance(kept, list)
    assert json.loads(page.screen.copied[-1]) in [it["_id"] for it in kept if it.get("stars") == 5]


async def test_literal_values_are_completed(page: Page) -> None:
    await choose(page, "messages:paint")
    arguments(page).fill('{"colour": }')
    await page.press(*["right"] * 11, "g")
    await page.see('Tab, .N next "green"|Tab "green"')
    await page.press("tab")
    assert arguments(page).text == '{"colour": "green"}'


async def test_what_was_typed_is_kept_for_the_session(page: Page, deployed: Deployed) -> None:
    await choose(page, "messages:fill")
    arguments(page).fill('{"table": "rows"}')
    await page.pilot.pause()
    await choose(page, "messages:list")
    assert arguments(page).text == "{}"
    async with one_tab(FunctionsTab, deployed.api(), deployed.folder) as again:
        await again.see("messages")
        await choose(again, "messages:fill")
        assert arguments(again).text == '{"table": "rows"}'


async def test_a_failure_leads_to_its_place(page: Page) -> None:
    await choose(page, "messages:fails")
    await page.press("ctrl+r")
    await page.see(r"✗ Failed after \d+ ms")
    await page.see("this is wrong")
    page.screen.query_one("#function-result").focus()
    await page.press("g", "enter")
    await page.until(lambda: bool(page.screen.notices), "the message names no file")
    await page.press("down", "enter")
    await page.until(lambda: bool(page.screen.opened), "the file")
    assert page.screen.opened == [("convex/messages.ts", 22)]


async def test_a_run_is_stopped(page: Page) -> None:
    await choose(page, "messages:wait")
    arguments(page).fill('{"milliseconds": 300000}')
    await page.press("ctrl+r")
    await page.see("Running for 0 s: messages:wait")
    await page.press("ctrl+r")
    assert page.screen.notices == ["A function runs already: Esc stops waiting for it."]
    began = time.monotonic()
    await page.press("escape")
    await page.see("Stopped: messages:wait")
    await page.see("It may go on, or have run already")
    assert time.monotonic() - began < 5
    arguments(page).fill('{"milliseconds": 1}')
    await page.press("ctrl+r")
    await page.see("Ran in")
    await page.see('"waited"')


async def test_an_http_action_says_how_it_is_called(page: Page) -> None:
    await choose(page, "GET /hello")
    await page.see("curl -X GET http://127.0.0.1:")
    assert not arguments(page).display
    await page.press("alt+c")
    await page.until(lambda: bool(page.screen.copied), "the copy")
    command = shlex.split(page.screen.copied[0])
    answer = await asyncio.to_thread(lambda: urllib.request.urlopen(command[-1], timeout=10).read())
    assert answer == b"hello"
    await page.press("ctrl+r")
    assert "HTTP actions are called with a request" in page.screen.notices[-1]
