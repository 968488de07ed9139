"""One thing that can be done without a model."""

from __future__ import annotations

from typing import Protocol

from vibe_tui.services.assistant.answerer import Files, Plan, Refusal
from vibe_tui.services.errors import VibeError


class Unclear(VibeError):
    """The prompt is about a recipe, and something in it is not understood."""

    code = "unclear"


class Recipe(Protocol):
    abilities: tuple[tuple[str, str], ...]
    """What it can do, in a few words, each with a prompt that asks for it."""

    def plan(self, prompt: str, files: Files) -> Plan | Refusal | None:
        """What to do about the prompt; None when it asks for something else. Blocking.

        Raises Unclear, or the VibeErrors of `files`.
        """
