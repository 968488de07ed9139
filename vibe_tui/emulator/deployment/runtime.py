"""Runs functions: finds and checks them, gives them to the Node child, logs them."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from vibe_tui.emulator.deployment.child import Child
from vibe_tui.emulator.deployment.code import Code, CodeStore, Function, Kind
from vibe_tui.emulator.deployment.database import Database
from vibe_tui.emulator.deployment.environment import Environment
from vibe_tui.emulator.deployment.errors import FunctionFailed, Refusal
from vibe_tui.emulator.deployment.executor import ExecutorStopped, LogLines
from vibe_tui.emulator.deployment.logs import Logs
from vibe_tui.emulator.deployment.schema import first_violation
from vibe_tui.emulator.deployment.validation import Mismatch, check

Identity = dict[str, Any]
TRANSACTION_LIMIT = 10.0
ACTION_LIMIT = 600.0
_UDF_TYPES = {"query": "Query", "mutation": "Mutation", "action": "Action"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. admin: holds a key of the deployment; identity: the signed-in user of the app."""

    admin: bool = False
    identity: Identity | None = None
    origin: Literal["HttpApi", "SyncWorker", "Scheduler", "Cron", "HttpEndpoint"] = "HttpApi"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended. error: what went wrong, with the request id; "" when it succeeded."""

    value: Any = None
    error: str = ""
    data: Any = None
    has_data: bool = False
    lines: LogLines = field(default_factory=list)

    @property
    def log_lines(self) -> list[str]:
        """As the HTTP and sync protocols carry them."""
        return [f"[{line['level']}] {' '.join(line['messages'])}" for line in self.lines]


def normalised(path: str) -> str:
    """ "tasks.js:add", "tasks:add" and "tasks" as one form: "tasks:add", "tasks:default"."""
    module, _, name = path.partition(":")
    return f"{module.removesuffix('.js')}:{name or 'default'}"


class Runtime:
    """Queries and mutations run one after the other; actions beside them."""

    def __init__(
        self, child: Child, database: Database, code: CodeStore, environment: Environment, logs: Logs
    ) -> None:
        self._child = child
        self._database = database
        self._code = code
        self._environment = environment
        self._logs = logs
        self._serial = asyncio.Lock()
        self._ts = time.time_ns()
        self.changed: list[Callable[[], None]] = []
        """Called when a query may have another result: new data, code or variables."""
        database.committed.append(lambda _commit: self._tell())

    # --- time -------------------------------------------------------------------------------------

    @property
    def ts(self) -> int:
        """The timestamp of the newest state, in nanoseconds."""
        return self._ts

    def tick(self) -> int:
        self._ts = max(self._ts + 1, time.time_ns())
        return self._ts

    def _tell(self) -> None:
        self.tick()
        for listener in list(self.changed):
            listener()

    # --- functions --------------------------------------------------------------------------------

    def find(self, path: str, caller: Caller, kind: Kind | None) -> Function:
        """Raises FunctionFailed when it does not exist, is not this caller's, or is of another kind."""
        function = self._code.live.functions.get(path) if self._code.live else None
        shown = path.removesuffix(":default")
        if function is None or not (function.public or caller.admin):
            public = "" if caller.admin else "public "
            raise FunctionFailed(
                f"Could not find {public}function for '{shown}'. Did you forget to run `npx convex dev`?"
            )
        if kind is not None and function.kind != kind:
            raise FunctionFailed(
                f"Trying to execute {function.identifier} as {kind.capitalize()}, but it is defined as "
                f"{function.kind.capitalize()}."
            )
        return function

    async def run(self, path: str, args: Any, caller: Caller, kind: Kind | None = None) -> Outcome:
        """Run a function with Convex-JSON arguments; never raises for what the user's code does."""
        path = normalised(path)
        try:
            function = self.find(path, caller, kind)
            check_args(function, args)
        except FunctionFailed as failure:
            return self._failed(failure, _request_id(), [])
        fields = {"kind": function.kind, "path": path, "args": args, "identity": caller.identity}
        return await self._logged(function.identifier, function.kind, caller, "call", fields)

    async def run_job(self, job: str) -> None:
        """Run a scheduled function; its document tells how it ended."""
        document = self._database.get(job)
        if document is None:
            return
        path = normalised(document["name"])
        function = self._code.live.functions.get(path) if self._code.live else None
        fields = {"job": job, "path": path, "kind": function.kind if function else None}
        kind: Kind = function.kind if function else "mutation"
        identifier = function.identifier if function else document["name"]
        await self._logged(identifier, kind, Caller(admin=True, origin="Scheduler"), "job", fields)

    async def run_http(self, request: dict[str, Any], caller: Caller, route: str) -> Outcome:
        """Run an HTTP action; the value is ``{status, headers, body}``, the body in base64."""
        fields = {**request, "identity": caller.identity}
        return await self._logged(route, "http", caller, "http", fields)

    async def store_file(self, document: dict[str, Any]) -> str:
        """Register an uploaded file; its id. Raises FunctionFailed."""
        async with self._serial:
            executor = await self._child.ready()
            return str(await executor.request("store", TRANSACTION_LIMIT, document=document))

    def has_document(self, id_: str) -> bool:
        return self._database.get(id_) is not None

    async def change_documents(self, change: str, args: dict[str, Any]) -> None:
        """One transaction that the dashboard asks for, see node/changes.mjs. Raises FunctionFailed."""
        async with self._serial:
            executor = await self._child.ready()
            await executor.request("change", TRANSACTION_LIMIT, change=change, args=args)

    async def _logged(
        self, identifier: str, kind: Kind | Literal["http"], caller: Caller, op: str, fields: dict[str, Any]
    ) -> Outcome:
        lines: LogLines = []
        request_id = _request_id()
        started = time.time()
        error = None
        try:
            value = await self._request(op, kind in ("query", "mutation"), lines, fields)
            outcome = Outcome(value=value, lines=lines)
        except FunctionFailed as failure:
            outcome = self._failed(failure, request_id, lines)
            error = failure.message
        self._logs.add(
            {
                "kind": "Completion",
                "udfType": _UDF_TYPES.get(kind, "HttpAction"),
                "componentPath": None,
                "identifier": identifier,
                "logLines": lines,
                "cachedResult": False,
                "caller": caller.origin,
                "executionTime": time.time() - started,
                "executionTimestamp": started,
                "success": None if error else _success(outcome, op),
                "error": error,
                "requestId": request_id,
                "executionId": request_id,
                "identityType": "instance_admin"
                if caller.admin
                else "user"
                if caller.identity
                else "unknown",
                "environment": "isolate",
                "willRetry": False,
            }
        )
        return outcome

    async def _request(self, op: str, serial: bool, lines: LogLines, fields: dict[str, Any]) -> Any:
        if not serial:
            executor = await self._child.ready()
            return await executor.request(op, ACTION_LIMIT, lines=lines, **fields)
        async with self._serial:
            commits = self._database.commits
            try:
                executor = await self._child.ready()
                return await executor.request(op, TRANSACTION_LIMIT, lines=lines, **fields)
            except ExecutorStopped as stopped:
                # The child died under a transaction of which nothing was stored: it can run again.
                if stopped.final or self._database.commits != commits:
                    raise
                lines.clear()
                executor = await self._child.ready()
                return await executor.request(op, TRANSACTION_LIMIT, lines=lines, **fields)

    @staticmethod
    def _failed(failure: FunctionFailed, request_id: str, lines: LogLines) -> Outcome:
        error = f"[Request ID: {request_id}] Server Error\n{failure.message}"
        return Outcome(error=error, data=failure.data, has_data=failure.has_data, lines=lines)

    async def activate(self, code: Code) -> None:
        """Take pushed code into use between two transactions. Raises Refusal: the data does not fit it."""
        async with self._serial:
            violation = first_violation(code.schema, self._database.data.documents.values())
            if violation is not None:
                raise Refusal("SchemaValidationFailed", violation.message)
            await asyncio.to_thread(self._code.activate, code)
            await self._child.renew()
        self._tell()

    async def change_environment(self, changes: dict[str, str | None]) -> None:
        """Raises Refusal. The next call sees the new values."""
        async with self._serial:
            await asyncio.to_thread(self._environment.update, changes)
            await self._child.renew()
        self._tell()


def check_args(function: Function, args: Any) -> None:
    """Raises FunctionFailed, worded as Convex words it."""
    if not isinstance(args, dict):
        raise FunctionFailed("Uncaught Error: The arguments to a Convex function must be an object.")
    try:
        check(function.args, args)
    except Mismatch as mismatch:
        raise FunctionFailed(f"ArgumentValidationError: {mismatch}") from mismatch


def _success(outcome: Outcome, op: str) -> dict[str, str]:
    return {"status": str(outcome.value["status"])} if op == "http" else {}


def _request_id() -> str:
    return uuid.uuid4().hex[:16]
