"""The emulator in its own process: what it answered survives kill -9, its processes do not survive it."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession, CookieJar
from process_table import descendants, is_alive

from tests.emulator.platform.platform_client import PlatformClient
from vibe_tui.services.convex import emulator_lease, local_emulator
from vibe_tui.services.convex.local_emulator import EmulatorInfo

CONVEX_JSON = {"name": "app", "private": True, "dependencies": {"convex": "*"}}
PUSH = ("dev", "--once", "--tail-logs", "disable", "--typecheck", "disable")
FUNCTIONS = """
import { mutation, query } from "./_generated/server";
export const add = mutation({
  handler: async (ctx) => { await ctx.db.insert("notes", { text: "<i>kept</i>" }); },
});
export const all = query({ handler: async (ctx) => await ctx.db.query("notes").collect() });
"""


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    folder = tmp_path / "emulator"
    yield folder
    await local_emulator.stop(folder)


@asynccontextmanager
async def browsing(info: EmulatorInfo) -> AsyncIterator[PlatformClient]:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield PlatformClient(info.host, info.client_id, info.client_secret.reveal(), session)


async def until(condition: Callable[[], bool], limit: float = 10) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def is_locked(folder: Path) -> bool:
    return emulator_lease.is_held(folder / "emulator.lock")


async def test_what_was_answered_survives_kill_9(folder: Path) -> None:
    dice = random.Random(7)
    answered: dict[int, str] = {}
    token = ""

    async def create(platform: PlatformClient, name: str) -> None:
        body = {"projectName": name, "deploymentType": "dev"}
        made = await platform.ok("POST", "/teams/1/create_project", token, body)
        answered[made["id"]] = made["deploymentName"]

    for round_ in range(5):
        info = await local_emulator.ensure(folder, node="node", toolchain=folder)
        async with browsing(info) as platform:
            token = token or await platform.token()
            before = len(answered)
            creating = [asyncio.create_task(create(platform, f"app {round_} {it}")) for it in range(6)]
            await until(lambda: len(answered) > before)  # noqa: B023 (waited for in the same round)
            await asyncio.sleep(dice.uniform(0, 0.02))  # anywhere within the writes that follow
            os.kill(info.pid, signal.SIGKILL)
            results = await asyncio.gather(*creating, return_exceptions=True)
            assert all(it is None or isinstance(it, (ClientError, OSError)) for it in results), results
        await until(lambda: not is_locked(folder))
    info = await local_emulator.ensure(folder, node="node", toolchain=folder)
    assert len(answered) >= 5
    async with browsing(info) as platform:
        for project, deployment in answered.items():
            assert (await platform.ok("GET", f"/projects/{project}", token))[
                "devDeploymentName"
            ] == deployment
            url = (await platform.ok("GET", f"/deployments/{deployment}", token))["deploymentUrl"]
            assert await platform.deployment_status(url, token) == 200
        listed = await platform.ok("GET", "/teams/1/projects", token)
        # Never half a project: each that is listed has its deployment.
        assert all("devDeploymentName" in row for row in listed["items"])


async def test_deployments_keep_their_ports_and_keys_over_a_restart(folder: Path) -> None:
    info = await local_emulator.ensure(folder, node="node", toolchain=folder)
    async with browsing(info) as platform:
        token = await platform.token()
        body = {"projectName": "app", "deploymentType": "dev"}
        made = await platform.ok("POST", "/teams/1/create_project", token, body)
        name = made["deploymentName"]
        key = (await platform.ok("POST", f"/deployments/{name}/create_deploy_key", token, {"name": "k"}))[
            "deployKey"
        ]
    published = local_emulator.running(folder)
    assert published is not None
    assert published.deployments[name][0] == made["deploymentUrl"]
    await local_emulator.stop(folder)
    again = await local_emulator.ensure(folder, node="node", toolchain=folder)
    assert again.deployments == published.deployments
    async with browsing(again) as platform:
        assert await platform.deployment_status(made["deploymentUrl"], key) == 200
        await local_emulator.stop(folder)
        port = int(made["deploymentUrl"].rpartition(":")[2])
        busy = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", port)
        moved = await local_emulator.ensure(folder, node="node", toolchain=folder)
        url = moved.deployments[name][0]
        assert url != made["deploymentUrl"]
        assert await platform.deployment_status(url, key) == 200
        busy.close()


async def test_a_removal_that_was_interrupted_is_finished_at_the_next_start(folder: Path) -> None:
    info = await local_emulator.ensure(folder, node="node", toolchain=folder)
    async with browsing(info) as platform:
        token = await platform.token()
        body = {"projectName": "app", "deploymentType": "dev"}
        name = (await platform.ok("POST", "/teams/1/create_project", token, body))["deploymentName"]
    await local_emulator.stop(folder)
    data = folder / "deployments" / name
    await asyncio.to_thread(pretend_interrupted, folder, name)
    assert await asyncio.to_thread(data.exists)
    await local_emulator.ensure(folder, node="node", toolchain=folder)
    assert not await asyncio.to_thread(data.exists)
    state = json.loads((folder / "state.json").read_bytes())
    assert state["removed"] == []


def pretend_interrupted(folder: Path, name: str) -> None:
    """What `state.json` looks like when the process dies before the data of `name` is gone."""
    state = json.loads((folder / "state.json").read_bytes())
    state |= {"projects": [], "deployments": [], "removed": [name]}
    (folder / "state.json").write_text(json.dumps(state))


async def test_a_request_that_is_not_http_is_not_quoted_in_the_log(folder: Path) -> None:
    info = await local_emulator.ensure(folder, node="node", toolchain=folder)
    reader, writer = await asyncio.open_connection("127.0.0.1", info.port)
    writer.write(b"GET /?code=in-a-broken-request HTTP/9.x\r\n\r\n")
    await reader.read()
    writer.close()
    log = (folder / "emulator.log").read_text()
    assert "A request was not HTTP" in log
    assert "in-a-broken-request" not in log


async def test_an_open_websocket_keeps_it(folder: Path) -> None:
    command = local_emulator.command(folder, node="node", toolchain=folder)
    idle = ["--idle-minutes", str(0.4 / 60)]
    await asyncio.to_thread(subprocess.run, [*command, *idle], check=True, timeout=20)
    info = local_emulator.running(folder)
    assert info is not None
    async with browsing(info) as platform:
        token = await platform.token()
        body = {"projectName": "app", "deploymentType": "dev"}
        url = (await platform.ok("POST", "/teams/1/create_project", token, body))["deploymentUrl"]
        async with platform.session.ws_connect(f"{url}/api/1.48.0/sync"):
            for _ in range(15):
                await asyncio.sleep(0.1)
                assert is_locked(folder)
    await until(lambda: not is_locked(folder))


async def test_it_ends_when_its_folder_is_gone(folder: Path) -> None:
    command = local_emulator.command(folder, node="node", toolchain=folder)
    idle = ["--idle-minutes", str(0.4 / 60)]
    with local_emulator.EmulatorLease(folder):
        await asyncio.to_thread(subprocess.run, [*command, *idle], check=True, timeout=20)
        info = local_emulator.running(folder)
        assert info is not None
        shutil.rmtree(folder)
    await until(lambda: not is_alive(info.pid))


async def cli(app: Path, toolchain: Path, env: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Run the unmodified Convex CLI in `app`."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(toolchain / "node_modules/convex/bin/main.js"),
        *arguments,
        cwd=app,
        env={"PATH": os.environ["PATH"], "HOME": str(app), "CI": "1", **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 100)
    assert process.returncode is not None
    return process.returncode, output.decode()


def make_app(app: Path, toolchain: Path) -> None:
    (app / "convex").mkdir(parents=True)
    (app / "package.json").write_text(json.dumps(CONVEX_JSON))
    (app / "convex" / "notes.ts").write_text(FUNCTIONS)
    (app / "node_modules").symlink_to(toolchain / "node_modules")


async def test_the_real_cli_works_with_our_keys_and_sigterm_leaves_no_process(
    folder: Path, tmp_path: Path, toolchain: Path
) -> None:
    app = tmp_path / "app"
    await asyncio.to_thread(make_app, app, toolchain)
    info = await local_emulator.ensure(folder, node="node", toolchain=toolchain)
    async with browsing(info) as platform:
        token = await platform.token()
        narrowing = await platform.ok("POST", "/teams/1/create_access_token", token, {"name": "t"})
        body: dict[str, Any] = {"projectName": "app", "deploymentType": "dev"}
        made = await platform.ok("POST", "/teams/1/create_project", token, body)
        path = f"/deployments/{made['deploymentName']}"
        keys = [
            (await platform.ok("POST", f"{path}/create_deploy_key", bearer, {"name": name}))["deployKey"]
            for name, bearer in (("narrow", narrowing["accessToken"]), ("wide", token))
        ]
        own = {"CONVEX_SELF_HOSTED_URL": made["deploymentUrl"], "CONVEX_SELF_HOSTED_ADMIN_KEY": keys[0]}
        code, output = await cli(app, toolchain, own, *PUSH)
        assert (code, "Convex functions ready!" in output) == (0, True), output
        # As on Convex cloud: with a deploy key alone the CLI asks the platform where its deployment is.
        for key in keys:
            env = {"CONVEX_DEPLOY_KEY": key, "CONVEX_PROVISION_HOST": info.host}
            code, output = await cli(app, toolchain, env, "run", "notes:add")
            assert code == 0, output
        page = await platform.browse(f"/d/{made['deploymentName']}/data")
        assert "notes" in page.body
        assert "&lt;i&gt;kept&lt;/i&gt;" in page.body
        page = await platform.browse(f"/d/{made['deploymentName']}/functions")
        assert "notes.js:add" in page.body
        for view in ("", "/logs"):
            assert (await platform.browse(f"/d/{made['deploymentName']}{view}")).status == 200
        await platform.ok("POST", f"{path}/delete_deploy_key", token, {"id": "narrow"})
        code, output = await cli(app, toolchain, own, "run", "notes:add")
        assert code == 1, output
    children = descendants(info.pid)
    assert children, "the functions ran in a Node child"
    os.kill(info.pid, signal.SIGTERM)
    await until(lambda: not is_locked(folder), limit=5)
    await until(lambda: not any(is_alive(pid) for pid in children), limit=5)


async def test_kill_9_leaves_no_child(folder: Path, tmp_path: Path, toolchain: Path) -> None:
    app = tmp_path / "app"
    await asyncio.to_thread(make_app, app, toolchain)
    info = await local_emulator.ensure(folder, node="node", toolchain=toolchain)
    async with browsing(info) as platform:
        token = await platform.token()
        body = {"projectName": "app", "deploymentType": "dev"}
        url = (await platform.ok("POST", "/teams/1/create_project", token, body))["deploymentUrl"]
    env = {"CONVEX_SELF_HOSTED_URL": url, "CONVEX_SELF_HOSTED_ADMIN_KEY": token}
    for arguments in (PUSH, ("run", "notes:add")):
        code, output = await cli(app, toolchain, env, *arguments)
        assert code == 0, output
    children = descendants(info.pid)
    assert children
    os.kill(info.pid, signal.SIGKILL)
    await until(lambda: not any(is_alive(pid) for pid in children), limit=5)
