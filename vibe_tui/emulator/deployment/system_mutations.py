"""Convex's own mutations (`_system/frontend/...`) that a dashboard changes documents with."""

from __future__ import annotations

import re
from typing import Any

from vibe_tui.emulator.deployment.errors import FunctionFailed
from vibe_tui.emulator.deployment.runtime import Runtime
from vibe_tui.emulator.deployment.validation import table_of

Args = dict[str, Any]
_TABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_MOST = 4096
"""Documents at once, as in Convex."""


class SystemMutations:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._mutations = {
            "_system/frontend/addDocument:default": self._add,
            "_system/frontend/patchDocumentsFields:default": self._patch,
            "_system/frontend/replaceDocument:default": self._replace,
            "_system/frontend/deleteDocuments:default": self._delete,
        }

    def has(self, path: str) -> bool:
        return path in self._mutations

    async def run(self, path: str, args: Args) -> dict[str, Any]:
        """path: normalised. `{"success": true}`, or false with an error. Raises FunctionFailed."""
        try:
            return await self._mutations[path](args)
        except (KeyError, TypeError, ValueError) as error:
            raise FunctionFailed(f"ArgumentValidationError: {path} cannot take these arguments.") from error

    async def _add(self, args: Args) -> dict[str, Any]:
        documents = list(args["documents"])
        if len(documents) > _MOST:
            return _failure(f"At most {_MOST} documents can be added at once.")
        return await self._change("insert", _users(args["table"]), documents=documents)

    async def _patch(self, args: Args) -> dict[str, Any]:
        return await self._change(
            "patch", _users(args["table"]), ids=args["ids"], fields=dict(args["fields"])
        )

    async def _replace(self, args: Args) -> dict[str, Any]:
        if not self._runtime.has_document(args["id"]):
            return _failure("Document does not exist.")
        table = _users(table_of(args["id"]))
        return await self._change("replace", table, id=args["id"], document=dict(args["document"]))

    async def _delete(self, args: Args) -> dict[str, Any]:
        ids = [entry["id"] for entry in args["toDelete"]]
        tables = sorted({_users(entry["tableName"]) for entry in args["toDelete"]})
        if len(ids) > _MOST:
            return _failure(f"At most {_MOST} documents can be deleted at once.")
        if len(tables) > 1:
            return _failure("The emulator deletes documents of one table at a time.")
        return await self._change("remove", tables[0], ids=ids) if tables else {"success": True}

    async def _change(self, change: str, table: str, **args: Any) -> dict[str, Any]:
        await self._runtime.change_documents(change, {"table": table, **args})
        return {"success": True}


def _users(table: str | None) -> str:
    """Only the user's tables are changed this way. Raises FunctionFailed."""
    if table is None or not _TABLE.fullmatch(table):
        raise FunctionFailed(f"Uncaught Error: {table!r} is not the name of a table of the app.")
    return table


def _failure(error: str) -> dict[str, Any]:
    return {"success": False, "error": error}
