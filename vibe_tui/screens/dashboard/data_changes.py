"""Copying, adding, editing and deleting documents, each after asking what has to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from vibe_tui.screens.dashboard.data_dialogs import JsonDialog, ask_to_delete
from vibe_tui.screens.dashboard.data_pane import DataPane
from vibe_tui.screens.dashboard.data_rows import as_json, skeleton
from vibe_tui.screens.dashboard.tab import Host
from vibe_tui.services.convex.deployment_data import Document
from vibe_tui.services.terminal_text import visible

_SYSTEM = ("_id", "_creationTime")
_MADE = "The deployment gives it its _id and _creationTime."


class Chosen(Protocol):
    """What the user points at."""

    @property
    def pane(self) -> DataPane: ...

    @property
    def table(self) -> str: ...

    @property
    def document_under_cursor(self) -> Document | None: ...

    @property
    def document_in_panel(self) -> tuple[str, Document] | None: ...

    def refresh(self) -> None: ...

    def changed(self, document: Document) -> None: ...


class DataChanges:
    def __init__(self, host: Host, chosen: Chosen) -> None:
        self._host = host
        self._chosen = chosen

    def _one(self) -> tuple[str, Document] | None:
        """The document in the panel when one is there, otherwise the one under the cursor."""
        if (in_panel := self._chosen.document_in_panel) is not None:
            return in_panel
        document = self._chosen.document_under_cursor
        return None if document is None else (self._chosen.table, document)

    def _many(self) -> tuple[str, list[str]]:
        """The table and the ids of the marked documents, or of the one."""
        marked = list(self._chosen.pane.table.marked)
        if marked and self._chosen.document_in_panel is None:
            return self._chosen.table, marked
        one = self._one()
        return (self._chosen.table, []) if one is None else (one[0], [one[1].id])

    async def copy(self) -> None:
        """As JSON: one as an object, several as an array."""
        table, ids = self._many()
        if not ids:
            return
        found = [document.readable() for document in await self._host.api.data.documents(table, ids)]
        if not found:
            self._host.notice("It is not there any more: r refreshes", "bad")
            return
        await self._host.copy(as_json(found[0] if len(ids) == 1 else found))

    async def add(self) -> None:
        table = self._chosen.table
        if not table:
            return

        async def save(document: dict[str, object]) -> None:
            await self._host.api.data.insert(table, [document])

        text = as_json(await self._start_of(table))
        title = f"Add a document to {visible(table)}"
        if await self._host.ask(JsonDialog(title, _MADE, text, save, accept="Add the document")):
            self._host.notice("Added", "good")
            self._chosen.refresh()

    async def _start_of(self, table: str) -> Mapping[str, object]:
        """A document to start from: what the deployed schema asks for, otherwise as the row at the cursor."""
        schema = await self._host.api.schema()
        described = schema.tables.get(table) if schema else None
        return (described.example if described else {}) or skeleton(self._chosen.pane.table.current)

    async def edit(self) -> None:
        """Change the fields of one document, as it is in the deployment now."""
        one = self._one()
        if one is None:
            return
        table, shown = one
        [document, *_] = await self._host.api.data.documents(table, [shown.id]) or [None]
        if document is None:
            self._host.notice("It is not there any more: r refreshes", "bad")
            return

        async def save(changed: dict[str, object]) -> None:
            await self._host.api.data.edit(table, document, changed)

        fields = {name: value for name, value in document.readable().items() if name not in _SYSTEM}
        title = f"Edit a document of {visible(table)}"
        dialog = JsonDialog(title, visible(document.id), as_json(fields), save, accept="Save the document")
        if await self._host.ask(dialog):
            self._host.notice("Saved", "good")
            for now in await self._host.api.data.documents(table, [document.id]):
                self._chosen.changed(now)

    async def delete(self) -> None:
        """The marked documents, or the one."""
        table, ids = self._many()
        if not ids:
            return
        answer = await self._host.ask(ask_to_delete(table, len(ids), self._host.connection.deployment))
        if answer != "delete":
            return
        await self._host.api.data.delete(table, ids)
        self._chosen.pane.table.unmark_all()
        self._chosen.pane.panel.close()
        self._host.notice("Deleted", "good")
        self._chosen.refresh()
