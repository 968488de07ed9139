"""`vibe-tui sandbox`: where the project's commands run, and what becomes of sandboxes in the cloud."""

from __future__ import annotations

import argparse
import asyncio
import os
import time

from vibe_tui.cli.context import Context, context
from vibe_tui.cli.output import Output, plain
from vibe_tui.cli.runner import run_until_done
from vibe_tui.cli.typed import typed_secret
from vibe_tui.services.credentials import Credentials
from vibe_tui.services.errors import UsageError
from vibe_tui.services.model import Project
from vibe_tui.services.moving import move
from vibe_tui.services.sandbox.cloud import Cloud, CloudInfo
from vibe_tui.services.sandbox.errors import SandboxGone
from vibe_tui.services.sandbox.leftovers import Leftover, Leftovers
from vibe_tui.services.sandbox.price import hourly
from vibe_tui.services.sandbox.sandbox_record import SandboxRecord
from vibe_tui.services.secret import Secret
from vibe_tui.services.workspace import open_workspace


class NoCloudSandbox(UsageError):
    """The project's commands run on this computer."""

    code = "no_cloud_sandbox"


def run(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    match options.action:
        case "status":
            return run_until_done(_status(here, here.project(options), output), output)
        case "move":
            return run_until_done(_move(here, here.project(options), options.sandbox, output), output)
        case "leftovers":
            return run_until_done(_leftovers(here, options, output), output)
        case "key":
            return run_until_done(_key(here, output), output)
    return run_until_done(_end(here, here.project(options, may_be_gone=True), options.action, output), output)


def _cloud(here: Context, output: Output) -> Cloud:
    from vibe_tui.services.sandbox.e2b_cloud import build_cloud

    credentials = Credentials(here.home, here.settings.credentials)
    return build_cloud(here.settings, credentials, os.environ, output.say)


async def _status(here: Context, project: Project, output: Output) -> int:
    if project.sandbox == "local":
        output.result({"sandbox": "local", "state": "here"}, "Commands run on this computer.")
        return 0
    kept = await asyncio.to_thread(SandboxRecord(here.projects.document(project.id)).read)
    if not kept.id:
        text = "Commands run in an E2B sandbox. None is there yet: the first command makes it."
        output.result({"sandbox": "e2b", "state": "off"}, text)
        return 0
    cloud = _cloud(here, output)
    try:
        info = await cloud.info(kept.id)
    except SandboxGone:
        text = f"E2B sandbox {kept.id} is gone: the next command makes a new one from the project's folder."
        output.result({"sandbox": "e2b", "state": "gone", "id": kept.id}, text)
        return 0
    finally:
        await cloud.close()
    output.result({"sandbox": "e2b", **_plain(info)}, f"E2B sandbox {_line(info)}")
    return 0


async def _move(here: Context, project: Project, to: str, output: Output) -> int:
    async with open_workspace(
        here.home, here.settings, project, command="vibe-tui sandbox move"
    ) as workspace:
        moved, left = await move(here.home, workspace, "e2b" if to == "e2b" else "local")
    if left:
        output.warn(left)
    if moved.sandbox == "local":
        output.result({"project": moved}, f"{moved.name} runs on this computer now.")
        return 0
    async with open_workspace(here.home, here.settings, moved, command="vibe-tui sandbox move") as workspace:
        assert workspace.mirrored is not None
        await workspace.mirrored.wake()
        id = workspace.mirrored.state.id
    output.result({"project": moved, "id": id}, f"{moved.name} runs in the E2B sandbox {id} now.")
    return 0


async def _end(here: Context, project: Project, action: str, output: Output) -> int:
    if project.sandbox == "local":
        raise NoCloudSandbox(
            f"The commands of {project.name} run on this computer.",
            next_step="`vibe-tui sandbox move --to e2b` moves them to an E2B sandbox.",
        )
    async with open_workspace(
        here.home, here.settings, project, command=f"vibe-tui sandbox {action}"
    ) as workspace:
        assert workspace.mirrored is not None
        if action == "pause":
            await workspace.mirrored.pause()
        else:
            await workspace.mirrored.kill()
    done = "paused" if action == "pause" else "ended"
    output.result({"project": project, "done": done}, f"The sandbox of {project.name} is {done}.")
    return 0


async def _leftovers(here: Context, options: argparse.Namespace, output: Output) -> int:
    cloud = _cloud(here, output)
    leftovers = Leftovers(cloud, here.home)
    try:
        if options.adopt:
            project = await leftovers.adopt(options.adopt)
            output.result({"adopted": options.adopt}, f"It is the sandbox of {project.name} now.")
        elif options.pause:
            await leftovers.pause(options.pause)
            output.result({"paused": options.pause}, "It is paused.")
        elif options.kill:
            await leftovers.kill(options.kill)
            output.result({"killed": options.kill}, "It is gone, with the files in it.")
        else:
            found = await leftovers.all()
            rows = [{**_plain(one.info), "can_be_adopted": one.can_be_adopted} for one in found]
            output.result({"leftovers": rows}, "\n".join(map(_leftover, found)) or "Nothing is left over.")
    finally:
        await cloud.close()
    return 0


async def _key(here: Context, output: Output) -> int:
    from vibe_tui.services.sandbox.e2b_key import keep_key

    key = Secret(await typed_secret("E2B API key (from e2b.dev/dashboard):"))
    if not key.reveal():
        raise UsageError("No key was given.", next_step="Type it, or pipe it in.")
    await asyncio.to_thread(keep_key, Credentials(here.home, here.settings.credentials), key)
    output.result({"kept": True}, "The key is kept. E2B_API_KEY stands above it.")
    return 0


def _plain(info: CloudInfo) -> dict[str, object]:
    return {**plain(info), "dollars_an_hour": hourly(info.cpus, info.memory_mb)}


def _line(info: CloudInfo) -> str:
    price = hourly(info.cpus, info.memory_mb)
    cost = f", about ${price:.2f} an hour" if price is not None else ""
    if info.state == "paused":
        return f"{info.id}: paused, costs nothing while it is"
    minutes = max(0, round((info.ends - time.time()) / 60))
    return f"{info.id}: running, pauses by itself in {minutes} min{cost}"


def _leftover(one: Leftover) -> str:
    whose = f"made for {one.project.name}" if one.project else "of a project that is not here"
    return f"{_line(one.info)}; {whose}" + (", can be adopted" if one.can_be_adopted else "")
