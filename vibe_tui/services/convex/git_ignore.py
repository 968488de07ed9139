"""Keeping `.env.local`, which holds a key, out of the user's repository."""

from __future__ import annotations

from vibe_tui.services.working_tree import WorkingTree

_NAME = ".env.local"


def ignore_env_file(files: WorkingTree) -> None:
    """Make sure the project's `.gitignore` covers `.env.local`; other lines stay as they are. Blocking."""
    from pathspec import GitIgnoreSpec

    text = files.read_text(".gitignore") if files.exists(".gitignore") else ""
    if not GitIgnoreSpec.from_lines(text.splitlines()).match_file(_NAME):
        joint = "" if not text or text.endswith("\n") else "\n"
        files.write(".gitignore", f"{text}{joint}{_NAME}\n")
