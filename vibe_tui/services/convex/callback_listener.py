"""The loopback listener that an OAuth sign-in comes back to (RFC 8252, sections 7.3 and 8).

Any page in the user's browser can send requests to it. So nothing but a request with our own
`state` changes anything: everything else gets a 4xx and the sign-in goes on waiting.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

from vibe_tui.services.convex.callback_page import page
from vibe_tui.services.errors import VibeError
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import clean

CALLBACK_PATH = "/callback"
LARGEST_HEAD = 16 * 1024
"""Bytes of a request's line and headers."""
READ_LIMIT = 5.0
"""Seconds for a connection to send its request."""
MOST_CONNECTIONS = 8


class CallbackPortsBusy(VibeError):
    """Every registered redirect port is taken by another program."""

    code = "callback_ports_busy"


class CallbackRefused(VibeError):
    """What came back does not belong to this sign-in; it goes on waiting for what does."""

    code = "callback_refused"


class WrongState(CallbackRefused):
    """The `state` is absent, doubled or not ours: the answer belongs to another sign-in, or is forged."""

    code = "wrong_state"


@dataclass(frozen=True, slots=True)
class Callback:
    """What the authorization server sent back: a code, or the name of an error (RFC 6749, 4.1.2)."""

    code: Secret | None
    error: str = ""


def read_callback(query: str, state: str) -> Callback:
    """Judge the query of a redirect; the state comes before anything else in it.

    Raises WrongState, or CallbackRefused when a parameter is doubled or there is neither code nor error.
    """
    parameters: dict[str, str] = {}
    doubled = set()
    for name, value in parse_qsl(query, keep_blank_values=True):
        doubled.update({name} & parameters.keys())
        parameters[name] = value
    given = parameters.get("state", "").encode()
    if "state" in doubled or not hmac.compare_digest(given, state.encode()):
        raise WrongState(
            "This address belongs to another sign-in.",
            next_step="Use the link that was shown last, and paste the address it leads to.",
        )
    if doubled:
        raise CallbackRefused("The address names a parameter twice.", next_step="Open the link once more.")
    if parameters.get("error"):
        return Callback(None, error=clean(parameters["error"])[:80])
    if not parameters.get("code"):
        raise CallbackRefused("The address holds no code.", next_step="Copy the whole address line.")
    return Callback(Secret(parameters["code"]))


def parse_pasted(text: str, redirect_uri: str, state: str) -> Callback:
    """Judge an address that the user copied from the browser and pasted, by the listener's rules.

    Blanks and line breaks within it are dropped, as terminals and mail programs wrap long lines.
    Raises WrongState or CallbackRefused; a bare code is refused, as nothing shows whose it is.
    """
    base, _, query = "".join(clean(text).split()).partition("?")
    if base.replace("http://localhost:", "http://127.0.0.1:", 1) != redirect_uri:
        raise CallbackRefused(
            f"That is not the address the browser was sent to, which starts with {redirect_uri}?",
            next_step="Copy the whole address line of the browser, also when the page could not be loaded.",
        )
    return read_callback(query.partition("#")[0], state)


class CallbackListener:
    """Waits on 127.0.0.1 for the one redirect that carries our state.

    Open it with `await CallbackListener.open(ports, state)` and use it as a context manager; it listens
    until it is left, so that a second use of the same link is answered with 410.
    """

    def __init__(self, state: str) -> None:
        self._state = state
        self._answer: asyncio.Future[Callback] = asyncio.get_running_loop().create_future()
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None
        self.port = 0

    @classmethod
    async def open(cls, ports: Sequence[int], state: str) -> Self:
        """Bind the first free of the registered `ports`. Raises CallbackPortsBusy."""
        listener = cls(state)
        for port in ports:
            if await listener._listen(port):
                return listener
        raise CallbackPortsBusy(
            f"The ports for the way back from the browser are all taken: {', '.join(map(str, ports))}.",
            next_step="Paste the address the browser ends at, or free one of the ports and connect again.",
        )

    async def _listen(self, port: int) -> bool:
        try:
            # Without SO_REUSEADDR a second sign-in within a minute fails on TIME_WAIT.
            self._server = await asyncio.start_server(
                self._connected,
                "127.0.0.1",
                port,
                limit=LARGEST_HEAD,
                reuse_address=True,
                start_serving=False,  # nobody is answered before we know who we are
            )
        except OSError:
            return False
        try:
            await self._server.start_serving()
        except OSError:  # somebody else bound the port at the same moment and listens on it now
            self._server.close()
            return False
        self.port = port
        return True

    @property
    def redirect_uri(self) -> str:
        return redirect_uri(self.port)

    async def answer(self) -> Callback:
        """The first valid redirect."""
        return await asyncio.shield(self._answer)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and drop every connection, silent ones too; the page was already sent."""
        assert self._server is not None
        self._server.close()
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()
        self._answer.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None and self._server is not None
        if not self._server.is_serving():  # accepted at the very end; nobody would wait for it
            writer.close()
            return
        if len(self._connections) >= MOST_CONNECTIONS:
            # The oldest has been silent longest; the newest may be the browser.
            next(iter(self._connections)).cancel()
        self._connections[task] = writer
        try:
            async with asyncio.timeout(READ_LIMIT):
                status = self._judge(await _head(reader))
                writer.write(page(status))
                await writer.drain()
        except (TimeoutError, OSError):
            pass  # nobody is left to tell
        finally:
            del self._connections[task]
            writer.close()

    def _judge(self, head: _Head | None) -> int:
        """The status that a request earns; sets the answer when it is the awaited one."""
        if head is None:
            return 400
        if head.hosts != (f"127.0.0.1:{self.port}",):
            return 421  # DNS rebinding: a foreign name that resolves to us
        path, _, query = head.target.partition("?")
        if path != CALLBACK_PATH:
            return 404
        if head.method != "GET":
            return 405
        try:
            callback = read_callback(query, self._state)
        except CallbackRefused:
            return 400
        if self._answer.done():
            return 410
        self._answer.set_result(callback)
        return 200 if callback.code else 403


def redirect_uri(port: int) -> str:
    """The literal that is registered for a port; RFC 8252 prefers the address to `localhost`."""
    return f"http://127.0.0.1:{port}{CALLBACK_PATH}"


@dataclass(frozen=True, slots=True)
class _Head:
    method: str
    target: str
    hosts: tuple[str, ...]


async def _head(reader: asyncio.StreamReader) -> _Head | None:
    """A request's line and Host headers; None when it is no HTTP, or too long."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None
    line, *headers = raw.decode("latin-1").split("\r\n")
    words = line.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return None
    pairs = [header.partition(":") for header in headers if header]
    hosts = tuple(value.strip() for name, _, value in pairs if name.lower() == "host")
    return _Head(words[0], words[1], hosts)
