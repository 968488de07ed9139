"""Convex's own functions (`_system/...`) that the CLI and its tools read a deployment with."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any

from vibe_tui.emulator.deployment.code import CodeStore
from vibe_tui.emulator.deployment.database import Database
from vibe_tui.emulator.deployment.environment import Environment
from vibe_tui.emulator.deployment.errors import FunctionFailed
from vibe_tui.emulator.deployment.table_filter import ROWS_READ, TableFilter
from vibe_tui.emulator.deployment.tables import place
from vibe_tui.emulator.deployment.validation import table_of

Args = dict[str, Any]
_PAGE = 100


class SystemQueries:
    def __init__(
        self, database: Database, code: CodeStore, environment: Environment, *, url: str, site_url: str
    ) -> None:
        self._database = database
        self._code = code
        self._environment = environment
        self._queries: dict[str, Callable[[Args], Any]] = {
            "_system/cli/tables:default": self._tables,
            "_system/cli/tableData:default": self._table_data,
            "_system/cli/queryTable:default": self._table_data,
            "_system/cli/tableSize:default": lambda args: len(database.table(args["tableName"])),
            "_system/cli/queryEnvironmentVariables:default": self._variables,
            "_system/cli/queryEnvironmentVariables:get": self._variable,
            "_system/cli/modules:apiSpec": self._api_spec,
            "_system/cli/convexUrl:cloudUrl": lambda _args: url,
            "_system/cli/convexUrl:siteUrl": lambda _args: site_url,
            "_system/frontend/paginatedTableDocuments:default": self._table_documents,
            "_system/frontend/getSchemas:default": self._schemas,
            "_system/frontend/listById:default": self._by_id,
            "_system/frontend/getVersion:default": lambda _args: code.live.version if code.live else None,
            "_system/frontend/deploymentEvents:lastPushEvent": self._last_push,
            "_system/frontend/components:list": lambda _args: [],
        }

    def run(self, path: str, args: Args) -> Any:
        """path: normalised. The result as Convex JSON. Raises FunctionFailed."""
        query = self._queries.get(path)
        if query is None:
            raise FunctionFailed(f"Could not find function for '{path}': the emulator does not have it.")
        try:
            return query(args)
        except (KeyError, TypeError, ValueError) as error:
            raise FunctionFailed(f"ArgumentValidationError: {path} cannot take these arguments.") from error

    @property
    def table_names(self) -> list[str]:
        """The user's tables: those with documents and those of the schema."""
        schema = self._code.live.schema if self._code.live else None
        declared = {table["tableName"] for table in schema["tables"]} if schema else set()
        stored = {name for name in self._database.counts() if not name.startswith("_")}
        return sorted(declared | stored)

    def _tables(self, args: Args) -> Any:
        names = self.table_names
        start = int(args["paginationOpts"]["cursor"] or 0)
        end = start + int(args["paginationOpts"]["numItems"])
        page = [{"name": name} for name in names[start:end]]
        return {"page": page, "isDone": end >= len(names), "continueCursor": str(min(end, len(names)))}

    def _table_data(self, args: Args) -> Any:
        """A page in the order of creation. The cursor names the last document of the page before."""
        options = args.get("paginationOpts") or {"cursor": None, "numItems": _PAGE}
        descending = args.get("order", "desc") == "desc"
        documents = self._database.table(args["table"])
        size = int(options["numItems"])
        after = tuple(json.loads(options["cursor"])) if options["cursor"] else None
        if descending:
            end = bisect_left(documents, after, key=place) if after else len(documents)
            page = documents[max(0, end - size) : end][::-1]
            done = end <= size
        else:
            start = bisect_right(documents, after, key=place) if after else 0
            page = documents[start : start + size]
            done = start + size >= len(documents)
        cursor = json.dumps(place(page[-1])) if page else options["cursor"] or ""
        return {"page": page, "isDone": done, "continueCursor": cursor}

    def _table_documents(self, args: Args) -> Any:
        """A page of those that fit the filters; it may be empty although more follow."""
        wanted = TableFilter(args["filters"]) if args["filters"] else None
        if wanted is None:
            return self._table_data({**args, "order": "desc"})
        options = args["paginationOpts"]
        found: list[Any] = []
        cursor, read = options["cursor"], 0
        while True:
            step = {"cursor": cursor, "numItems": max(1, int(options["numItems"]) - len(found))}
            part = self._table_data({"table": args["table"], "order": wanted.order, "paginationOpts": step})
            found += filter(wanted.fits, part["page"])
            cursor, read = part["continueCursor"], read + len(part["page"])
            if part["isDone"] or len(found) >= options["numItems"] or read >= ROWS_READ:
                return {**part, "page": found}

    def _by_id(self, args: Args) -> Any:
        """The documents, null for an id that is not one of its table."""
        wanted = [(entry["id"], entry["tableName"]) for entry in args["ids"]]
        return [self._database.get(id_) if table_of(id_) == table else None for id_, table in wanted]

    def _last_push(self, _args: Args) -> Any:
        live = self._code.live
        if live is None:
            return None
        pushed = (live.folder / "push.json").stat().st_mtime * 1000
        return {"_id": live.id, "_creationTime": pushed, "action": "push_config", "metadata": {}}

    def _variables(self, _args: Args) -> Any:
        return [{"name": name, "value": value} for name, value in sorted(self._environment.values.items())]

    def _variable(self, args: Args) -> Any:
        value = self._environment.values.get(args["name"])
        return None if value is None else {"name": args["name"], "value": value}

    def _api_spec(self, _args: Args) -> Any:
        if self._code.live is None:
            return []
        functions: list[dict[str, Any]] = [
            {
                "functionType": function.kind.capitalize(),
                "identifier": function.identifier,
                "args": function.args,
                "returns": function.returns or {"type": "any"},
                "visibility": {"kind": "public" if function.public else "internal"},
            }
            for function in self._code.live.functions.values()
        ]
        routes = [{"functionType": "HttpAction", **route} for route in self._code.live.http_routes]
        return functions + routes

    def _schemas(self, _args: Args) -> Any:
        schema = self._code.live.schema if self._code.live else None
        return {"active": json.dumps(schema)} if schema else {}
