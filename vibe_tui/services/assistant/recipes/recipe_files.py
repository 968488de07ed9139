"""Whole files that recipes write, as they are in the folder `files`."""

from __future__ import annotations


def recipe_file(path: str) -> str:
    """`path`: where it goes in the project, e.g. "convex/text.ts"."""
    from importlib.resources import files

    return files(__package__).joinpath("files", *path.split("/")).read_text("utf-8")
