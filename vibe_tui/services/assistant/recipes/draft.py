"""The working tree as a plan will leave it: recipes read from it and write into it."""

from __future__ import annotations

from collections.abc import Sequence

from vibe_tui.services.assistant.answerer import Edit, Files, Plan, Refusal, read_or_none
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import clean

NOTHING = "Nothing to change"


class NotPlaced(VibeError):
    """There is no place for `code` in a file: nothing of the plan is written, and the code is shown."""

    code = "not_placed"

    def __init__(self, path: str, why: str, shown: str, next_step: str | None = None) -> None:
        super().__init__(
            f"Built-in recipes cannot edit {path}: {clean(why).rstrip('.')}.",
            next_step=next_step or f"Put the code that is shown into {path} yourself, then ask again.",
        )
        self.path, self.shown = path, shown

    def refusal(self) -> Refusal:
        text = f"To add to {self.path} by hand:\n{clean(self.shown).rstrip()}" if self.shown else ""
        return Refusal(self.message, self.next_step or "", text)


class Draft:
    """Blocking: it reads `files`. Texts that were put are read back."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._before: dict[str, str | None] = {}
        self._after: dict[str, str | None] = {}
        self.steps: list[str] = []
        """What is done, in order, in words."""
        self.by_hand: list[str] = []
        """What is left to the user."""
        self.assumptions: list[str] = []

    def text(self, path: str) -> str | None:
        """The file as it will be; None: it is not there."""
        if path not in self._after:
            self._before[path] = self._after[path] = read_or_none(self._files, path)
        return self._after[path]

    def put(self, path: str, text: str) -> bool:
        """The file will have this text. Returns whether that changes it."""
        changed = self.text(path) != text
        if self._after[path] == self._before[path]:
            del self._after[path]  # edits are in the order in which files were first written
        self._after[path] = text
        return changed

    def edits(self) -> tuple[Edit, ...]:
        """In the order in which files were first written."""
        return tuple(
            Edit(path, self._before[path], after)
            for path, after in self._after.items()
            if after is not None and after != self._before[path]
        )

    def assume(self, *sentences: str) -> None:
        self.assumptions += [one for one in sentences if one not in self.assumptions]

    def tell(self, *steps: str) -> None:
        """Things to do by hand, shown after the steps."""
        self.by_hand += [one for one in steps if one not in self.by_hand]

    def plan(self, title: str, there: Sequence[str] = ()) -> Plan:
        """The plan that writes this draft. there: the steps when there is nothing to write."""
        edits = self.edits()
        if not edits:
            return Plan(NOTHING, tuple(there or self.steps), ())
        created = [f"Create {edit.path}." for edit in edits if edit.before is None]
        told = [step for step in created if step not in self.steps]
        return Plan(title, (*told, *self.steps, *self.by_hand), edits, tuple(self.assumptions))
