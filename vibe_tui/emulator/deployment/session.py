"""One client of the sync protocol. It does one thing after the other; only actions run beside.

Source: the JS client, browser/sync/protocol.ts.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from vibe_tui.emulator.deployment.errors import Refusal
from vibe_tui.emulator.deployment.routes_functions import FunctionRoutes, encode_ts
from vibe_tui.emulator.deployment.runtime import Caller, Outcome, Runtime
from vibe_tui.emulator.deployment.wire import Door

_PING_EVERY = 15.0
Message = dict[str, Any]


@dataclass(slots=True)
class _Query:
    path: str
    args: Any
    sent: str | None = None
    """The last modification sent, to send only what changed."""


class Session:
    """One client: its identity, its queries, and the version of the state it has seen."""

    def __init__(
        self, socket: web.WebSocketResponse, door: Door, runtime: Runtime, functions: FunctionRoutes
    ) -> None:
        self._socket = socket
        self._door = door
        self._runtime = runtime
        self._functions = functions
        self._caller = Caller(origin="SyncWorker")
        self._queries: dict[int, _Query] = {}
        self._query_set = 0
        self._identity = 0
        self._ts = 0
        self._work: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._refreshing = False
        self._actions: set[asyncio.Task[None]] = set()

    # --- messages in --------------------------------------------------------------------------------

    def receive(self, text: str) -> None:
        """Queue what a message asks for."""
        try:
            message = json.loads(text)
            kind = message["type"]
        except (ValueError, KeyError, TypeError):
            self._work.put_nowait(lambda: self._fatal("The message is not valid."))
            return
        match kind:
            case "Authenticate":
                self._work.put_nowait(lambda: self._checked(self._authenticate, message))
            case "ModifyQuerySet":
                self._work.put_nowait(lambda: self._checked(self._modify_query_set, message))
            case "Mutation":
                self._work.put_nowait(lambda: self._checked(self._mutation, message))
            case "Action":
                task = asyncio.create_task(self._checked(self._action, message))
                self._actions.add(task)
                task.add_done_callback(self._actions.discard)
            case "Connect" | "Event":
                pass
            case _:
                self._work.put_nowait(lambda: self._fatal(f"Unknown message type {kind!r}."))

    def refresh(self) -> None:
        """Something changed; run the queries again soon. Many calls before that are one."""
        if not self._refreshing:
            self._refreshing = True
            self._work.put_nowait(lambda: self._transition(answer=False))

    async def work(self) -> None:
        while True:
            await (await self._work.get())()

    async def ping(self) -> None:
        """The clients reconnect when they hear nothing for a minute."""
        while True:
            await asyncio.sleep(_PING_EVERY)
            await self._send({"type": "Ping"})

    def close(self) -> None:
        for action in self._actions:
            action.cancel()

    async def _send(self, message: Message) -> None:
        if not self._socket.closed:
            # The reader sees the end of the connection too, and closes the session.
            with contextlib.suppress(ConnectionError):
                await self._socket.send_str(json.dumps(message, separators=(",", ":")))

    async def _fatal(self, error: str) -> None:
        await self._send({"type": "FatalError", "error": error})
        await self._socket.close()

    async def _checked(self, handle: Callable[[Message], Awaitable[None]], message: Message) -> None:
        try:
            await handle(message)
        except (KeyError, TypeError, IndexError):
            await self._fatal(f"The {message['type']} message is not complete.")

    # --- what they ask for ----------------------------------------------------------------------------

    async def _authenticate(self, message: Message) -> None:
        try:
            self._caller = await self._caller_of(message)
        except Refusal as refusal:
            await self._send(
                {
                    "type": "AuthError",
                    "error": refusal.message,
                    "baseVersion": message["baseVersion"],
                    "authUpdateAttempted": True,
                }
            )
            return
        await self._transition(identity=message["baseVersion"] + 1)

    async def _caller_of(self, message: Message) -> Caller:
        match message["tokenType"]:
            case "Admin":
                identity = self._door.admin_key(message["value"]).identity
                return Caller(True, message.get("impersonating") or identity, "SyncWorker")
            case "User":
                return Caller(False, await self._door.user(message["value"]), "SyncWorker")
        return Caller(origin="SyncWorker")

    async def _modify_query_set(self, message: Message) -> None:
        removed = []
        for change in message["modifications"]:
            id_ = change["queryId"]
            if change["type"] == "Add":
                self._queries[id_] = _Query(change["udfPath"], _args(change))
            elif self._queries.pop(id_, None) is not None:
                removed.append({"type": "QueryRemoved", "queryId": id_})
        await self._transition(query_set=message["newVersion"], first=removed)

    async def _mutation(self, message: Message) -> None:
        outcome = await self._call(message, "mutation")
        response = _response("MutationResponse", message, outcome)
        if not outcome.error:
            # The client takes the result as seen once a transition reaches this timestamp.
            response["ts"] = encode_ts(self._runtime.tick())
        await self._send(response)
        await self._transition()

    async def _action(self, message: Message) -> None:
        outcome = await self._call(message, "action")
        await self._send(_response("ActionResponse", message, outcome))

    async def _call(self, message: Message, kind: Any) -> Outcome:
        return await self._functions.call(self._caller, message["udfPath"], _args(message), kind)

    # --- state out --------------------------------------------------------------------------------------

    async def _transition(
        self,
        *,
        query_set: int | None = None,
        identity: int | None = None,
        first: list[Message] | None = None,
        answer: bool = True,
    ) -> None:
        """Run all queries and send those with another result than the client has.

        answer: the client waits for a transition, even if nothing changed.
        """
        self._refreshing = False
        start = self._version()
        ts = self._runtime.ts
        changes = [*(first or [])]
        for id_, query in self._queries.items():
            outcome = await self._functions.call(self._caller, query.path, query.args, "query")
            change = _query_result(id_, outcome)
            # Without the log lines and request ids, which differ each time.
            text = json.dumps(
                [change.get("value"), change.get("errorData"), outcome.error.partition("\n")[2]]
            )
            if text != query.sent:
                query.sent = text
                changes.append(change)
        if not changes and not answer:
            return
        self._ts = max(self._ts, ts)
        self._query_set = self._query_set if query_set is None else query_set
        self._identity = self._identity if identity is None else identity
        await self._send(
            {
                "type": "Transition",
                "startVersion": start,
                "endVersion": self._version(),
                "modifications": changes,
                "serverTs": time.time_ns(),
            }
        )

    def _version(self) -> Message:
        return {"querySet": self._query_set, "identity": self._identity, "ts": encode_ts(self._ts)}


def _args(message: Message) -> Any:
    args = message["args"]
    return (args[0] if args else {}) if isinstance(args, list) else args


def _query_result(id_: int, outcome: Outcome) -> Message:
    common = {"queryId": id_, "logLines": outcome.log_lines, "journal": None}
    if not outcome.error:
        return {"type": "QueryUpdated", "value": outcome.value, **common}
    failed = {"type": "QueryFailed", "errorMessage": outcome.error, **common}
    return {**failed, "errorData": outcome.data} if outcome.has_data else failed


def _response(kind: str, message: Message, outcome: Outcome) -> Message:
    response: Message = {
        "type": kind,
        "requestId": message["requestId"],
        "success": not outcome.error,
        "result": outcome.error or outcome.value,
        "logLines": outcome.log_lines,
    }
    if outcome.has_data:
        response["errorData"] = outcome.data
    return response
