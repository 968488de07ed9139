"""The Data tab on a real (emulated) deployment."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.deployed import Deployed
from tests.fault_server import Request
from tests.screens.dashboard.backend_screen import Page, backend_screen
from tests.screens.dashboard.relayed import NAME, own_backend
from vibe_tui.screens.dashboard.data_dialogs import JsonDialog
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.widgets.document_table import DocumentTable
from vibe_tui.widgets.text_area import TextArea

HOSTILE = "evil\x1b[2J\x1b]52;c;eA==\x07 [red]x[/] \u202egnp"


async def fill(api: DeploymentApi, rows: int) -> None:
    await empty(api, "rows")
    ran = await api.functions.run(
        await api.functions.find("messages:fill"), {"table": "rows", "from": 0, "to": rows}
    )
    assert ran.ok


async def empty(api: DeploymentApi, table: str) -> None:
    while documents := (await api.data.page(table, size=1000)).documents:
        await api.data.delete(table, [document.id for document in documents])


async def go_to(page: Page, table: str) -> None:
    """Choose a table, and go to its documents."""
    await page.see(rf"\b{table}\b")
    while re.search(rf"{table} · ", page.text) is None:
        await page.press("down")
    await page.press("enter")


async def choose(page: Page, label: str) -> None:
    """Press a button of the dialog, once it takes answers."""
    await page.see(label)
    screen = page.pilot.app.screen
    while page.pilot.app.screen is screen:
        await page.pilot.click(next(b for b in screen.query("Button") if str(b.label) == label))  # type: ignore[attr-defined]
        await page.pilot.pause(0.05)


def column(page: Page, index: int) -> list[str]:
    """What a column of the documents on the screen says."""
    lines = [line for line in page.text.splitlines() if line.count("│") >= 2]
    return [line.split("│")[index].strip() for line in lines[1:]]


async def find(page: Page, typed: str) -> None:
    await page.press("slash")
    page.pilot.app.screen.query_one("#data-needle", Input).value = typed
    await page.press("enter")


def written(page: Page) -> TextArea:
    return page.pilot.app.screen.query_one("#json-text", TextArea)


async def test_documents_in_pages_both_ways_and_in_either_order(deployed: Deployed) -> None:
    async with deployed.api() as api:
        await fill(api, 350)
    async with backend_screen(deployed, "1", size=(100, 60)) as page:
        await go_to(page, "rows")
        await page.see("row 1 of 350 · newest first")
        assert column(page, 1)[:3] == ["349", "348", "347"]
        table = page.pilot.app.screen.query_one(DocumentTable)
        while table.cursor[0] < 349:
            await page.press("pagedown")
        await page.see("row 350 of 350")
        assert column(page, 1)[-1] == "0"
        await page.press("home")
        await page.until(lambda: column(page, 1)[0] == "349")
        await page.press("o")
        await page.see("oldest first")
        await page.until(lambda: column(page, 1)[:2] == ["0", "1"])


async def test_the_deployment_filters_and_a_text_is_looked_for(deployed: Deployed) -> None:
    async with deployed.api() as api:
        await fill(api, 600)
    async with backend_screen(deployed, "1") as page:
        await go_to(page, "rows")
        await page.see("row 1 of 600")
        await find(page, "n >= 598")
        await page.see("row 1 of 2 .* filter n >= 598")
        assert column(page, 1) == ["599", "598"]
        await find(page, "n: 59")
        await page.see("row 1 of 16 .* filter n: 59")
        await find(page, "nowhere")
        await page.see("Nothing found: “nowhere”")
        await page.press("escape")
        await page.see("row 1 of 600")
        assert "filter" not in page.text


async def test_looking_for_a_text_says_how_far_it_is_and_can_be_stopped(deployed: Deployed) -> None:
    async with deployed.api() as api:
        await fill(api, 800)
    may_go_on = asyncio.Event()

    async def hold(phase: str, request: Request) -> None:
        options = request.json["args"].get("paginationOpts", {}) if request.method == "POST" else {}
        if phase == "before" and options.get("numItems") == 250 and options["cursor"]:
            await may_go_on.wait()

    async with own_backend(deployed) as server, backend_screen(deployed, "1", project=NAME) as page:
        await go_to(page, "rows")
        await page.see("of 800")
        server.watch = hold
        await find(page, "nowhere")
        await page.see("250 of 800 searched, Esc stops")
        await page.press("escape")
        await page.see("250 of 800 searched, stopped")
        may_go_on.set()
        await page.press("r")
        await page.see("Nothing found")


async def test_a_document_is_opened_and_an_id_followed_and_back(deployed: Deployed) -> None:
    async with deployed.api() as api:
        await empty(api, "things")
        await fill(api, 1)
        [target] = (await api.data.page("rows")).documents
        keep = await api.functions.find("messages:keep")
        special = {"big": {"$integer": "9007199254740993"}, "raw": {"$bytes": "AP8="}, "odd": 0.5}
        assert (await api.functions.run(keep, {**special, "any": {"to": target.id, "text": HOSTILE}})).ok
    async with backend_screen(deployed, "1", size=(160, 40)) as page:
        await go_to(page, "things")
        await page.see("row 1 of 1")
        await page.press("enter")
        await page.see('"\\$integer": "9007199254740993"')
        assert "\\u001b[2J" in page.text and "<U+202E>" in page.text and "\x1b" not in page.text
        while target.id not in str(page.pilot.app.focused and _line(page)):
            await page.press("down")
        await page.press("enter")
        await page.see(rf"rows · {target.id}")
        await page.press("c")
        await page.until(lambda: bool(page.copied))
        assert json.loads(page.copied[-1])["_id"] == target.id
        await page.press("b")
        await page.see("things · ")
        await page.press("escape")
        await page.unsee('"\\$integer": "9007199254740993",')
        await page.press("right", "right", "f")  # a number is no id
        await page.see("There is no id under the cursor|No table has a document")


def _line(page: Page) -> str:
    panel = page.pilot.app.screen.query_one("DataPanel")
    return panel.current_text  # type: ignore[attr-defined,no-any-return]


async def test_adding_and_editing_keep_what_the_deployment_refuses(deployed: Deployed) -> None:
    async with deployed.api() as api:
        await empty(api, "messages")
        async with backend_screen(deployed, "1") as page:
            await go_to(page, "messages")
            await page.see("The table messages is empty")
            await page.press("a")
            await page.until(lambda: isinstance(page.pilot.app.screen, JsonDialog))
            assert written(page).text == '{\n  "author": "",\n  "body": ""\n}'  # what the schema asks for
            written(page).text = '{"author": "Ann"}'
            await page.press("ctrl+s")
            await page.see("The deployment refused: .*body")
            assert written(page).text == '{"author": "Ann"}'
            written(page).text = '{"author": "Ann", '
            await page.press("ctrl+s")
            await page.see("not valid JSON")
            written(page).text = '{"author": "Ann", "body": "hello"}'
            await page.press("ctrl+s")
            await page.see("row 1 of 1")
            await page.press("e")
            await page.until(lambda: isinstance(page.pilot.app.screen, JsonDialog))
            assert "_id" not in written(page).text
            written(page).text = written(page).text.replace("hello", "good bye")
            await page.press("escape")
            await page.see("Esc again throws the changes away")
            await page.press("ctrl+s")
            await page.see("│ good bye")
        [document] = (await api.data.page("messages")).documents
        assert document.readable()["body"] == "good bye"


async def test_deleting_names_how_many_and_a_refresh_shows_what_others_do(
    deployed: Deployed,
) -> None:
    async with deployed.api() as api:
        await fill(api, 10)
        async with backend_screen(deployed, "1") as page:
            await go_to(page, "rows")
            await page.see("row 1 of 10")
            await page.press("d")
            await page.see("1 document of the table rows")
            await choose(page, "Keep")
            assert await api.data.count("rows") == 10
            await page.press("space", "space", "space")
            await page.see("3 marked")
            await page.press("c")
            await page.until(lambda: bool(page.copied))
            assert [one["n"] for one in json.loads(page.copied[-1])] == [9, 8, 7]
            await page.press("d")
            await page.see("3 documents of the table rows")
            await choose(page, "Delete 3 documents")
            await page.see("row 1 of 7")
            assert column(page, 1) == ["6", "5", "4", "3", "2", "1", "0"]
            assert "marked" not in page.text
            await page.press("home", "down")
            await api.data.insert("rows", [{"n": 77}])
            await page.press("r")
            await page.see("row 3 of 8")  # it stays at its document
            assert column(page, 1)[0] == "77"
        assert await api.data.count("rows") == 8


async def test_a_table_is_exported_or_nothing(deployed: Deployed, tmp_path: Path) -> None:
    async with deployed.api() as api:
        await fill(api, 700)
    target = tmp_path / "rows.jsonl"
    target.write_text("before")
    async with backend_screen(deployed, "1") as page:
        await go_to(page, "rows")
        await page.see("row 1 of 700")
        await page.press("x")
        await page.see("The whole table")
        page.pilot.app.screen.query_one(Input).value = str(target)
        await choose(page, "Save the file")
        await page.see("exists already")
        await choose(page, "Replace it")
        await page.see("700 documents are in")
    lines = await asyncio.to_thread(target.read_text)
    assert [json.loads(line)["n"] for line in lines.splitlines()] == list(range(700))


async def test_a_stopped_export_leaves_no_file(deployed: Deployed, tmp_path: Path) -> None:
    async with deployed.api() as api:
        await fill(api, 700)

    async def hold(phase: str, request: Request) -> None:
        options = request.json["args"].get("paginationOpts", {}) if request.method == "POST" else {}
        if phase == "before" and options.get("numItems") == 500 and options["cursor"]:
            await asyncio.get_running_loop().create_future()

    async with own_backend(deployed) as server, backend_screen(deployed, "1", project=NAME) as page:
        await go_to(page, "rows")
        await page.see("row 1 of 700")
        server.watch = hold
        await page.press("x")
        await page.see("The whole table")
        page.pilot.app.screen.query_one(Input).value = str(tmp_path / "rows.jsonl")
        await choose(page, "Save the file")
        await page.see("500 of 700 documents")
        await page.press("escape")
        await page.see("Export stopped; no file was written")
    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []


async def test_a_deployment_without_tables_says_what_makes_one(
    deployed: Deployed, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("bare")
    vibe = deployed.vibe
    await asyncio.to_thread(vibe.json, "new", "bare", "--dir", str(folder / "bare"))
    await asyncio.to_thread(vibe.json, "connect", "--project", "bare", "--approve")
    async with backend_screen(deployed, "1", project="bare") as page:
        await page.see("No tables yet")
        await page.press("e", "d", "x", "c", "space", "slash", "escape", "r")
        await page.see("No tables yet")


@pytest.mark.parametrize("columns", [80, 120])
async def test_a_table_and_its_count_share_a_row(deployed: Deployed, columns: int) -> None:
    async with backend_screen(deployed, "1", size=(columns, 24)) as page:
        await page.see(r"many +[\d,]+ ")
        await page.see(r"messages +[\d,]+ ")
