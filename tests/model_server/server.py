"""The scripted model server itself: HTTP/1.1 on 127.0.0.1, in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from tests.model_server.script import Answer, Refusal, Turn, refuses


@dataclass(frozen=True)
class Asked:
    """A request, as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(self.raw)
        return decoded

    @property
    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.body["messages"]
        return found

    @property
    def tools(self) -> list[str]:
        """The names of the tools that are offered."""
        return [tool["function"]["name"] for tool in self.body.get("tools", [])]


class ModelServer:
    """models: what GET /models lists; a Refusal answers instead. key: requests without it are refused."""

    def __init__(
        self,
        *script: Turn | Callable[[Asked], Turn],
        models: Sequence[str] | Refusal = ("scripted",),
        key: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.script = list(script)
        """The turns that are left."""
        self.requests: list[Asked] = []
        """The requests for an answer."""
        self.listed = 0
        """How often the models were asked for."""
        self.left_early = 0
        self.port = 0
        self._models = models
        self._key = key
        self._tls = tls
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event

    @property
    def url(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/v1"

    def then(self, *turns: Turn | Callable[[Asked], Turn]) -> None:
        """Add to the script."""
        self.script.extend(turns)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._connected(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (asked := await _read(reader)) is not None:
                turn = self._turn_for(asked)
                if isinstance(turn, Refusal):
                    if not turn.status:
                        return
                    writer.write(_whole(turn))
                    await writer.drain()
                elif not await self._stream_or_leave(turn, reader, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            with suppress(RuntimeError):  # the loop has ended
                writer.close()

    def _turn_for(self, asked: Asked) -> Turn:
        if self._key and asked.headers.get("authorization") != f"Bearer {self._key}":
            return refuses(401, "Incorrect API key provided.", code="invalid_api_key")
        if (asked.method, asked.path) == ("GET", "/v1/models"):
            self.listed += 1
            if isinstance(self._models, Refusal):
                return self._models
            rows = [{"id": name, "object": "model"} for name in self._models]
            body = json.dumps({"object": "list", "data": rows}).encode()
            return Refusal(200, body, {"Content-Type": "application/json"})
        if (asked.method, asked.path) != ("POST", "/v1/chat/completions"):
            return refuses(404, f"There is no {asked.path}.")
        self.requests.append(asked)
        if not self.script:
            return refuses(400, "The script is over.", code="script_over")
        turn = self.script.pop(0)
        return turn(asked) if callable(turn) else turn

    async def _stream_or_leave(
        self, turn: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Stream while the client is there; False: the connection is over."""
        gone = asyncio.ensure_future(reader.read(1))
        saying = asyncio.ensure_future(_stream(turn, writer))
        try:
            await asyncio.wait({gone, saying}, return_when=asyncio.FIRST_COMPLETED)
            if not saying.done():
                self.left_early += 1
                return False
            try:
                saying.result()
            except ConnectionError:
                self.left_early += 1
            return False
        finally:
            for task in (gone, saying):
                task.cancel()
            await asyncio.gather(gone, saying, return_exceptions=True)


async def _stream(turn: Answer, writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    await writer.drain()
    for number, piece in enumerate(turn.pieces):
        if turn.after is not None and number >= turn.after:
            break
        if turn.gate is not None and number == turn.held_at:
            while not turn.gate.is_set():
                await asyncio.sleep(0.005)
        if turn.pause:
            await asyncio.sleep(turn.pause)
        await _write(writer, piece if isinstance(piece, str) else f"data: {json.dumps(piece)}\n\n")
    match turn.end:
        case "done":
            await _write(writer, "data: [DONE]\n\n")
            await _write(writer, "")
        case "cut":
            await _write(writer, "")
        case "stalled":
            await asyncio.get_running_loop().create_future()
        case "broken":
            pass


async def _write(writer: asyncio.StreamWriter, text: str) -> None:
    """One chunk of the transfer coding; "" is the last."""
    data = text.encode()
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    line, *rest = head.rstrip("\r\n").split("\r\n")
    method, target, _ = line.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (item.partition(":") for item in rest)}
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target.partition("?")[0], headers, raw)


def _whole(turn: Refusal) -> bytes:
    head = [f"HTTP/1.1 {turn.status} -"]  # some that are in use have no name, e.g. 529
    head += [f"{name}: {value}" for name, value in turn.headers.items()]
    head.append(f"Content-Length: {len(turn.body)}")
    return ("\r\n".join(head) + "\r\n\r\n").encode() + turn.body
