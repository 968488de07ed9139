"""Who may knock: the Host header, users of this computer, and what is answered to the rest."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.emulator.platform.platform_client import PlatformClient
from vibe_tui.emulator.files import EmulatorFolder
from vibe_tui.emulator.peer import find_user, user_of
from vibe_tui.emulator.server import Server

PATHS = ("/", "/oauth/authorize/team", "/v1/token_details", "/version")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:80"])
async def test_another_host_header_is_misdirected(platform: PlatformClient, path: str, host: str) -> None:
    answer = await platform.browse(path, Host=host)
    assert answer.status == 421
    assert json.loads(answer.body)["code"] == "MisdirectedRequest"


async def test_localhost_is_also_our_name(platform: PlatformClient) -> None:
    port = platform.url.rpartition(":")[2]
    assert (await platform.browse("/version", Host=f"localhost:{port}")).status == 200


async def test_two_host_headers_are_refused(platform: PlatformClient) -> None:
    port = int(platform.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\n\r\n".encode())
    status = await reader.readline()
    writer.close()
    assert status.split()[1] in (b"400", b"421")


async def test_another_user_of_the_computer_is_refused(folder: EmulatorFolder) -> None:
    server = Server(folder, node="node", toolchain=folder.root, owner=os.getuid() + 1)
    await server.start()
    try:
        async with ClientSession(f"http://127.0.0.1:{server.port}") as session:
            for path in PATHS:
                async with session.get(path) as response:
                    assert response.status == 403
                    assert (await response.json())["code"] == "Forbidden"
    finally:
        await server.stop()


def test_the_kernel_knows_whose_socket_it_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = listener.getsockname()
        with socket.create_connection(ours) as client:
            expected = os.getuid() if Path("/proc/net/tcp").exists() else None
            assert user_of(client.getsockname(), ours) == expected
    assert user_of(("127.0.0.1", 1), ours) is None


def test_rows_of_the_kernel_tables() -> None:
    head = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    )
    rest = "01 00000000:00000000 00:00000000 00000000  1234        0 99 1 0 20 4 30 10 -1\n"
    plain = head + "   0: 0100007F:A8F6 0100007F:0CBC " + rest
    mapped = head + (
        "   0: 0000000000000000FFFF00000100007F:A8F6 0000000000000000FFFF00000100007F:0CBC " + rest
    )
    for table in (plain, mapped):
        assert find_user(table, "0100007F:A8F6", "0100007F:0CBC") == 1234
        assert find_user(table, "0100007F:0CBC", "0100007F:A8F6") is None
    assert find_user(head, "0100007F:A8F6", "0100007F:0CBC") is None


async def test_neither_queries_nor_secrets_reach_the_log(
    platform: PlatformClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    token = await platform.token()
    await platform.ok("POST", "/teams/1/create_project", token, {"projectName": "a", "deploymentType": "dev"})
    await platform.browse("/no/such/path", {"secret": "in-the-query"})
    assert "POST /oauth/token 200" in caplog.text
    for secret in ("in-the-query", "the-state", platform.client_secret):
        assert secret not in caplog.text
    assert token.partition("|")[2] not in caplog.text


async def test_secrets_are_not_kept_in_the_state(platform: PlatformClient, folder: EmulatorFolder) -> None:
    token = await platform.token()
    assert token.partition("|")[2] not in folder.state.read_text()
    assert platform.client_secret not in folder.state.read_text()
    for path in (folder.state, folder.published):
        assert path.stat().st_mode & 0o777 == 0o600
