"""TypeScript on `convex/`, as the Convex CLI runs it before a push.

The types of the functions are in `convex/_generated`, which a push writes. Where they are missing or older
than the modules, TypeScript would find errors that are none; the push, which makes them anew, is the judge.
"""

from __future__ import annotations

import asyncio
import re

from vibe_tui.services.assistant.convex_modules import convex_modules
from vibe_tui.services.clock import now
from vibe_tui.services.convex.push_output import PushOutput
from vibe_tui.services.model import Push
from vibe_tui.services.sandbox.base import Command, Exit, OnLine, Sandbox
from vibe_tui.services.working_tree import FileMissing, WorkingTree

LIMIT = 60.0
"""Seconds."""
_TSC = "node_modules/typescript/bin/tsc"
_CONFIG = "convex/tsconfig.json"
_API = "convex/_generated/api.d.ts"
_LISTED = re.compile(r'from "\.\./([^"]+?)(?:\.js)?"')


async def typecheck(tree: WorkingTree, sandbox: Sandbox, on_line: OnLine) -> Push | None:
    """A failed push that reached nothing, with the errors; None: no error, or it could not be told.

    Raises what the sandbox raises.
    """
    if not await asyncio.to_thread(_can_be_told, tree):
        return None
    await sandbox.prepare(on_line)
    output = PushOutput()

    def take(line: str) -> None:
        output.take(line)
        on_line(line)

    # The node of the sandbox comes first in its PATH.
    argv = ("node", _TSC, "--noEmit", "--project", "convex", "--pretty", "true")
    on_line("$ npx tsc --noEmit --project convex")
    running = await sandbox.start(Command(argv, limit=LIMIT), take)
    try:
        ended = await running.wait()
    except asyncio.CancelledError:
        await asyncio.shield(running.stop())
        raise
    return _judged(output, ended)


def _judged(output: PushOutput, ended: Exit) -> Push | None:
    _, reason, problems = output.judge(ended)
    if ended.code == 0 or not problems:
        return None
    return Push("failed", ended.seconds, reason, problems, ended.code, now())


def _can_be_told(tree: WorkingTree) -> bool:
    if not (tree.folder / _TSC).is_file() or not tree.exists(_CONFIG):
        return False
    try:
        listed = set(_LISTED.findall(tree.read_text(_API)))
    except FileMissing:
        return False
    return {module.name for module in convex_modules(tree)} <= listed
