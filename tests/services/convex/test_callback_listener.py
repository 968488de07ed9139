from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from connecting_setup import ports_nobody_uses

from vibe_tui.services.convex.callback_listener import (
    CallbackListener,
    CallbackPortsBusy,
    CallbackRefused,
    WrongState,
    parse_pasted,
)

STATE = "the-state-of-this-sign-in"
GOOD = f"/callback?code=abc&state={STATE}"


@pytest.fixture
async def listener() -> AsyncIterator[CallbackListener]:
    async with await CallbackListener.open(ports_nobody_uses(1), STATE) as running:
        yield running


async def send(listener: CallbackListener, raw: str) -> tuple[int, str]:
    """The status and the whole text of the answer; status 0 when there was none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    writer.write(raw.encode())
    with suppress(ConnectionError):
        text = (await asyncio.wait_for(reader.read(), 10)).decode()
        writer.close()
        return (int(text.split(" ")[1]), text) if text else (0, "")
    return 0, ""


async def get(
    listener: CallbackListener, target: str, *, host: str = "", method: str = "GET"
) -> tuple[int, str]:
    host = host or f"127.0.0.1:{listener.port}"
    return await send(listener, f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")


async def still_waits(listener: CallbackListener) -> bool:
    """The good callback is still taken."""
    status, _ = await get(listener, GOOD)
    return status == 200 and (await listener.answer()).code is not None


async def test_the_good_callback_is_taken_and_the_page_sends_back_to_the_terminal(listener) -> None:
    status, text = await get(listener, GOOD)
    assert status == 200
    assert "go back to the terminal" in text
    callback = await listener.answer()
    assert callback.code is not None and callback.code.reveal() == "abc"


async def test_the_page_shows_nothing_of_the_request_and_keeps_to_itself(listener) -> None:
    _, text = await get(listener, GOOD)
    head, _, body = text.partition("\r\n\r\n")
    assert "abc" not in text and STATE not in text
    for header in (
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "X-Frame-Options: DENY",
        "Content-Security-Policy: default-src 'none'",
    ):
        assert header in head
    assert "http" not in body


@pytest.mark.parametrize(
    "query",
    [
        "code=abc",
        "code=abc&state=",
        "code=abc&state=another",
        f"code=abc&state={STATE}&state={STATE}",
        f"code=abc&state={STATE}x",
        "error=access_denied&state=another",
        "error=access_denied",
        f"code=abc&code=def&state={STATE}",
        f"state={STATE}",
        "",
    ],
)
async def test_a_callback_that_is_not_ours_ends_nothing(listener, query: str) -> None:
    status, text = await get(listener, f"/callback?{query}")
    assert status == 400
    assert "terminal" in text
    assert await still_waits(listener)


@pytest.mark.parametrize(
    "path", ["/favicon.ico", "/", "/callback/", "/callbackx?code=abc", "http://evil/callback"]
)
async def test_other_paths_are_not_found(listener, path: str) -> None:
    status, _ = await get(listener, path)
    assert status == 404
    assert await still_waits(listener)


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1", "127.0.0.1:1"])
async def test_a_foreign_host_is_misdirected(listener, host: str) -> None:
    status, _ = await get(listener, GOOD, host=host)
    assert status == 421
    assert await still_waits(listener)


async def test_two_hosts_or_none_are_misdirected(listener) -> None:
    ours = f"Host: 127.0.0.1:{listener.port}\r\n"
    assert (await send(listener, f"GET {GOOD} HTTP/1.1\r\n\r\n"))[0] == 421
    assert (await send(listener, f"GET {GOOD} HTTP/1.1\r\n{ours}{ours}\r\n"))[0] == 421
    assert await still_waits(listener)


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "DELETE"])
async def test_other_methods_are_refused(listener, method: str) -> None:
    status, text = await get(listener, GOOD, method=method)
    assert status == 405 and "Allow: GET" in text
    assert await still_waits(listener)


async def test_what_is_no_http_and_what_is_too_long_is_refused(listener) -> None:
    assert (await send(listener, "SSH-2.0-hello\r\n\r\n"))[0] == 400
    assert (await send(listener, f"GET {GOOD} HTTP/1.1\r\nX: {'y' * 20_000}\r\n\r\n"))[0] in (0, 400)
    assert await still_waits(listener)


async def test_the_same_link_works_once(listener) -> None:
    assert (await get(listener, GOOD))[0] == 200
    assert (await get(listener, GOOD))[0] == 410


async def test_declining_is_an_answer(listener) -> None:
    status, text = await get(listener, f"/callback?error=access_denied&state={STATE}")
    callback = await listener.answer()
    assert (status, callback.code, callback.error) == (403, None, "access_denied")
    assert "terminal" in text


async def test_silent_connections_do_not_keep_the_browser_out(listener) -> None:
    silent = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(20)]
    assert await still_waits(listener)
    for _, writer in silent:
        writer.close()


async def test_it_is_bound_to_loopback_alone_and_closes_with_what_is_connected() -> None:
    async with await CallbackListener.open(ports_nobody_uses(1), STATE) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        assert writer.get_extra_info("peername")[0] == "127.0.0.1"
        port = listener.port
    with suppress(ConnectionError):
        assert await reader.read() == b""
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def test_the_port_is_free_again_at_once() -> None:
    ports = ports_nobody_uses(1)
    for _ in range(3):
        async with await CallbackListener.open(ports, STATE) as listener:
            assert (await get(listener, GOOD))[0] == 200


async def test_two_at_once_take_different_ports() -> None:
    ports = ports_nobody_uses(2)
    async with (
        await CallbackListener.open(ports, STATE) as one,
        await CallbackListener.open(ports, "another") as two,
    ):
        assert {one.port, two.port} == set(ports)


async def test_all_ports_busy_names_them() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        with pytest.raises(CallbackPortsBusy, match=str(port)) as failed:
            await CallbackListener.open([port], STATE)
        assert "Paste" in failed.value.next_step


# --- Pasted addresses -----------------------------------------------------------------------------------

BACK = "http://127.0.0.1:43110/callback"
ADDRESS = f"{BACK}?code=abc&state={STATE}"


@pytest.mark.parametrize(
    "text",
    [
        ADDRESS,
        f"  {ADDRESS}\n",
        f"{ADDRESS[:40]}\n   {ADDRESS[40:]}",
        f"\x1b[200~{ADDRESS}\x1b[201~",
        ADDRESS.replace("127.0.0.1", "localhost"),
        f"{ADDRESS}#",
    ],
)
def test_a_whole_address_is_taken(text: str) -> None:
    callback = parse_pasted(text, BACK, STATE)
    assert callback.code is not None and callback.code.reveal() == "abc"


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        f"code=abc&state={STATE}",
        ADDRESS.replace("43110", "43111"),
        ADDRESS.replace("/callback", "/other"),
        ADDRESS.replace("127.0.0.1", "evil.example"),
        ADDRESS.replace("http://", "https://"),
        f"http://me@127.0.0.1:43110/callback?code=abc&state={STATE}",
        f"{BACK}?state={STATE}",
        "http://[",
        "",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(CallbackRefused) as failed:
        parse_pasted(text, BACK, STATE)
    assert failed.value.next_step
    assert "abc" not in failed.value.message


@pytest.mark.parametrize("query", ["code=abc", "code=abc&state=another", f"code=abc&state={STATE}&state=x"])
def test_another_state_is_told_as_such(query: str) -> None:
    with pytest.raises(WrongState):
        parse_pasted(f"{BACK}?{query}", BACK, STATE)


def test_declining_can_be_pasted() -> None:
    assert parse_pasted(f"{BACK}?error=access_denied&state={STATE}", BACK, STATE).error == "access_denied"
