"""Who may talk to a deployment, and from where."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.emulator.deployment.deployment_client import Client, open_deployment
from vibe_tui.emulator.deployment import Deployment


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:PORT"])
async def test_other_host_names_are_refused(
    deployment: Deployment, session: ClientSession, host: str
) -> None:
    for url, port in ((deployment.url, deployment.port), (deployment.site_url, deployment.site_port)):
        headers = {"Host": host.replace("PORT", str(port))}
        async with session.get(f"{url}/version", headers=headers) as response:
            assert response.status == 421
        async with session.get(f"{url}/api/1.48.0/sync", headers=headers) as response:
            assert response.status == 421


async def test_localhost_is_a_name_of_it(deployment: Deployment, session: ClientSession) -> None:
    headers = {"Host": f"localhost:{deployment.port}"}
    async with session.get(f"{deployment.url}/version", headers=headers) as response:
        assert response.status == 200


async def test_it_listens_on_loopback_only(deployment: Deployment) -> None:
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in addresses - {"127.0.0.1", "127.0.1.1"}:
        with pytest.raises(OSError), socket.create_connection((str(address), deployment.port), timeout=1):
            pass


async def test_admin_doors_need_a_key(client: Client, session: ClientSession, deployment: Deployment) -> None:
    wrong = Client(session, deployment.url, "Convex dev:x|wrong")
    for path in (
        "/api/v1/get_canonical_urls",
        "/api/v1/deployment_info",
        "/api/v1/list_environment_variables",
        "/api/stream_function_logs?cursor=0",
    ):
        assert (await client.get(path, status=403))["code"] == "BadDeployKey"
        assert (await wrong.get(path, status=403))["code"] == "BadDeployKey"


async def test_pages_of_an_app_may_call_public_functions(
    deployment: Deployment, session: ClientSession
) -> None:
    origin = "http://localhost:8081"
    url = f"{deployment.url}/api/query"
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,convex-client",
    }
    async with session.options(url, headers=asked) as response:
        assert response.status == 200
        assert response.headers["Access-Control-Allow-Origin"] == origin
        assert "Convex-Client" in response.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in response.headers
    body = {"path": "messages:list", "args": {}}
    async with session.post(url, json=body, headers={"Origin": origin}) as response:
        assert response.headers["Access-Control-Allow-Origin"] == origin


async def test_the_preferred_ports_are_used_unless_they_are_taken(tmp_path: Path, toolchain: Path) -> None:
    first = open_deployment(tmp_path / "a", toolchain)
    await first.start()
    second = open_deployment(tmp_path / "b", toolchain, port=first.port, site_port=first.site_port)
    await second.start()
    assert {second.port, second.site_port}.isdisjoint({first.port, first.site_port, 0})
    await first.stop()
    again = open_deployment(tmp_path / "a", toolchain, port=first.port, site_port=first.site_port)
    await again.start()
    assert (again.port, again.site_port) == (first.port, first.site_port)
    await second.stop()
    await again.stop()


async def test_each_request_is_a_use(folder: Path, toolchain: Path, session: ClientSession) -> None:
    uses: list[None] = []
    deployment = Deployment(
        folder,
        name="a",
        node="node",
        toolchain=toolchain,
        authorise=lambda _key: False,
        on_use=lambda: uses.append(None),
    )
    await deployment.start()
    await Client(session, deployment.url).query("messages:list")
    assert len(uses) == 1
    socket_ = await session.ws_connect(f"{deployment.url}/api/1.48.0/sync")
    await socket_.send_json({"type": "Authenticate", "tokenType": "None", "baseVersion": 0})
    await socket_.receive_json(timeout=5)
    assert len(uses) == 3
    await socket_.close()
    await deployment.stop()
