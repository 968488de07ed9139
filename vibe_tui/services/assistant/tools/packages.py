"""add_package: install npm packages, after the user has agreed to the exact command."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections import deque

from vibe_tui.services.assistant.answerer import Edit
from vibe_tui.services.assistant.chat_model import ToolSpec
from vibe_tui.services.assistant.diff import diff_of
from vibe_tui.services.assistant.events import FileWritten
from vibe_tui.services.assistant.ports import ToolRequest
from vibe_tui.services.assistant.tools.arguments import Arguments
from vibe_tui.services.assistant.tools.bench import Bench
from vibe_tui.services.assistant.tools.file_change import read_or_none
from vibe_tui.services.assistant.tools.tool import Declined, Result, Tool, ToolRefused, flag, takes, texts
from vibe_tui.services.sandbox.base import Command
from vibe_tui.services.terminal_text import clean, visible

LIMIT = 600.0
"""Seconds."""
_INSTALL = ("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress")
_MOST = 10
# A name and a version of the registry: no address, no folder, no option, no alias.
_PACKAGE = re.compile(
    r"(?:@[a-z0-9~][a-z0-9._~-]*/)?[a-z0-9~][a-z0-9._~-]*(?:@[\^~]?[0-9A-Za-z][0-9A-Za-z.+-]*)?", re.ASCII
)


async def _add(arguments: Arguments, bench: Bench) -> Result:
    names = arguments.texts("packages")
    if not names or len(names) > _MOST:
        raise ToolRefused(f"Name 1 to {_MOST} packages.")
    for name in names:
        if len(name) > 200 or not _PACKAGE.fullmatch(name):
            raise ToolRefused(
                f"“{visible(name)[:80]}” is not the name of a package in the registry.",
                next_step="Give names with an optional version, e.g. zod or expo-image@~57.0.0.",
            )
    argv = (*_INSTALL, *(["--save-dev"] if arguments.flag("dev") else []), "--", *names)
    command = visible(shlex.join(argv))
    count = f"{len(names)} package{'' if len(names) == 1 else 's'}"
    if not await bench.ports.approve(ToolRequest("packages", f"Install {count}", command)):
        raise Declined
    before = await read_or_none(bench, "package.json")
    code, said = await _run(bench, argv)
    after = await read_or_none(bench, "package.json")
    events: tuple[FileWritten, ...] = ()
    if after is not None and after != before:
        bench.changes.wrote("package.json", after)
        diff = await asyncio.to_thread(diff_of, Edit("package.json", before, after))
        events = (FileWritten("package.json", diff.added, diff.removed, diff.text, before is None),)
    ok = code == 0
    title = f"Installed {count}" if ok else "npm could not install the packages"
    return Result(title, {"exit_code": code, "output": "\n".join(said)}, ok, events)


async def _run(bench: Bench, argv: tuple[str, ...]) -> tuple[int | None, list[str]]:
    said: deque[str] = deque(maxlen=80)

    def heard(line: str) -> None:
        said.append(clean(line))

    await bench.sandbox.prepare(heard)
    running = await bench.sandbox.start(Command(argv, env={"CI": "1"}, limit=LIMIT), heard)
    try:
        ended = await running.wait()
    except asyncio.CancelledError:
        await asyncio.shield(running.stop())
        raise
    return ended.code, list(said)


ADD_PACKAGE = Tool(
    ToolSpec(
        "add_package",
        "Install npm packages into the project; the user is asked first. Give Expo packages the version "
        "that fits the project's Expo SDK. Only install what the task needs.",
        takes(
            {"packages": texts("Names, each with an optional version")},
            {"dev": flag("Only needed while developing")},
        ),
    ),
    "Installing packages",
    _add,
    writes=True,
)
