"""When the disk does not play along: an answer is a promise, so what cannot be kept is not answered."""

from __future__ import annotations

import json
from pathlib import Path

from aiohttp import ClientSession, CookieJar

from tests.emulator.platform.platform_client import PlatformClient
from vibe_tui.emulator.files import EmulatorFolder
from vibe_tui.emulator.server import Server


def make_unwritable(path: Path) -> None:
    """A folder with something in it cannot be replaced by a file, not even by root."""
    path.rename(path.with_suffix(".aside"))
    path.mkdir()
    (path / "in the way").write_text("")


def make_writable(path: Path) -> None:
    (path / "in the way").unlink()
    path.rmdir()
    path.with_suffix(".aside").rename(path)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_what_cannot_be_saved_has_not_happened(
    platform: PlatformClient, folder: EmulatorFolder
) -> None:
    token = await platform.token()
    body = {"projectName": "app", "deploymentType": "dev"}
    make_unwritable(folder.state)
    refused = await platform.api("POST", "/teams/1/create_project", token, body)
    assert (refused.status, refused.body["code"]) == (500, "InternalServerError")
    assert "cannot save its state" in refused.body["message"]
    assert (await platform.ok("GET", "/teams/1/projects", token))["items"] == []
    assert names(folder.root / "deployments") == []
    assert json.loads(folder.published.read_bytes())["deployments"] == {}
    assert not [name for name in names(folder.root) if name.endswith(".tmp")]
    make_writable(folder.state)
    made = await platform.ok("POST", "/teams/1/create_project", token, body)
    assert names(folder.root / "deployments") == [made["deploymentName"]]


async def test_a_deployment_that_cannot_start_does_not_keep_the_others_from_it(
    platform: PlatformClient, folder: EmulatorFolder, server: Server
) -> None:
    token = await platform.token()
    bodies = [{"projectName": name, "deploymentType": "dev"} for name in ("good", "bad")]
    good, bad = [await platform.ok("POST", "/teams/1/create_project", token, body) for body in bodies]
    await server.stop()
    make_file(folder.deployment(bad["deploymentName"]))
    again = Server(folder, node="node", toolchain=folder.root)
    await again.start()
    try:
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
            client = PlatformClient(f"http://127.0.0.1:{again.port}", "", "", session)
            assert await client.deployment_status(good["deploymentUrl"], token) == 200
            for made in (good, bad):
                shown = await client.ok("GET", f"/deployments/{made['deploymentName']}", token)
                assert shown["deploymentUrl"] == made["deploymentUrl"]
            page = await client.browse(f"/d/{bad['deploymentName']}")
            assert (page.status, "could not be started" in page.body) == (404, True)
            assert (await client.browse(f"/d/{good['deploymentName']}")).status == 200
    finally:
        await again.stop()


def make_file(folder: Path) -> None:
    folder.rename(folder.with_suffix(".aside"))
    folder.write_text("not a folder")
