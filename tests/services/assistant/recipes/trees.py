"""Projects made by asking the built-in recipes, one prompt after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import vibe_tui
from vibe_tui.services.assistant.answerer import Plan
from vibe_tui.services.assistant.recipes import BuiltInRecipes

Tree = dict[str, str]
"""Path -> text."""


class InMemory:
    """A working tree that is nowhere on the disk."""

    def __init__(self, files: Tree) -> None:
        self.files = dict(files)

    def exists(self, path: str) -> bool:
        return path in self.files

    def read_text(self, path: str) -> str:
        return self.files[path]

    def write(self, path: str, text: str) -> object:
        self.files[path] = text
        return None


RECIPES = BuiltInRecipes()


def template() -> Tree:
    """A new project."""
    root = Path(vibe_tui.__file__).parent / "templates" / "expo-convex"
    return {
        path.relative_to(root).as_posix(): path.read_text()
        .replace("{{slug}}", "my-app")
        .replace("{{name}}", "My app")
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def carry_out(tree: Tree, prompts: Sequence[str]) -> Tree:
    """What is there after the prompts. Every one of them must be understood."""
    files = InMemory(tree)
    for prompt in prompts:
        plan = asyncio.run(RECIPES.answer(prompt, files))
        assert isinstance(plan, Plan), f"{prompt}: {plan}"
        for edit in plan.edits:
            assert edit.before == files.files.get(edit.path)
            files.write(edit.path, edit.after)
    return files.files


def write_tree(tree: Tree, folder: Path) -> None:
    for path, text in tree.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
