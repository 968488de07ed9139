"""The documents of a real (emulated) deployment that was pushed with the real CLI."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from tests.deployed import Deployed
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.deployment_data import DocumentUnknown, TableUnknown
from vibe_tui.services.convex.deployment_http import DeploymentRefused
from vibe_tui.services.convex.document_file import ExportFailed
from vibe_tui.services.convex.pager import PAGES_KEPT, Pager
from vibe_tui.services.convex.values import ValueInvalid


async def run(api: DeploymentApi, name: str, **args: object) -> object:
    ended = await api.functions.run(await api.functions.find(name), args)
    assert ended.ok, ended.error
    return ended.value


async def empty(api: DeploymentApi, table: str) -> None:
    while documents := (await api.data.page(table, size=1000)).documents:
        await api.data.delete(table, [document.id for document in documents])


async def fill(api: DeploymentApi, rows: int) -> None:
    """Exactly so many rows, n from 0."""
    await empty(api, "rows")
    await run(api, "messages:fill", table="rows", **{"from": 0, "to": rows})


def numbers(documents: object) -> list[object]:
    return [document.readable()["n"] for document in documents]  # type: ignore[attr-defined]


async def test_tables_are_those_of_the_convex_cli(api: DeploymentApi, deployed: Deployed) -> None:
    printed = await asyncio.to_thread(deployed.convex, "data")
    assert await api.data.tables() == tuple(printed.split()) == ("many", "messages", "rows", "things")


async def test_documents_are_those_of_the_convex_cli(api: DeploymentApi, deployed: Deployed) -> None:
    await fill(api, 5)
    printed = await asyncio.to_thread(
        deployed.convex, "data", "rows", "--limit", "3", "--order", "asc", "--format", "jsonl"
    )
    page = await api.data.page("rows", order="asc", size=3)
    assert [document.readable() for document in page.documents] == [
        json.loads(line) for line in printed.splitlines()
    ]
    assert not page.done
    rest = await api.data.page("rows", order="asc", size=3, cursor=page.cursor)
    assert (numbers(rest.documents), rest.done) == ([3, 4], True)
    assert numbers((await api.data.page("rows", size=2)).documents) == [4, 3]
    assert await api.data.count("rows") == 5


async def test_special_values_come_back_as_they_were_written(api: DeploymentApi) -> None:
    sent = {"big": {"$integer": "9007199254740993"}, "raw": {"$bytes": "AP8="}, "odd": {"$float": "NaN"}}
    kept = await run(api, "messages:keep", **sent, any=[{"$integer": "-1"}, 1, 0.5])
    assert isinstance(kept, dict)
    found = await api.data.find(str(kept["_id"]))
    read = found.document.readable()
    assert found.table == "things"
    assert {name: read[name] for name in sent} == sent
    assert read["any"] == [{"$integer": "-1"}, 1, 0.5]
    await api.data.replace(found.document.id, {**read, "any": None})
    assert (await api.data.find(found.document.id)).document.readable() == {**read, "any": None}


async def test_changes(api: DeploymentApi) -> None:
    await empty(api, "messages")
    await api.data.insert("messages", [{"author": "Ann", "body": "1"}, {"author": "Bob", "body": "2"}])
    bob, ann = (await api.data.page("messages")).documents
    await api.data.patch("messages", [bob.id], {"stars": 5})
    assert (await api.data.find(bob.id)).document.readable()["stars"] == 5
    await api.data.delete("messages", [ann.id])
    with pytest.raises(DocumentUnknown):
        await api.data.find(ann.id)
    assert await run(api, "messages:list") == [(await api.data.find(bob.id)).document.readable()]


async def test_a_change_that_does_not_fit_the_schema_changes_nothing(api: DeploymentApi) -> None:
    await empty(api, "messages")
    with pytest.raises(DeploymentRefused, match="string"):
        await api.data.insert("messages", [{"author": "Ann", "body": "fits"}, {"author": 3, "body": "no"}])
    assert await api.data.count("messages") == 0
    with pytest.raises(DeploymentRefused):
        await api.data.delete("messages", ["000000000000000000099999messages"])
    with pytest.raises(DeploymentRefused):
        await api.data.replace("000000000000000000099999messages", {"author": "Ann", "body": "gone"})
    with pytest.raises(DeploymentRefused, match="table"):
        await api.data.insert("_storage", [{}])
    with pytest.raises(ValueInvalid):
        await api.data.insert("messages", [{"$author": "Ann"}])


async def test_a_misspelt_table_is_named(api: DeploymentApi) -> None:
    with pytest.raises(TableUnknown) as raised:
        await api.data.require_table("mesages")
    assert "messages" in raised.value.next_step


async def test_paging_both_ways(api: DeploymentApi) -> None:
    await fill(api, 25)
    pager = Pager(api.data, "rows", order="asc", size=10)
    assert (await pager.back()).number == 0
    assert numbers((await pager.show()).documents) == list(range(10))
    second = await pager.forward()
    assert (second.number, second.first, second.last) == (1, 10, False)
    third = await pager.forward()
    assert (numbers(third.documents), third.first, third.last) == ([20, 21, 22, 23, 24], 20, True)
    assert await pager.forward() == third
    assert await pager.back() == second
    gone = second.documents[0]
    await api.data.delete("rows", [gone.id])
    assert gone not in (await pager.refresh()).documents
    assert numbers((await pager.forward()).documents) == [21, 22, 23, 24]


async def test_a_hundred_thousand_documents_are_read_a_few_pages_at_a_time(api: DeploymentApi) -> None:
    for start in range(0, 100_000, 20_000):
        await run(api, "messages:fill", table="many", **{"from": start, "to": start + 20_000})
    started = time.monotonic()
    pager = Pager(api.data, "many", order="asc", size=100)
    shown = await pager.show()
    first_page = time.monotonic() - started
    for _ in range(40):
        shown = await pager.forward()
        assert pager.documents_kept <= PAGES_KEPT * 100
    assert numbers(shown.documents)[0] == shown.first == 4000
    for _ in range(40):
        shown = await pager.back()
        assert pager.documents_kept <= PAGES_KEPT * 100
    assert (numbers(shown.documents)[0], shown.number) == (0, 0)
    assert await api.data.count("many") == 100_000
    assert first_page < 3, "a first page costs what a page costs, not what the table costs"


async def test_an_export_is_whole_or_not_there(api: DeploymentApi, tmp_path: Path) -> None:
    await fill(api, 1200)
    target = tmp_path / "rows.jsonl"
    told: list[int] = []
    assert await api.data.export("rows", target, on_progress=told.append) == 1200
    assert told == [500, 1000, 1200]
    assert [json.loads(line)["n"] for line in target.read_text().splitlines()] == list(range(1200))
    with pytest.raises(ExportFailed, match="exists"):
        await api.data.export("rows", target)
    with pytest.raises(TableUnknown):
        await api.data.export("nothing", tmp_path / "nothing.jsonl")
    with pytest.raises(ExportFailed):
        await api.data.export("rows", tmp_path / "no" / "such" / "folder.jsonl")

    begun = asyncio.Event()
    other = tmp_path / "cancelled.jsonl"
    work = asyncio.create_task(api.data.export("rows", other, on_progress=lambda _: begun.set()))
    await begun.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert [path.name for path in await asyncio.to_thread(lambda: list(tmp_path.iterdir()))] == ["rows.jsonl"]
