"""Finds the line of `convex/schema.ts` that a schema error is about: Convex names the table only."""

from __future__ import annotations

import re
from dataclasses import replace

from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Problem, Push
from vibe_tui.services.working_tree import WorkingTree

_FILE = "convex/schema.ts"
_TABLE = re.compile(r'in table "(?P<table>\w+)" does not match the schema')


def with_schema_lines(push: Push, tree: WorkingTree) -> Push:
    """`push`, with the place of documents that do not fit: where the table is defined. Blocking."""
    if not any(_TABLE.search(problem.message) for problem in push.problems):
        return push
    try:
        lines = tree.read_text(_FILE).splitlines()
    except VibeError:  # the schema is elsewhere: the problem stands without a place
        return push
    return replace(push, problems=tuple(_placed(problem, lines) for problem in push.problems))


def _placed(problem: Problem, lines: list[str]) -> Problem:
    found = _TABLE.search(problem.message)
    if found is None or problem.file:
        return problem
    definition = re.compile(
        rf"""^\s*(?:(["']?){found["table"]}\1\s*:|(?:export\s+)?const\s+{found["table"]}\b)"""
    )
    line = next((number for number, text in enumerate(lines, 1) if definition.match(text)), 0)
    return replace(problem, file=_FILE, line=line)
