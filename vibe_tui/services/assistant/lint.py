"""Convex's own rules for code, as advice: where the project has the eslint plugin installed.

The configuration is ours, never the project's: that one is a program, and a model may have written it.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from vibe_tui.services.sandbox.base import Command, Sandbox
from vibe_tui.services.terminal_text import visible
from vibe_tui.services.working_tree import WorkingTree

LIMIT = 60.0
"""Seconds."""
_NODE = Path(__file__).with_name("node")
_ESLINT = "node_modules/eslint/bin/eslint.js"
_NEEDED = (
    _ESLINT,
    "node_modules/@convex-dev/eslint-plugin/package.json",
    "node_modules/@typescript-eslint/parser/package.json",
)
_MOST = 20


async def lint(tree: WorkingTree, sandbox: Sandbox) -> tuple[str, ...]:
    """One sentence a finding, with its place; none where the plugin is missing. After sandbox.prepare()."""
    if not await asyncio.to_thread(_available, tree.folder):
        return ()
    lines: list[str] = []
    argv = (
        "node", _ESLINT, "--no-config-lookup", "--config", str(_NODE / "eslint.config.mjs"),
        "--format", str(_NODE / "eslint_lines.mjs"), "convex",
    )  # fmt: skip
    running = await sandbox.start(Command(argv, limit=LIMIT), lines.append)
    try:
        await running.wait()
    except asyncio.CancelledError:
        await asyncio.shield(running.stop())
        raise
    return tuple(finding for line in lines if (finding := _finding(line)))[:_MOST]


def _available(folder: Path) -> bool:
    return all((folder / needed).is_file() for needed in _NEEDED)


def _finding(line: str) -> str:
    """One of eslint_lines.mjs as a sentence; "" for anything else that was printed."""
    try:
        file, number, rule, message = json.loads(line)
    except (ValueError, TypeError, RecursionError):
        return ""
    return visible(f"{file}:{number}: {message}{f' ({rule})' if rule else ''}")
