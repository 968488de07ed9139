"""The functions that a project's `convex/` exports, read from its text. Blocking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vibe_tui.services.errors import VibeError
from vibe_tui.services.working_tree import WorkingTree

LARGEST = 200_000
"""Bytes of a file that is looked at."""
_SOURCE = re.compile(r"^convex/(?!_generated/)(?P<name>[\w/-]+)\.[jt]sx?$", re.ASCII)
_FUNCTION = re.compile(
    r"^export (?:const (?P<name>\w+)\s*=|(?P<default>default))\s*"
    r"(?P<kind>query|mutation|action|internalQuery|internalMutation|internalAction|httpAction)\s*\(",
    re.M | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Module:
    name: str
    """Below `convex/`, without an ending, e.g. "admin/users"."""
    functions: tuple[tuple[str, str], ...]
    """Name and kind, e.g. ("send", "mutation"), in the order of the file."""


def convex_modules(tree: WorkingTree) -> list[Module]:
    """Those that export functions, sorted by name."""
    return sorted(_modules(tree), key=lambda module: module.name)


def _modules(tree: WorkingTree) -> Iterator[Module]:
    for path in tree.walk(skip_ignored=False):
        source = _SOURCE.match(path)
        if source is None:
            continue
        try:
            text = tree.read_text(path, protected=True, largest=LARGEST)
        except VibeError:  # gone, or nothing that TypeScript would read
            continue
        functions = tuple((found["name"] or "default", found["kind"]) for found in _FUNCTION.finditer(text))
        if functions:
            yield Module(source["name"], functions)
