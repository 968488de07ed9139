"""The documents of a real (emulated) deployment that was pushed with the real CLI."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deployed import Deployed
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.deployment_data import DocumentChanged, DocumentUnknown, TableUnknown
from vibe_tui.services.convex.deployment_http import DeploymentRefused
from vibe_tui.services.convex.document_file import ExportFailed
from vibe_tui.services.convex.document_filter import parse_filter
from vibe_tui.services.convex.pager import DOCUMENTS_KEPT, Pager
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


async def test_an_edit_leaves_what_others_changed_meanwhile(api: DeploymentApi) -> None:
    await empty(api, "messages")
    await api.data.insert("messages", [{"author": "Ann", "body": "a", "stars": 1}])
    [read] = (await api.data.page("messages")).documents
    await api.data.patch("messages", [read.id], {"author": "Bob"})

    with pytest.raises(DocumentChanged, match="author"):
        await api.data.edit("messages", read, {"author": "Cy", "body": "lost", "stars": 1})
    await api.data.edit("messages", read, {"author": "Ann", "body": "b", "stars": 1})
    assert await own_fields(api, read.id) == {"author": "Bob", "body": "b", "stars": 1}

    [read] = await api.data.documents("messages", [read.id])
    await api.data.patch("messages", [read.id], {"author": "Di"})
    await api.data.edit("messages", read, {"author": "Bob", "body": "c"})
    assert await own_fields(api, read.id) == {"author": "Di", "body": "c"}

    await api.data.delete("messages", [read.id])
    with pytest.raises(DocumentChanged, match="deleted"):
        await api.data.edit("messages", read, {"author": "Cy", "body": "c"})


async def own_fields(api: DeploymentApi, id_: str) -> dict[str, object]:
    """Its own fields as they are now."""
    document = (await api.data.find(id_)).document.readable()
    return {name: value for name, value in document.items() if not name.startswith("_")}


async def test_a_misspelt_table_is_named(api: DeploymentApi) -> None:
    with pytest.raises(TableUnknown) as raised:
        await api.data.require_table("mesages")
    assert "messages" in raised.value.next_step


async def test_rows_are_found_a_page_at_a_time_and_come_again_going_back(api: DeploymentApi) -> None:
    await fill(api, 25)
    pager = Pager(api.data, "rows", order="asc", size=10)
    first = await pager.window(0, 5)
    assert (numbers(first.documents), first.rows, first.complete) == (list(range(10)), 10, False)
    second = await pager.window(0, 25)  # one page more at a time
    assert (numbers(second.documents), second.rows, second.complete) == (list(range(20)), 20, False)
    third = await pager.window(15, 25)
    assert (third.first, numbers(third.documents)) == (10, list(range(10, 25)))
    assert (third.rows, third.complete, third.looked_at) == (25, True, 25)
    assert await pager.window(20, 99) == replace(third, first=20, documents=third.documents[10:])
    gone = third.documents[0]
    await api.data.delete("rows", [gone.id])
    fresh = await pager.refresh(12, 15)
    assert (gone in fresh.documents, fresh.rows, fresh.complete) == (False, 20, False)
    assert numbers((await pager.window(20, 30)).documents) == [21, 22, 23, 24]


async def test_rows_that_all_went_away_are_not_there_any_more(api: DeploymentApi) -> None:
    await fill(api, 25)
    pager = Pager(api.data, "rows", order="asc", size=10)
    for end in (10, 20, 30):
        await pager.window(0, end)
    await empty(api, "rows")
    gone = await pager.refresh(20, 25)
    assert (gone.documents, gone.rows, gone.complete) == ((), 20, True)
    assert (await pager.window(0, 20)).rows == 0


async def test_a_hundred_thousand_documents_are_read_a_few_pages_at_a_time(api: DeploymentApi) -> None:
    for start in range(0, 100_000, 20_000):
        await run(api, "messages:fill", table="many", **{"from": start, "to": start + 20_000})
    started = time.monotonic()
    pager = Pager(api.data, "many", order="asc")
    await pager.window(0, 40)
    first_page = time.monotonic() - started
    for row in [*range(0, 4000, 40), *range(4000, -1, -40)]:
        shown = await pager.window(row, row + 40)
        assert pager.documents_kept <= DOCUMENTS_KEPT
        assert numbers(shown.documents)[row - shown.first] == row
    assert await api.data.count("many") == 100_000
    assert first_page < 3, "a first page costs what a page costs, not what the table costs"


async def test_the_deployment_compares_fields_in_the_whole_table(api: DeploymentApi) -> None:
    await fill(api, 6000)
    found = await rows_of(Pager(api.data, "rows", order="asc", only=parse_filter("n >= 5998")))
    assert found == [5998, 5999]
    assert await rows_of(Pager(api.data, "rows", only=parse_filter("n = 3"))) == [3]
    assert await rows_of(Pager(api.data, "rows", only=parse_filter("n = three"))) == []
    assert await rows_of(Pager(api.data, "rows", only=parse_filter("n < false"), size=5000)) == list(
        range(5999, -1, -1)
    ), "as in Convex, every number comes before every boolean"
    with pytest.raises(ValueInvalid):
        await Pager(api.data, "rows", only=parse_filter('n = {"$integer": "x"}')).window(0, 1)


async def test_a_text_is_looked_for_page_by_page(api: DeploymentApi) -> None:
    await empty(api, "messages")
    await api.data.insert("messages", [{"author": "Ann", "body": f"note {number}"} for number in range(600)])
    pager = Pager(api.data, "messages", order="asc", only=parse_filter("NOTE 59"))
    first = await pager.window(0, 40)
    assert (len(first.documents), first.complete, first.looked_at) == (1, False, 250)
    while not first.complete:
        first = await pager.window(0, 40)
    assert (len(first.documents), first.looked_at) == (11, 600)
    in_field = await Pager(api.data, "messages", only=parse_filter("author: note")).window(0, 40)
    assert in_field.rows == 0


async def rows_of(pager: Pager) -> list[object]:
    shown = await pager.window(0, 10_000)
    while not shown.complete:
        shown = await pager.window(0, 10_000)
    return numbers(shown.documents)


async def test_documents_by_their_ids_leave_out_what_is_gone(api: DeploymentApi) -> None:
    await fill(api, 2)
    one, two = (await api.data.page("rows")).documents
    await api.data.delete("rows", [one.id])
    assert await api.data.documents("rows", [one.id, two.id]) == (two,)


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
