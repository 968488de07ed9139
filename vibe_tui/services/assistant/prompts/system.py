"""The system prompt: what never changes first, then what the project is now.

The beginning is the same to the byte for every turn of every project, so that a provider can keep it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from vibe_tui.services.assistant.convex_modules import convex_modules
from vibe_tui.services.assistant.repair import failure
from vibe_tui.services.assistant.tools.envelope import bounded, envelope
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Push
from vibe_tui.services.working_tree import WorkingTree

_FOLDER = Path(__file__).parent
_SCHEMA_LIMIT = 12_000
_MOST_FUNCTIONS = 300


def system_prompt(tree: WorkingTree, *, connected: bool, last_push: Push | None) -> str:
    """Blocking. What it says of the project is cleaned, redacted and marked as data."""
    now: dict[str, object] = {
        "backend": "connected" if connected else "not connected: nothing is deployed",
        "convex/schema.ts": bounded(_text(tree, "convex/schema.ts"), _SCHEMA_LIMIT),
        "functions": list(_functions(tree)),
        "packages": _packages(tree),
    }
    if last_push is not None and last_push.result == "failed":
        now["last_deployment_failed"] = failure(last_push)
    return f"{stable_part()}\n# The project now\n{envelope('project', True, now)}\n"


@cache
def stable_part() -> str:
    return "\n".join((_FOLDER / name).read_text("utf-8") for name in ("work.md", "convex.md"))


def _functions(tree: WorkingTree) -> Iterable[str]:
    listed = [
        f"{kind} {module.name}:{name}" for module in convex_modules(tree) for name, kind in module.functions
    ]
    return listed[:_MOST_FUNCTIONS]


def _packages(tree: WorkingTree) -> dict[str, object]:
    try:
        content = json.loads(_text(tree, "package.json"))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    found: dict[str, object] = {}
    for group in ("dependencies", "devDependencies"):
        if isinstance(content.get(group), dict):
            found.update(content[group])
    return dict(list(found.items())[:200])


def _text(tree: WorkingTree, path: str) -> str:
    """ "" for a file that is not there or cannot be read: the model is not told of it."""
    try:
        return tree.read_text(path, True, largest=200_000)
    except VibeError:
        return ""
