"""A loopback HTTP server that misbehaves on request, in front of any handler: a fake, or a real server."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

Kind = Literal["answer", "hang", "reset", "close", "half", "wrong length", "drip", "garbage"]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    target: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True)
class Response:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(value: object, status: int = 200, **headers: str) -> Response:
    return Response(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


def html_response(text: str, status: int = 200, **headers: str) -> Response:
    return Response(status, text.encode(), {"Content-Type": "text/html", **headers})


Handler = Callable[[Request], Awaitable[Response]]
Phase = Literal["before", "after"]


@dataclass
class _Fault:
    pattern: re.Pattern[str]
    kind: Kind
    response: Response
    handled: bool
    left: int


async def nothing_here(_request: Request) -> Response:
    return json_response({"code": "NotFound", "message": "nothing here"}, 404)


class FaultServer:
    """Answers with `handler`, unless a fault was planned for the request.

    watch: awaited before each request is handled, and after it was handled but before it is answered.
    """

    def __init__(self, handler: Handler = nothing_here, *, tls: ssl.SSLContext | None = None) -> None:
        self.handler = handler
        self.requests: list[Request] = []
        self.watch: Callable[[Phase, Request], Awaitable[None]] | None = None
        self._faults: list[_Fault] = []
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def host(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def fail(
        self,
        pattern: str,
        kind: Kind,
        response: Response | None = None,
        *,
        handled: bool = False,
        times: int = 1,
    ) -> None:
        """Misbehave for the next `times` requests whose "METHOD /path" the pattern matches fully.

        handled: the request is carried out all the same. response: what "answer" sends, and what
        "half", "wrong length" and "drip" spoil.
        """
        self._faults.append(_Fault(re.compile(pattern), kind, response or Response(), handled, times))

    def recover(self) -> None:
        """Forget the faults that are still planned."""
        self._faults.clear()

    def count(self, pattern: str) -> int:
        return sum(bool(re.fullmatch(pattern, str(request))) for request in self.requests)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                if not await self._serve(request, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """False: the connection is over."""
        fault = self._fault_for(request)
        if self.watch:
            await self.watch("before", request)
        response = await self.handler(request) if fault is None or fault.handled else Response()
        if self.watch:
            await self.watch("after", request)
        if fault is None:
            writer.write(_bytes_of(response, request))
            await writer.drain()
            return True
        return await _misbehave(fault, request, writer)

    def _fault_for(self, request: Request) -> _Fault | None:
        for fault in self._faults:
            if fault.left > 0 and fault.pattern.fullmatch(str(request)):
                fault.left -= 1
                return fault
        return None


async def _misbehave(fault: _Fault, request: Request, writer: asyncio.StreamWriter) -> bool:
    whole = _bytes_of(fault.response, request)
    match fault.kind:
        case "answer":
            writer.write(whole)
            await writer.drain()
            return True
        case "hang":
            await asyncio.get_running_loop().create_future()
        case "reset":
            connection: socket.socket = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        case "half":
            writer.write(whole[: len(whole) - max(1, len(fault.response.body) // 2)])
            await writer.drain()
        case "wrong length":
            writer.write(re.sub(rb"Content-Length: \d+", b"Content-Length: 99999", whole))
            await writer.drain()
        case "drip":
            for byte in whole:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.05)
        case "garbage":
            writer.write(b"\x00\xff\x13SSH-2.0-nothing\r\n\r\n")
            await writer.drain()
        case "close":
            pass
    return False


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    line, *rest = head.rstrip("\r\n").split("\r\n")
    method, target, _ = line.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (item.partition(":") for item in rest)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Request(method, parts.path, dict(parse_qsl(parts.query)), headers, body, target)


def _bytes_of(response: Response, request: Request) -> bytes:
    head = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    head += [f"{name}: {value}" for name, value in response.headers.items()]
    head.append(f"Content-Length: {len(response.body)}")
    body = b"" if request.method == "HEAD" else response.body
    return ("\r\n".join(head) + "\r\n\r\n").encode() + body


@asynccontextmanager
async def relay_to(host: str) -> AsyncIterator[Handler]:
    """A handler that passes requests on to a real server, with its name in the Host header."""
    import httpx2

    dropped = {"host", "content-length", "connection", "transfer-encoding"}

    async def relay(request: Request) -> Response:
        headers = {name: value for name, value in request.headers.items() if name not in dropped}
        if "origin" in headers:
            headers["origin"] = host
        answer = await client.request(
            request.method, host + request.target, headers=headers, content=request.body
        )
        kept = {name: value for name, value in answer.headers.items() if name not in dropped}
        kept.pop("content-encoding", None)
        return Response(answer.status_code, answer.content, kept)

    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        yield relay
