"""What a project needs so that its convex/ folder can be pushed; for one that has none of it yet."""

from __future__ import annotations

SCHEMA_PATH = "convex/schema.ts"
CONFIG_PATH = "convex.json"
BESIDE_SCHEMA = ("convex/tsconfig.json", CONFIG_PATH)

EMPTY_SCHEMA = """\
import { defineSchema } from "convex/server";

export default defineSchema({});
"""


def base_file(path: str) -> str:
    """The text of one of BESIDE_SCHEMA, as new projects have it."""
    from importlib.resources import files

    return files("vibe_tui").joinpath("templates", "expo-convex", path).read_text("utf-8")
