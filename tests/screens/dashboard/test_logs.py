"""The Logs tab, on a real (emulated) deployment and on one that goes away, floods and lies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.deployed import Deployed
from tests.fault_server import FaultServer, Request, Response, json_response
from tests.screens.dashboard.one_tab import Page, one_tab
from vibe_tui.screens.dashboard.logs_kept import KeptEntries
from vibe_tui.screens.dashboard.logs_tab import LogsTab
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.log_entries import LogEntry, LogLine
from vibe_tui.services.secret import Secret
from vibe_tui.widgets.log_lines import CAPACITY
from vibe_tui.widgets.log_view import LogView

pytestmark = pytest.mark.xdist_group("real")


@pytest.fixture
async def page(deployed: Deployed) -> AsyncIterator[Page]:
    async with one_tab(LogsTab, deployed.api(), deployed.folder) as page:
        await page.see("● Live")
        yield page


async def run(page: Page, name: str, **args: object) -> None:
    functions = page.screen.api.functions
    await functions.run(await functions.find(name), args)


async def test_what_runs_is_shown_live_and_chosen_from(page: Page) -> None:
    await page.press("x")
    await page.see("Cleared. What runs from now on")
    await run(page, "messages:send", author="Ann", body="for the log")
    await run(page, "messages:paint", colour="red")
    await page.see(r"● messages:send mutation \d+ ms  \w+")
    await page.see("'sending' 'for the log'")
    await page.see(r"● messages:paint query")

    await page.press("v", "v")
    await page.see("Warnings and worse")
    await page.until(lambda: "'sending'" not in page.text and "messages:paint" not in page.text)
    await page.see("WARN 'carefully'")
    await page.press("e", *"pai")
    await page.see("Nothing here fits")
    await page.press("escape")
    await page.see("All levels")
    await page.see("messages:paint")

    await page.press("e")
    page.screen.query_one("#log-function", Input).value = "PAINT"
    await page.until(lambda: "messages:send" not in page.text, "only the function that fits")
    await page.press("escape", "slash", *"for the")
    await page.see("1 of 1 lines")


async def test_one_request_alone_and_an_error_that_leads_to_the_file(page: Page) -> None:
    await page.press("x")
    await run(page, "messages:fails")
    await run(page, "messages:paint", colour="red")
    await page.see("messages:paint")
    await page.press("g", "enter")
    await page.see("Request .* ✕")
    await page.until(lambda: "messages:paint" not in page.text, "one request")
    await page.press("down", "enter")
    assert page.screen.opened == [("convex/messages.ts", 22)]
    await page.press("G", "enter")
    assert page.screen.opened[1:] == [("convex/messages.ts", 22)]
    await page.press("r")
    await page.see("messages:paint")
    await page.press("r")
    await page.until(lambda: "messages:fails" not in page.text, "the request of the last line")


async def test_pausing_holds_the_log_still(page: Page) -> None:
    await page.press("x", "f")
    await page.see("Paused, 0 new")
    await run(page, "messages:paint", colour="red")
    await page.see("Paused, 1 new: f follows")
    assert "messages:paint" not in page.text
    await page.press("f")
    await page.see("● Live")
    await page.see("● messages:paint")
    await page.press("c")
    await page.until(lambda: bool(page.screen.copied), "the copy")
    assert "messages:paint" in page.screen.copied[0]


async def test_a_tab_that_is_not_shown_asks_for_nothing_and_catches_up(page: Page) -> None:
    await page.press("x")
    page.screen.tab.hidden()
    await page.see("Not followed")
    await run(page, "messages:paint", colour="green")
    page.screen.tab.shown()
    await page.see("● Live")
    await page.see("● messages:paint")
    assert page.text.count("messages:paint") == 1


# --- a deployment that is not as it should be -----------------------------------------------------------


def execution(number: int, **more: object) -> dict[str, object]:
    return {
        "kind": "Completion",
        "udfType": "Query",
        "identifier": "messages.js:list",
        "logLines": [],
        "timestamp": 1_700_000_000 + number,
        "executionTime": 0.002,
        "success": True,
        "error": None,
        "requestId": f"r{number}",
        **more,
    }


class LogServer:
    """Answers the log's long poll with what is in `entries`, from the cursor on."""

    def __init__(self) -> None:
        self.entries: list[dict[str, object]] = []
        self.polls = 0
        self.down = False
        self.over = False

    async def __call__(self, request: Request) -> Response:
        if self.down:
            return json_response({"code": "InternalServerError", "message": "down"}, 503)
        if request.path == "/api/v1/get_canonical_urls":
            return json_response({"convexCloudUrl": "http://a", "convexSiteUrl": "http://b"})
        self.polls += 1
        cursor = int(float(request.query["cursor"]))
        while cursor and len(self.entries) <= cursor and not self.over:
            await asyncio.sleep(0.01)
        return json_response({"entries": self.entries[cursor:], "newCursor": max(1, len(self.entries))})


@asynccontextmanager
async def strange(tmp_path: Path) -> AsyncIterator[tuple[Page, LogServer, FaultServer]]:
    answers = LogServer()
    answers.entries.append(execution(0))
    async with FaultServer(answers) as server:
        api = DeploymentApi(server.host, Secret("a-key-of-the-test"))
        async with one_tab(LogsTab, api, tmp_path) as page:
            await page.see("messages:list")
            yield page, answers, server
            answers.over = True  # an end of its own: the server would tell of one that is cancelled


async def test_a_lost_deployment_is_counted_down_and_found_again(tmp_path: Path) -> None:
    async with strange(tmp_path) as (page, answers, _):
        answers.entries.append(execution(1, identifier="messages.js:before"))
        await page.see("messages:before")
        answers.down = True
        answers.entries.append(execution(2, identifier="messages.js:meanwhile"))
        await page.see(r"✗ Reconnecting in \d s")
        await page.see("has a problem of its own")
        answers.down = False
        await page.see("● Live")
        await page.see("messages:meanwhile")
        answers.entries.append(execution(3, identifier="messages.js:after"))
        await page.see("messages:after")
        assert page.screen.problems == []


async def test_a_refused_key_ends_it_with_its_sentence(tmp_path: Path) -> None:
    async with strange(tmp_path) as (page, answers, server):
        refusal = json_response({"code": "BadDeployKey", "message": "no"}, 401)
        server.fail("GET /api/.*", "answer", refusal, times=9)
        answers.entries.append(execution(1))
        await page.see("Not followed any more")
        assert [type(problem).__name__ for problem in page.screen.problems] == ["KeyRefused"]


async def test_hostile_text_stays_text(tmp_path: Path) -> None:
    async with strange(tmp_path) as (page, answers, _):
        answers.entries.append(
            execution(
                1,
                identifier="evil.js:\x1b[2J[red]f",
                requestId="\x1b]52;c;eHg=\x07[/]",
                logLines=[
                    {"messages": ["\x1b[31mred\u202e\x00 [bold]\n" + "x" * 40_000], "level": "WEIRD"},
                    "[ERROR] and a-key-of-the-test is out",
                ],
                error="Uncaught \x9b31mError\n    at f (../../etc/passwd.ts:1:1)",
            )
        )
        await page.see(r"✗ evil:\[red\]f")
        await page.see(r"red \[bold\]")
        await page.see(r"ERROR and \*\*\* is out")
        await page.press("G", "enter")
        assert page.screen.opened == []
        assert page.screen.notices == ["This line names no file of the project."]
        await page.press("r")
        await page.see(r"Request \[/\] ✕")


async def test_a_flood_is_read_in_batches_and_kept_within_bounds(tmp_path: Path) -> None:
    async with strange(tmp_path) as (page, answers, _):
        polls = answers.polls
        for number in range(1, 16_001):
            answers.entries.append(execution(number, identifier=f"flood.js:f{number}"))
            if number % 1_000 == 0:
                await page.pilot.pause(0.01)
        await page.see("flood:f16000", limit=40)
        view = page.screen.query_one(LogView)
        assert view.line_count == 16_001
        assert answers.polls - polls < 100
        await page.press("e")
        page.screen.query_one("#log-function", Input).value = "flood:f1"
        await page.until(lambda: view.line_count == 6_001, "those remembered whose name begins with 1")
        await page.press("escape")
        await page.until(lambda: view.line_count > 6_001, "all that are remembered")
        await page.press("g", "enter")
        await page.see(f"Request r{16_001 - CAPACITY} ✕")


def test_what_is_kept_is_bounded_by_lines() -> None:
    def entry(lines: int, text: str = "") -> LogEntry:
        logged = tuple(LogLine("LOG", text) for _ in range(lines))
        return LogEntry(0, text, "query", logged, False, 0, None, "")

    kept = KeptEntries(10)
    kept.extend([entry(3, "a"), entry(3, "b"), entry(3, "c")])
    assert [it.function for it, _ in kept] == ["b", "c"]
    kept.extend([entry(20, "huge")])
    assert [it.function for it, _ in kept] == ["huge"]
    kept.extend([entry(1, "one\ntwo")])  # a line each
    assert [it.function for it, _ in kept] == ["one\ntwo"]
    kept.clear()
    kept.extend([entry(3), entry(3)])
    assert len(kept) == 2
